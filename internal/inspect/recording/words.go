package recording

import (
	"encoding/binary"
	"encoding/json"
	"math/bits"
	"slices"
	"unicode/utf8"
)

// Messages are read in words of eight bytes: byte by byte would take a third of a recording's time.
const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// word returns eight bytes of s from i on, the first one lowest. Those beyond the end are 0.
func word(s []byte, i int) (x uint64) {
	switch beyond := i + 8 - len(s); {
	case beyond <= 0:
		return binary.LittleEndian.Uint64(s[i:])
	case len(s) >= 8:
		return binary.LittleEndian.Uint64(s[len(s)-8:]) >> (8 * beyond & 63)
	}
	for k := len(s) - 1; k >= i; k-- {
		x = x<<8 | uint64(s[k])
	}
	return x
}

// zeros returns a word that has the highest bit of those bytes of x that are 0.
func zeros(x uint64) uint64 { return ^(x&^highs + ^uint64(highs) | x | ^uint64(highs)) }

// places returns a word that has the highest bit of those bytes of x that are c.
func places(x uint64, c byte) uint64 { return zeros(x ^ ones*uint64(c)) }

// appendString appends s as JSON. What is beyond ASCII stays as it is, if it is UTF-8.
func appendString(b, s []byte) []byte {
	begin := len(b)
	b = slices.Grow(b, 2*len(s)+10)
	out := b[begin : begin+2*len(s)+10] // each byte may become two, and eight are written at once
	out[0] = '"'
	n, all := 1, uint64(0)
	for i := 0; i < len(s); i += 8 {
		x, left := word(s, i), min(len(s)-i, 8)
		all |= x
		if zeros(x&(ones*0xe0))<<(8*(8-left)&63) != 0 {
			return appendAnyString(b[:begin], s) // it has a control character
		}
		for marks := places(x, '"') | places(x, '\\'); marks != 0; marks >>= 8 {
			before := bits.TrailingZeros64(marks) / 8
			binary.LittleEndian.PutUint64(out[n:], x)
			out[n+before] = '\\'
			n, left = n+before+1, left-before
			x, marks = x>>(8*before&63), marks>>(8*before&63)
			out[n] = byte(x)
			n, left, x = n+1, left-1, x>>8
		}
		binary.LittleEndian.PutUint64(out[n:], x)
		n += left
	}
	if all&highs != 0 && !utf8.Valid(s) {
		return appendAnyString(b[:begin], s)
	}
	out[n] = '"'
	return b[:begin+n+1]
}

// appendAnyString is appendString for text with control characters, or that is not UTF-8.
func appendAnyString(b, s []byte) []byte {
	text, _ := json.Marshal(string(s)) // a string always has a JSON form
	return append(b, text...)
}
