package ws

import (
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
)

// RFC 6455 section 1.3.
const acceptGUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

// KeySize is the size of a Sec-WebSocket-Key before it is encoded in base64, in bytes: RFC 6455
// section 4.1.
const KeySize = 16

// The headers of a handshake, spelt as in RFC 6455 section 11.3, which is not net/http's spelling.
const (
	HeaderKey        = "Sec-WebSocket-Key"
	HeaderVersion    = "Sec-WebSocket-Version"
	HeaderAccept     = "Sec-WebSocket-Accept"
	HeaderProtocol   = "Sec-WebSocket-Protocol"
	HeaderExtensions = "Sec-WebSocket-Extensions"
)

// An Upgrade is a valid request to open a WebSocket.
type Upgrade struct {
	Key          string   // Sec-WebSocket-Key, as it came
	Subprotocols []string // in the client's order of preference; no name twice
	Deflate      *Deflate // nil: no acceptable offer of permessage-deflate
}

// A HandshakeError says why a request opens no WebSocket, and how to refuse it.
type HandshakeError struct {
	Status int         // the HTTP status to refuse it with
	Header http.Header // headers of the response; may be nil
	Reason string      // for the client: what is wrong, or what to do instead
}

// Error returns the status and the reason.
func (e *HandshakeError) Error() string {
	return fmt.Sprintf("handshake refused with %d: %s", e.Status, e.Reason)
}

func badRequest(reason string) error {
	return &HandshakeError{Status: http.StatusBadRequest, Reason: reason}
}

// ParseUpgrade checks a request by RFC 6455 section 4.2.1. It does not look at Origin. The error is
// a [*HandshakeError].
func ParseUpgrade(r *http.Request) (Upgrade, error) {
	if err := checkRequest(r); err != nil {
		return Upgrade{}, err
	}
	key, err := parseKey(r.Header.Values(HeaderKey))
	if err != nil {
		return Upgrade{}, err
	}
	names, err := parseSubprotocols(r.Header.Values(HeaderProtocol))
	if err != nil {
		return Upgrade{}, err
	}
	d, err := Negotiate(r.Header.Values(HeaderExtensions))
	if err != nil {
		return Upgrade{}, badRequest(err.Error())
	}
	return Upgrade{Key: key, Subprotocols: names, Deflate: d}, nil
}

func checkRequest(r *http.Request) error {
	switch {
	case r.Method != http.MethodGet:
		return &HandshakeError{
			Status: http.StatusMethodNotAllowed,
			Header: http.Header{"Allow": {http.MethodGet}},
			Reason: "a WebSocket is opened with GET",
		}
	case r.ProtoMajor != 1 || r.ProtoMinor < 1:
		return &HandshakeError{
			Status: http.StatusHTTPVersionNotSupported,
			Reason: fmt.Sprintf("a WebSocket is opened over HTTP/1.1, and this is HTTP/%d.%d; "+
				"offer http/1.1 only (ALPN), or set it in the proxy", r.ProtoMajor, r.ProtoMinor),
		}
	case !HasElement(r.Header.Values("Connection"), "upgrade"):
		return upgradeRequired("Connection: Upgrade is missing; this address speaks WebSocket")
	case !HasElement(r.Header.Values("Upgrade"), "websocket"):
		return upgradeRequired("Upgrade: websocket is missing; this address speaks WebSocket")
	case !isVersion13(r.Header.Values(HeaderVersion)):
		return upgradeRequired(HeaderVersion + " must be 13")
	case r.ContentLength != 0:
		// Its bytes would be read as frames.
		return badRequest("a request for a WebSocket has no body")
	}
	return nil
}

// RFC 9110 section 15.5.22: a 426 names what to upgrade to.
func upgradeRequired(reason string) error {
	return &HandshakeError{
		Status: http.StatusUpgradeRequired,
		Header: http.Header{
			"Upgrade":    {"websocket"},
			"Connection": {"Upgrade"},
			// The canonical form, so that Get finds it.
			http.CanonicalHeaderKey(HeaderVersion): {"13"},
		},
		Reason: reason,
	}
}

func isVersion13(lines []string) bool { return len(lines) == 1 && trim(lines[0]) == "13" }

func parseKey(lines []string) (string, error) {
	if len(lines) != 1 {
		return "", badRequest("there must be one " + HeaderKey)
	}
	key := trim(lines[0])
	raw, err := base64.StdEncoding.DecodeString(key)
	if err != nil || len(raw) != KeySize || len(key) != base64.StdEncoding.EncodedLen(KeySize) {
		return "", badRequest(HeaderKey + " must be 16 bytes in base64")
	}
	return key, nil
}

func parseSubprotocols(lines []string) ([]string, error) {
	var names []string
	seen := map[string]bool{}
	for name := range elements(lines) {
		if !IsToken(name) {
			return nil, badRequest(HeaderProtocol + " is malformed")
		}
		if seen[name] {
			return nil, badRequest(HeaderProtocol + " names a subprotocol twice")
		}
		seen[name] = true
		names = append(names, name)
	}
	return names, nil
}

// AppendResponse appends the whole 101 response that grants u. The subprotocol is one of
// u.Subprotocols, or empty for none; any other is left out, because a client has to fail the
// connection over it (RFC 6455 section 4.1). Compression is agreed on if deflate is true and the
// client offered it.
func (u Upgrade) AppendResponse(dst []byte, subprotocol string, deflate bool) []byte {
	dst = append(dst, "HTTP/1.1 101 Switching Protocols\r\n"+
		"Upgrade: websocket\r\nConnection: Upgrade\r\n"+HeaderAccept+": "...)
	dst = appendAcceptKey(dst, u.Key)
	if slices.Contains(u.Subprotocols, subprotocol) {
		dst = append(dst, "\r\n"+HeaderProtocol+": "...)
		dst = append(dst, subprotocol...)
	}
	if deflate && u.Deflate != nil {
		dst = append(dst, "\r\n"+HeaderExtensions+": "...)
		dst = u.Deflate.append(dst)
	}
	return append(dst, "\r\n\r\n"...)
}

// AcceptKey returns the Sec-WebSocket-Accept that answers a Sec-WebSocket-Key.
func AcceptKey(key string) string { return string(appendAcceptKey(nil, key)) }

func appendAcceptKey(dst []byte, key string) []byte {
	var text [64]byte // a key has 24 characters
	sum := sha1.Sum(append(append(text[:0], key...), acceptGUID...))
	return base64.StdEncoding.AppendEncode(dst, sum[:])
}
