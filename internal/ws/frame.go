package ws

import (
	"encoding/binary"
	"math"
)

// An Opcode is the type of a frame.
type Opcode byte

// The opcodes of RFC 6455 section 11.8. All others are reserved.
const (
	OpContinuation Opcode = 0
	OpText         Opcode = 1
	OpBinary       Opcode = 2
	OpClose        Opcode = 8
	OpPing         Opcode = 9
	OpPong         Opcode = 10
)

// RFC 6455 section 5.2: the bits of the first two bytes of a frame.
const (
	bitFin    = 0x80
	bitRSV1   = 0x40
	bitRSV2   = 0x20
	bitRSV3   = 0x10
	bitMasked = 0x80

	maskOpcode = 0x0f
	maskLength = 0x7f

	length16 = 126 // the length is in the next 2 bytes
	length64 = 127 // the length is in the next 8 bytes
)

const (
	// RFC 6455 section 5.5: the longest payload of a control frame, in bytes.
	maxControl = 125
)

// MaxHeader is the size of the longest header, in bytes: 2 bytes, a 64-bit length and a mask.
const MaxHeader = 14

// A Header is the header of a frame.
type Header struct {
	Fin, RSV1, RSV2, RSV3 bool

	Opcode Opcode
	Masked bool
	Mask   [4]byte // meaningless unless Masked
	Length int64   // of the payload, in bytes
}

// ParseHeader reads the header at the front of b and returns how many bytes it takes. It returns
// 0 and no error while b does not hold all of it.
//
// It refuses lengths that are not encoded as RFC 6455 section 5.2 demands, and checks nothing else:
// a reserved opcode is no error here. The error is a [*CloseError].
func ParseHeader(b []byte) (h Header, n int, err error) {
	if len(b) < 2 {
		return Header{}, 0, nil
	}
	n = headerSize(b[1])
	if len(b) < n {
		return Header{}, 0, nil
	}
	length, ok := parseLength(b)
	if !ok {
		return Header{}, 0, protocolError("length is not in its shortest form")
	}
	h = Header{
		Fin:    b[0]&bitFin != 0,
		RSV1:   b[0]&bitRSV1 != 0,
		RSV2:   b[0]&bitRSV2 != 0,
		RSV3:   b[0]&bitRSV3 != 0,
		Opcode: Opcode(b[0] & maskOpcode),
		Masked: b[1]&bitMasked != 0,
		Length: length,
	}
	if h.Masked {
		h.Mask = [4]byte(b[n-4 : n])
	}
	return h, n, nil
}

// headerSize returns the size of a header, in bytes, from its second byte.
func headerSize(second byte) int {
	n := 2 + 4*int(second>>7)
	switch second & maskLength {
	case length16:
		n += 2
	case length64:
		n += 8
	}
	return n
}

// parseLength reads the payload's length from b, which holds the whole header. It reports whether
// the length is in its shortest form and below 2^63.
func parseLength(b []byte) (length int64, ok bool) {
	switch short := b[1] & maskLength; short {
	case length16:
		n := binary.BigEndian.Uint16(b[2:])
		return int64(n), n >= length16
	case length64:
		n := binary.BigEndian.Uint64(b[2:])
		return int64(n), n > math.MaxUint16 && n <= math.MaxInt64
	default:
		return int64(short), true
	}
}

// FrameSize returns the size in bytes of the frame that begins b, header included. It returns 0
// while b does not hold the whole header, and for a header that [ParseHeader] refuses. A frame
// larger than memory has size [math.MaxInt]. It is for callers that size buffers; ask
// [Reader.Next] first, which refuses a frame over the limits at its header.
func FrameSize(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	n := headerSize(b[1])
	if len(b) < n {
		return 0
	}
	length, ok := parseLength(b)
	if !ok {
		return 0
	}
	return n + int(min(length, int64(math.MaxInt-n)))
}

// FrameComplete reports whether b begins with a whole frame, as far as [FrameSize] can tell. The
// frame may still be one that [Reader.Next] refuses.
func FrameComplete(b []byte) bool {
	size := FrameSize(b)
	return size > 0 && size <= len(b)
}

// AppendHeader appends h with the length in its shortest form. It checks nothing.
func AppendHeader(dst []byte, h Header) []byte {
	dst = append(dst, firstByte(h), bit(h.Masked, bitMasked))
	second := &dst[len(dst)-1]
	switch {
	case h.Length < length16:
		*second |= byte(h.Length)
	case h.Length <= math.MaxUint16:
		*second |= length16
		dst = binary.BigEndian.AppendUint16(dst, uint16(h.Length))
	default:
		*second |= length64
		dst = binary.BigEndian.AppendUint64(dst, uint64(h.Length))
	}
	if h.Masked {
		dst = append(dst, h.Mask[:]...)
	}
	return dst
}

func firstByte(h Header) byte {
	return bit(h.Fin, bitFin) | bit(h.RSV1, bitRSV1) | bit(h.RSV2, bitRSV2) | bit(h.RSV3, bitRSV3) |
		byte(h.Opcode)&maskOpcode
}

func bit(set bool, b byte) byte {
	if set {
		return b
	}
	return 0
}

// AppendFrame appends an unfragmented frame as a server sends it: not masked, not compressed. It
// allocates only when dst has to grow.
func AppendFrame(dst []byte, op Opcode, payload []byte) []byte {
	first, n := bitFin|byte(op)&maskOpcode, len(payload)
	switch {
	case n < length16:
		dst = append(dst, first, byte(n))
	case n <= math.MaxUint16:
		dst = append(dst, first, length16, byte(n>>8), byte(n))
	default:
		dst = binary.BigEndian.AppendUint64(append(dst, first, length64), uint64(n))
	}
	return append(dst, payload...)
}
