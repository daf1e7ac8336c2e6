package conformance

import (
	"compress/flate"
	"encoding/binary"
	"strings"

	"github.com/tyg-dev/tyg/internal/ws"
)

// A frame is a frame of a client, right or wrong.
type frame struct {
	op      ws.Opcode
	more    bool // FIN is not set
	rsv     int  // 1, 2 or 3: that reserved bit is set
	naked   bool // there is no mask
	zero    bool // the mask is zero
	payload string
}

// bytes is the frame as it goes over the wire.
func (f frame) bytes() []byte {
	h := ws.Header{
		Fin: !f.more, RSV1: f.rsv == 1, RSV2: f.rsv == 2, RSV3: f.rsv == 3,
		Opcode: f.op, Masked: !f.naked, Mask: [4]byte{
			0x37, 0xfa, 0x21,
			0x3d,
		}, Length: int64(len(f.payload)),
	}
	if f.zero {
		h.Mask = [4]byte{}
	}
	b := ws.AppendHeader(nil, h)
	n := len(b)
	b = append(b, f.payload...)
	if h.Masked {
		ws.Mask(b[n:], h.Mask)
	}
	return b
}

// wire is several frames.
func wire(frames ...frame) []byte {
	var b []byte
	for _, f := range frames {
		b = append(b, f.bytes()...)
	}
	return b
}

// fragments cuts a message into frames of n bytes.
func fragments(message string, n int) []frame {
	var frames []frame
	for op := ws.OpText; len(message) > n; op = ws.OpContinuation {
		frames = append(frames, frame{op: op, more: true, payload: message[:n]})
		message = message[n:]
	}
	last := frame{op: ws.OpContinuation, payload: message}
	if frames == nil {
		last.op = ws.OpText
	}
	return append(frames, last)
}

// longLength is the header of a masked frame of text whose length is not in its shortest form.
func longLength(n, size int) []byte {
	b := []byte{0x81, 0x80 | 126}
	if size == 8 {
		b[1] = 0x80 | 127
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	} else {
		b = binary.BigEndian.AppendUint16(b, uint16(n))
	}
	return append(append(b, 0, 0, 0, 0), strings.Repeat("x", n)...)
}

// closing is the payload of a close frame.
func closing(code int, reason string) string {
	return string(binary.BigEndian.AppendUint16(nil, uint16(code))) + reason
}

// deflated is a payload as RFC 7692 section 7.2.1 wants it.
func deflated(text string) string {
	var b strings.Builder
	z, _ := flate.NewWriter(&b, flate.BestCompression) // fails for unknown levels only
	_, _ = z.Write([]byte(text))                       // a Builder takes everything
	_ = z.Flush()                                      // likewise
	return strings.TrimSuffix(b.String(), "\x00\x00\xff\xff")
}
