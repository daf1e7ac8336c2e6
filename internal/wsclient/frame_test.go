package wsclient_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"github.com/tyg-dev/tyg/internal/ws"
)

// First bytes of frames, as RFC 6455 section 5.2 draws them. Without an opcode they continue.
const (
	fin  = 0x80
	rsv1 = 0x40
)

// sampleAccept is the answer to another key: RFC 6455 section 1.3.
const sampleAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

// frame builds a frame of a client as the RFC describes it, without code of package ws.
func frame(first byte, payload string) string {
	key := "\x37\xfa\x21\x3d"
	masked := []byte(payload)
	for i := range masked {
		masked[i] ^= key[i%4]
	}
	return string([]byte{first}) + length(0x80, len(payload)) + key + string(masked)
}

// plain builds a frame of a server.
func plain(first byte, payload string) string {
	return string([]byte{first}) + length(0, len(payload)) + payload
}

func length(mask byte, n int) string {
	switch {
	case n < 126:
		return string([]byte{mask | byte(n)})
	case n < 65536:
		return string(binary.BigEndian.AppendUint16([]byte{mask | 126}, uint16(n)))
	default:
		return string(binary.BigEndian.AppendUint64([]byte{mask | 127}, uint64(n)))
	}
}

// deflate compresses s as the payload of a message.
func deflate(s string) string { return string(ws.AppendDeflated(nil, []byte(s))) }

func nul(n int) string { return strings.Repeat("\x00", n) }

func show(op ws.Opcode, data string) string { return fmt.Sprintf("%d %s", op, data) }

// closeCode returns the code of a *ws.CloseError that is err or below it; 0 of no error, -1 of any
// other.
func closeCode(err error) int {
	var e *ws.CloseError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &e):
		return e.Code
	}
	return -1
}
