package ws

import (
	"iter"
	"strings"
)

// elements walks the comma-separated elements of all lines of a header, without white space around
// them. RFC 9110 section 5.6.1.2: empty elements are skipped. It does not know quoted strings.
func elements(lines []string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, line := range lines {
			for s := range strings.SplitSeq(line, ",") {
				if s = trim(s); s != "" && !yield(s) {
					return
				}
			}
		}
	}
}

// HasElement reports whether the lines of a header have an element, in any case.
func HasElement(lines []string, name string) bool {
	for s := range elements(lines) {
		if strings.EqualFold(s, name) {
			return true
		}
	}
	return false
}

func trim(s string) string { return strings.Trim(s, " \t") }

// IsToken reports whether s is a token of RFC 9110 section 5.6.2: the name of a header or of a
// subprotocol. It allocates nothing.
func IsToken(s string) bool {
	for i := range len(s) {
		if !isTokenByte(s[i]) {
			return false
		}
	}
	return s != ""
}

func isTokenByte(c byte) bool {
	switch {
	case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		return true
	default:
		return strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
	}
}

// A scanner parses a header from the front. After a syntax error bad is true, and nothing is left
// to scan.
type scanner struct {
	rest string
	bad  bool
}

func (s *scanner) skipSpace() { s.rest = strings.TrimLeft(s.rest, " \t") }

// take skips c and the white space around it, and reports whether c came next.
func (s *scanner) take(c byte) bool {
	s.skipSpace()
	if s.rest == "" || s.rest[0] != c {
		return false
	}
	s.rest = s.rest[1:]
	s.skipSpace()
	return true
}

// token takes a token, which has to come next.
func (s *scanner) token() string {
	n := 0
	for n < len(s.rest) && isTokenByte(s.rest[n]) {
		n++
	}
	if n == 0 {
		s.fail()
		return ""
	}
	t := s.rest[:n]
	s.rest = s.rest[n:]
	return t
}

// value takes a token or a quoted string, one of which has to come next. RFC 6455 section 9.1: the
// content of the quoted string has to be a token too.
func (s *scanner) value() string {
	if s.rest == "" || s.rest[0] != '"' {
		return s.token()
	}
	var v []byte
	for i := 1; i < len(s.rest); i++ {
		switch c := s.rest[i]; {
		case c == '"' && len(v) > 0:
			s.rest = s.rest[i+1:]
			return string(v)
		case c == '\\' && i+1 < len(s.rest) && isTokenByte(s.rest[i+1]):
			i++
			v = append(v, s.rest[i])
		case isTokenByte(c):
			v = append(v, c)
		default:
			s.fail()
			return ""
		}
	}
	s.fail()
	return ""
}

func (s *scanner) fail() { s.rest, s.bad = "", true }
