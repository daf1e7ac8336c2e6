package wire

import (
	"bytes"
	"crypto/sha1"
	"encoding/base64"
)

// ClientKey is the Sec-WebSocket-Key of every [Request]: the example of RFC 6455 section 1.3.
const ClientKey = "dGhlIHNhbXBsZSBub25jZQ=="

// guid is appended to the key before it is hashed (RFC 6455 section 1.3).
const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

// Accept returns the Sec-WebSocket-Accept that answers a key.
func Accept(key []byte) string {
	sum := sha1.Sum(append(bytes.Clone(key), guid...))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// Request returns a client's handshake for a path, which begins with a slash.
func Request(host, path string) []byte {
	return []byte("GET " + path + " HTTP/1.1\r\nHost: " + host +
		"\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: " + ClientKey +
		"\r\nSec-WebSocket-Version: 13\r\n\r\n")
}

// Response answers a handshake, which req holds up to its blank line. It returns nil if there is
// no key in it.
func Response(req []byte) []byte {
	for line := range bytes.Lines(req) {
		name, value, _ := bytes.Cut(line, []byte(":"))
		if bytes.EqualFold(name, []byte("Sec-WebSocket-Key")) {
			return []byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n" +
				"Connection: Upgrade\r\nSec-WebSocket-Accept: " +
				Accept(bytes.TrimSpace(value)) + "\r\n\r\n")
		}
	}
	return nil
}
