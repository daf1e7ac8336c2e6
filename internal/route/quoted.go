package route

import (
	"encoding/binary"
	"math/bits"
)

// Eight bytes of a string are looked at as one word.
const (
	ones  = 0x0101010101010101
	highs = 0x80 * ones // the highest bit of each byte
)

// quoted passes a string. The kind is plain if it is all ASCII, without escapes.
//
// 480 bytes take 55 ns by words (EPYC, Go 1.26), 400 ns byte by byte. To ask bytes.IndexByte for
// the quote first, and to look for the rest before it, is no faster, and looks at text with many
// escapes again and again.
func quoted(b []byte, i int) (end int, k kind) {
	i++
	var seen uint64 // the bits of all bytes that have been passed
	for i+8 <= len(b) {
		w := binary.LittleEndian.Uint64(b[i:])
		stop := stops(w) & highs
		if stop == 0 {
			seen |= w
			if i += 8; i+32 < len(b) {
				i, seen = quotedRun(b, i, seen)
			}
			continue
		}
		n := bits.TrailingZeros64(stop)
		seen |= w << (63 - n) // the bytes before the stop, and the stop, which is ASCII
		i += n / 8
		if b[i] == '"' {
			return i + 1, kindOf(seen)
		}
		seen = highs
		if i = escape(b, i); i < 0 {
			return invalid, escaped
		}
	}
	return quotedRest(b, i, seen)
}

// quotedRun passes what holds nothing that ends a string or must be looked at, 32 bytes at a time:
// 4 KB in 440 ns, where 16 bytes at a time take 610 ns.
func quotedRun(b []byte, i int, seen uint64) (int, uint64) {
	rest := b[i:len(b):len(b)]
	for len(rest) > 32 { // >= takes an eighth longer: the rest could be empty then
		v, w := binary.LittleEndian.Uint64(rest), binary.LittleEndian.Uint64(rest[8:])
		x, y := binary.LittleEndian.Uint64(rest[16:]), binary.LittleEndian.Uint64(rest[24:])
		stop, all := stops(v)|stops(w)|stops(x)|stops(y), v|w|x|y
		if stop&highs != 0 {
			break
		}
		seen |= all
		rest = rest[32:]
	}
	return len(b) - len(rest), seen
}

// quotedRest passes the rest of a string where the text has less than a word left.
func quotedRest(b []byte, i int, seen uint64) (end int, k kind) {
	for uint(i) < uint(len(b)) {
		switch c := b[i]; {
		case c == '"':
			return i + 1, kindOf(seen)
		case c == '\\' || c < ' ':
			i = escape(b, i)
			seen = highs
		default:
			seen |= uint64(c)
			i++
		}
	}
	return invalid, escaped
}

// stops marks quotes, backslashes and control characters in w with the highest bit of their byte.
// Marks above the lowest may be wrong, because of the borrow.
func stops(w uint64) uint64 {
	quoteOrControl := (w ^ 0x02*ones) - 0x21*ones // the quote, 0x22, trades places with the blank
	backslash := (w ^ '\\'*ones) - ones
	return (quoteOrControl | backslash) &^ w
}

func kindOf(seen uint64) kind {
	if seen&highs == 0 {
		return plain
	}
	return escaped // perhaps not valid UTF-8
}

// escape passes a backslash and what follows it.
func escape(b []byte, i int) int {
	if at(b, i) != '\\' {
		return invalid
	}
	switch at(b, i+1) {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2
	case 'u':
		for j := 2; j < 6; j++ {
			if hex(at(b, i+j)) < 0 {
				return invalid
			}
		}
		return i + 6
	}
	return invalid
}
