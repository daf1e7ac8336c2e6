package route

// scalar passes a string, number, boolean or null.
func (s *scanner) scalar() (span, bool) {
	switch c := s.next(); {
	case c == '"':
		return s.str()
	case c == '-' || '0' <= c && c <= '9':
		start := s.pos
		ok := s.number()
		return span{start, s.pos, plain}, ok
	case c == 't':
		return s.word("true", plain)
	case c == 'f':
		return s.word("false", plain)
	default:
		return s.word("null", missing)
	}
}

// str passes a string. The span is what is between the quotes.
func (s *scanner) str() (span, bool) {
	s.pos++
	v := span{start: s.pos, kind: plain}
	for ; s.pos < len(s.body); s.pos++ {
		switch c := s.body[s.pos]; {
		case c == '"':
			v.end = s.pos
			s.pos++
			return v, true
		case c == '\\':
			v.kind = escaped
			if !s.escape() {
				return span{}, false
			}
		case c < ' ':
			return span{}, false
		case c >= 0x80:
			v.kind = escaped // perhaps not valid UTF-8
		}
	}
	return span{}, false
}

// escape passes a backslash and what follows, up to its last byte.
func (s *scanner) escape() bool {
	s.pos++
	switch s.peek() {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return true
	case 'u':
		for range 4 {
			s.pos++
			if hex(s.peek()) < 0 {
				return false
			}
		}
		return true
	}
	return false
}

// number passes a number by the grammar of RFC 8259 section 6.
func (s *scanner) number() bool {
	if s.peek() == '-' {
		s.pos++
	}
	if s.peek() == '0' {
		s.pos++
	} else if !s.digits() {
		return false
	}
	if s.peek() == '.' {
		s.pos++
		if !s.digits() {
			return false
		}
	}
	if c := s.peek(); c != 'e' && c != 'E' {
		return true
	}
	s.pos++
	if c := s.peek(); c == '+' || c == '-' {
		s.pos++
	}
	return s.digits()
}

// digits passes one digit or more.
func (s *scanner) digits() bool {
	start := s.pos
	for c := s.peek(); '0' <= c && c <= '9'; c = s.peek() {
		s.pos++
	}
	return s.pos > start
}

func (s *scanner) word(word string, k kind) (span, bool) {
	end := s.pos + len(word)
	if end > len(s.body) || string(s.body[s.pos:end]) != word {
		return span{}, false
	}
	v := span{s.pos, end, k}
	s.pos = end
	return v, true
}

// keyIf passes the name of a member if there is one to be expected.
func (s *scanner) keyIf(object bool) (span, bool) {
	if !object {
		return span{}, true
	}
	return s.key()
}

// peek returns the next byte, 0 at the end.
func (s *scanner) peek() byte {
	if s.pos < len(s.body) {
		return s.body[s.pos]
	}
	return 0
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
