// Package wire encodes and decodes the few WebSocket bytes that the load client and the floors
// share: no fragments, no extensions, no UTF-8 checks. It is made for speed and is not a WebSocket
// library.
package wire

import (
	"encoding/binary"
	"math"
)

// The opcodes of RFC 6455 section 5.2.
const (
	OpText   = 1
	OpBinary = 2
	OpClose  = 8
	OpPing   = 9
	OpPong   = 10
)

// HeaderMax is the length of the longest frame header, in bytes (RFC 6455 section 5.2).
const HeaderMax = 14

// A Header is what comes before a frame's payload.
type Header struct {
	Length int    // of the payload, bytes
	Key    uint32 // the masking key, little endian
	Op     byte
	Masked bool
}

// ParseHeader parses the header at the front of b and returns its size, which is 0 if b ends
// before the header does.
func ParseHeader(b []byte) (h Header, size int) {
	if len(b) < 2 {
		return h, 0
	}
	h.Op, h.Masked, h.Length, size = b[0]&0x0f, b[1]&0x80 != 0, int(b[1]&0x7f), 2
	switch h.Length {
	case 126:
		if size = 4; len(b) < size {
			return h, 0
		}
		h.Length = int(binary.BigEndian.Uint16(b[2:]))
	case 127:
		if size = 10; len(b) < size {
			return h, 0
		}
		h.Length = int(binary.BigEndian.Uint64(b[2:]) & math.MaxInt64)
	}
	if !h.Masked {
		return h, size
	}
	if len(b) < size+4 {
		return h, 0
	}
	h.Key = binary.LittleEndian.Uint32(b[size:])
	return h, size + 4
}

// AppendHeader appends the header of an unmasked frame that is a whole message of n bytes.
func AppendHeader(dst []byte, op byte, n int) []byte {
	dst = append(dst, 0x80|op)
	switch {
	case n < 126:
		return append(dst, byte(n))
	case n < 1<<16:
		return append(dst, 126, byte(n>>8), byte(n))
	}
	return binary.BigEndian.AppendUint64(append(dst, 127), uint64(n))
}

// AppendMasked appends a client's frame that is a whole message. The payload is not changed.
func AppendMasked(dst []byte, op byte, payload []byte, key uint32) []byte {
	start := len(dst)
	dst = AppendHeader(dst, op, len(payload))
	dst[start+1] |= 0x80
	dst = binary.LittleEndian.AppendUint32(dst, key)
	body := len(dst)
	dst = append(dst, payload...)
	Mask(dst[body:], key)
	return dst
}

// Mask masks or unmasks b in place (RFC 6455 section 5.3).
func Mask(b []byte, key uint32) {
	wide := uint64(key)<<32 | uint64(key)
	for len(b) >= 32 {
		v := b[:32:32]
		binary.LittleEndian.PutUint64(v[0:], binary.LittleEndian.Uint64(v[0:])^wide)
		binary.LittleEndian.PutUint64(v[8:], binary.LittleEndian.Uint64(v[8:])^wide)
		binary.LittleEndian.PutUint64(v[16:], binary.LittleEndian.Uint64(v[16:])^wide)
		binary.LittleEndian.PutUint64(v[24:], binary.LittleEndian.Uint64(v[24:])^wide)
		b = b[32:]
	}
	for len(b) >= 8 {
		binary.LittleEndian.PutUint64(b, binary.LittleEndian.Uint64(b)^wide)
		b = b[8:]
	}
	for i := range b {
		b[i] ^= byte(key >> (8 * (i & 3)))
	}
}
