package harness

import (
	"compress/flate"
	"encoding/binary"
	"strings"

	"github.com/tyg-dev/tyg/internal/ws"
)

// A Frame is a frame of a client, valid or not.
type Frame struct {
	Op       ws.Opcode
	More     bool // FIN is not set
	RSV      int  // 1, 2 or 3: that reserved bit is set
	Unmasked bool
	ZeroMask bool
	Payload  string
}

// Bytes returns the frame as it is sent.
func (f Frame) Bytes() []byte {
	h := ws.Header{
		Fin: !f.More, RSV1: f.RSV == 1, RSV2: f.RSV == 2, RSV3: f.RSV == 3,
		Opcode: f.Op, Masked: !f.Unmasked, Mask: [4]byte{0x37, 0xfa, 0x21, 0x3d},
		Length: int64(len(f.Payload)),
	}
	if f.ZeroMask {
		h.Mask = [4]byte{}
	}
	b := ws.AppendHeader(nil, h)
	n := len(b)
	b = append(b, f.Payload...)
	if h.Masked {
		ws.Mask(b[n:], h.Mask)
	}
	return b
}

// Encode returns several frames as they are sent.
func Encode(frames ...Frame) []byte {
	var b []byte
	for _, f := range frames {
		b = append(b, f.Bytes()...)
	}
	return b
}

// Fragments cuts a message into frames of n bytes.
func Fragments(message string, n int) []Frame {
	var frames []Frame
	for op := ws.OpText; len(message) > n; op = ws.OpContinuation {
		frames = append(frames, Frame{Op: op, More: true, Payload: message[:n]})
		message = message[n:]
	}
	last := Frame{Op: ws.OpContinuation, Payload: message}
	if frames == nil {
		last.Op = ws.OpText
	}
	return append(frames, last)
}

// LongLength returns a masked text frame of n bytes whose length is written in size bytes, 2 or 8,
// though there is a shorter form.
func LongLength(n, size int) []byte {
	b := []byte{0x81, 0x80 | 126}
	if size == 8 {
		b[1] = 0x80 | 127
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	} else {
		b = binary.BigEndian.AppendUint16(b, uint16(n))
	}
	return append(append(b, 0, 0, 0, 0), strings.Repeat("x", n)...)
}

// ClosePayload returns the payload of a close frame.
func ClosePayload(code int, reason string) string {
	return string(binary.BigEndian.AppendUint16(nil, uint16(code))) + reason
}

// Deflate compresses a payload as RFC 7692 section 7.2.1 says.
func Deflate(text string) string {
	var b strings.Builder
	z, _ := flate.NewWriter(&b, flate.BestCompression) // fails for unknown levels only
	_, _ = z.Write([]byte(text))                       // a Builder does not fail
	_ = z.Flush()                                      // likewise
	return strings.TrimSuffix(b.String(), "\x00\x00\xff\xff")
}
