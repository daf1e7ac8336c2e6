package handshake

import (
	"net/url"
	"strings"
	"unicode/utf8"
)

// ParseQuery parses a query string by the rules for application/x-www-form-urlencoded
// (https://url.spec.whatwg.org/#urlencoded-parsing). Unlike url.ParseQuery it drops no parameter:
// only "&" separates two, and a "%" that no two hexadecimal digits follow stands for itself. Bytes
// that are not UTF-8 become U+FFFD.
func ParseQuery(raw string) url.Values {
	query := make(url.Values)
	for field := range strings.SplitSeq(raw, "&") {
		if field != "" {
			name, value, _ := strings.Cut(field, "=")
			query.Add(unescape(name), unescape(value))
		}
	}
	return query
}

// unescape decodes "+" and percent-encoded bytes.
func unescape(s string) string {
	if strings.IndexByte(s, '%') >= 0 {
		b := make([]byte, 0, len(s))
		for i := 0; i < len(s); i++ {
			c := s[i]
			if c == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]) {
				c = unhex(s[i+1])<<4 | unhex(s[i+2])
				i += 2
			} else if c == '+' {
				c = ' '
			}
			b = append(b, c)
		}
		s = string(b)
	} else {
		s = strings.ReplaceAll(s, "+", " ")
	}
	return decodeUTF8(s)
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// unhex returns the value of a hexadecimal digit.
func unhex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c&^0x20 - 'A' + 10
}

// decodeUTF8 puts one U+FFFD for each maximal part of a character that is not complete, and for
// each other byte that is not UTF-8 (https://encoding.spec.whatwg.org/#utf-8-decoder).
func decodeUTF8(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		if r == utf8.RuneError && n == 1 {
			n = partLen(s)
		}
		b.WriteRune(r)
		s = s[n:]
	}
	return b.String()
}

// partLen returns how many bytes at the front of s begin a character that they do not complete; 1
// if there are none. More bytes would make a prefix of a character complete or more of it.
func partLen(s string) int {
	n := 1
	for n < len(s) && n < utf8.UTFMax-1 && !utf8.FullRuneInString(s[:n+1]) {
		n++
	}
	return n
}
