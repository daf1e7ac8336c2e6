package route

import "math"

// The functions that scan something take its position in b and return the position behind it, or a
// negative one if it is not valid JSON.

// invalid is the position of no byte, also after a few bytes are added to it. So callers need not
// test for it at each step: the next byte is then not the expected one.
const invalid = math.MinInt / 2

// at returns the byte at i, 0 where there is none.
func at(b []byte, i int) byte {
	if uint(i) < uint(len(b)) {
		return b[i]
	}
	return 0
}

// space skips white space.
func space(b []byte, i int) int {
	if at(b, i) > ' ' {
		return i
	}
	return spaces(b, i)
}

func spaces(b []byte, i int) int {
	for uint(i) < uint(len(b)) {
		if c := b[i]; c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return i
		}
		i++
	}
	return i
}

// memberName scans the name of a member and the colon, up to the value.
func memberName(b []byte, i int) (span, int) {
	if at(b, i) != '"' {
		return span{}, invalid
	}
	end, k := quoted(b, i)
	name := span{i + 1, end - 1, k}
	if i = space(b, end); at(b, i) != ':' {
		return span{}, invalid
	}
	return name, space(b, i+1)
}

// scalar scans a string, number, boolean or null.
func scalar(b []byte, i int) (span, int) {
	switch c := at(b, i); {
	case c == '"':
		end, k := quoted(b, i)
		return span{i + 1, end - 1, k}, end
	case c == '-' || '0' <= c && c <= '9':
		end := number(b, i)
		return span{i, end, plain}, end
	case c == 't':
		return word(b, i, "true", plain)
	case c == 'f':
		return word(b, i, "false", plain)
	default:
		return word(b, i, "null", missing)
	}
}

// number scans a number by the grammar of RFC 8259 section 6.
func number(b []byte, i int) int {
	if at(b, i) == '-' {
		i++
	}
	if at(b, i) == '0' {
		i++
	} else {
		i = digits(b, i)
	}
	if at(b, i) == '.' {
		i = digits(b, i+1)
	}
	if c := at(b, i); c != 'e' && c != 'E' {
		return i
	}
	i++
	if c := at(b, i); c == '+' || c == '-' {
		i++
	}
	return digits(b, i)
}

// digits scans one or more digits.
func digits(b []byte, i int) int {
	start := i
	for uint(i) < uint(len(b)) && b[i]-'0' <= 9 {
		i++
	}
	if i == start {
		return invalid
	}
	return i
}

func word(b []byte, i int, word string, k kind) (span, int) {
	end := i + len(word)
	if i < 0 || end > len(b) || string(b[i:end]) != word {
		return span{}, invalid
	}
	return span{i, end, k}, end
}

// hex returns the value of a hexadecimal digit, -1 for anything else.
func hex(c byte) rune {
	switch {
	case '0' <= c && c <= '9':
		return rune(c - '0')
	case 'a' <= c && c <= 'f':
		return rune(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return rune(c-'A') + 10
	}
	return -1
}
