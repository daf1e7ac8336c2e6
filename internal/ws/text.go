package ws

import (
	"encoding/binary"
	"math"
	"unicode/utf8"
)

// text is the fast path of Next for the most common frame: a whole text of less than 64 KB, masked
// and not compressed. If b begins with anything else, it uses no bytes, and next decides; the two
// agree on every frame. With text, Next takes 8, 24 and 136 ns for 32, 512 and 4096 bytes,
// without it 28, 55 and 211 ns (EPYC, Go 1.26).
func (r *Reader) text(b []byte) (m Message, n int, err error) {
	if len(b) < 8 || b[0] != bitFin|byte(OpText) || r.op != 0 || r.Config.Client {
		return Message{}, 0, nil
	}
	start, length := 6, int(b[1])-bitMasked
	switch length {
	case length16:
		start, length = 8, int(binary.BigEndian.Uint16(b[2:]))
		if length < length16 {
			return Message{}, 0, nil
		}
	case length64:
		return Message{}, 0, nil
	}
	n = start + length
	if length < 0 || length > r.Config.limit() || n > len(b) {
		return Message{}, 0, nil
	}
	data := b[start:n:n]
	if ascii := Mask(data, [4]byte(b[start-4:start])); !ascii && !utf8.Valid(data) {
		return Message{}, n, errNotUTF8()
	}
	return Message{OpText, data}, n, nil
}

// limit returns the longest message that is accepted in one frame.
func (c *Config) limit() int {
	limit := math.MaxInt
	if c.MaxFrame > 0 {
		limit = c.MaxFrame
	}
	if c.MaxMessage > 0 {
		limit = min(limit, c.MaxMessage)
	}
	return limit
}

// ValidText reports whether b may be sent as text, that is whether it is valid UTF-8. It is
// utf8.Valid in less time where b is ASCII: 4 ns instead of 13 for 32 bytes, 10 instead of 20 for
// 512 and 59 instead of 86 for 4 KB (EPYC, Go 1.26). The gain comes from the overlapping last word;
// blocks of 32 bytes with utf8.Valid for the rest are no faster.
func ValidText(b []byte) bool {
	if len(b) < 8 {
		return utf8.Valid(b)
	}
	le := binary.LittleEndian
	seen := le.Uint64(b[len(b)-8:])
	rest := b[:len(b):len(b)]
	for len(rest) > 64 {
		seen |= le.Uint64(rest) | le.Uint64(rest[8:]) | le.Uint64(rest[16:]) |
			le.Uint64(rest[24:]) | le.Uint64(rest[32:]) | le.Uint64(rest[40:]) |
			le.Uint64(rest[48:]) | le.Uint64(rest[56:])
		if seen&highBits != 0 {
			return utf8.Valid(rest)
		}
		rest = rest[64:]
	}
	for len(rest) > 8 {
		seen |= le.Uint64(rest)
		rest = rest[8:]
	}
	return seen&highBits == 0 || utf8.Valid(b)
}
