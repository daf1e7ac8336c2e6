package route

// SelectSlow is the simple implementation of Select: byte by byte, with a tree of paths for every
// expression. Tests compare the two.
func (t *Table) SelectSlow(body []byte) (key string, ok bool) {
	if len(t.messages) > 0 {
		if key, ok := t.matchSlow(body); ok {
			return key, true
		}
	}
	if t.hasDefault {
		return keyDefault, true
	}
	return "", false
}

func (t *Table) matchSlow(body []byte) (string, bool) {
	spans := make([]span, t.slots)
	if t.paths != nil && !findSlow(body, t.paths, spans) {
		return "", false
	}
	var text []byte
	for _, p := range t.parts {
		text = append(text, p.literal...)
		if p.target != nil {
			text = appendSlow(text, body, spans[p.target.slot])
		}
	}
	key, ok := t.messages[string(text)]
	return key, ok
}

// A slowScanner checks and walks a JSON text. Methods that read report false when it is not valid.
type slowScanner struct {
	body  []byte
	pos   int
	depth int
	spans []span // by slot; filled in
}

// findSlow fills in the values at the nodes below paths, by slot. It reports false if body is not a
// valid JSON object, as encoding/json would have it. Of members with the same name, the last
// counts.
func findSlow(body []byte, paths *node, spans []span) bool {
	s := slowScanner{body: body, spans: spans}
	return s.next() == '{' && s.value(paths) && s.next() == 0 && s.pos == len(body)
}

// next passes white space and returns the byte after it, 0 at the end.
func (s *slowScanner) next() byte {
	for ; s.pos < len(s.body); s.pos++ {
		switch c := s.body[s.pos]; c {
		case ' ', '\t', '\r', '\n':
		default:
			return c
		}
	}
	return 0
}

// accept skips white space and then c, if c comes next.
func (s *slowScanner) accept(c byte) bool {
	if s.next() != c {
		return false
	}
	s.pos++
	return true
}

// value passes the value of n. It calls itself no deeper than the expression's paths go.
func (s *slowScanner) value(n *node) bool {
	if n == nil {
		return s.skip()
	}
	clear(s.spans[n.slot:n.end])
	var v span
	var ok bool
	switch s.next() {
	case '{':
		v = span{start: s.pos, kind: object}
		ok = s.object(n)
		v.end = s.pos
	case '[':
		v = span{start: s.pos, kind: array}
		ok = s.array(n)
		v.end = s.pos
	default:
		v, ok = s.scalar()
	}
	s.spans[n.slot] = v
	return ok
}

func (s *slowScanner) object(n *node) bool {
	s.depth++
	s.pos++
	if s.accept('}') {
		s.depth--
		return true
	}
	for {
		key, ok := s.key()
		if !ok || !s.value(n.member(s.body, key)) {
			return false
		}
		if s.accept('}') {
			s.depth--
			return true
		}
		if !s.accept(',') {
			return false
		}
	}
}

func (s *slowScanner) array(n *node) bool {
	s.depth++
	s.pos++
	if s.accept(']') {
		s.depth--
		return true
	}
	for i := 0; ; i++ {
		if !s.value(n.element(i)) {
			return false
		}
		if s.accept(']') {
			s.depth--
			return true
		}
		if !s.accept(',') {
			return false
		}
	}
}

// key passes the name of a member and the colon.
func (s *slowScanner) key() (span, bool) {
	if s.next() != '"' {
		return span{}, false
	}
	key, ok := s.str()
	return key, ok && s.accept(':')
}

// skip scans a value that no path leads to. It is not recursive, as in the package itself.
func (s *slowScanner) skip() bool {
	var small [32]byte
	open := small[:0] // the brackets to be closed
	for {
		switch c := s.next(); c {
		case '{', '[':
			open = append(open, c+2) // in ASCII, "{" and "[" are two before "}" and "]"
			if s.depth+len(open) > maxDepth {
				return false
			}
			s.pos++
			if !s.accept(c + 2) {
				if _, ok := s.keyIf(c == '{'); !ok {
					return false
				}
				continue
			}
			open = open[:len(open)-1]
		default:
			if _, ok := s.scalar(); !ok {
				return false
			}
		}
		for len(open) > 0 && s.accept(open[len(open)-1]) {
			open = open[:len(open)-1]
		}
		if len(open) == 0 {
			return true
		}
		if !s.accept(',') {
			return false
		}
		if _, ok := s.keyIf(open[len(open)-1] == '}'); !ok {
			return false
		}
	}
}

// scalar passes a string, number, boolean or null.
func (s *slowScanner) scalar() (span, bool) {
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

// str scans a string. The span is the text between the quotes.
func (s *slowScanner) str() (span, bool) {
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

// escape scans an escape sequence, up to its last byte.
func (s *slowScanner) escape() bool {
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
func (s *slowScanner) number() bool {
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
func (s *slowScanner) digits() bool {
	start := s.pos
	for c := s.peek(); '0' <= c && c <= '9'; c = s.peek() {
		s.pos++
	}
	return s.pos > start
}

func (s *slowScanner) word(word string, k kind) (span, bool) {
	end := s.pos + len(word)
	if end > len(s.body) || string(s.body[s.pos:end]) != word {
		return span{}, false
	}
	v := span{s.pos, end, k}
	s.pos = end
	return v, true
}

// keyIf passes the name of a member if there is one to be expected.
func (s *slowScanner) keyIf(object bool) (span, bool) {
	if !object {
		return span{}, true
	}
	return s.key()
}

// peek returns the next byte, 0 at the end.
func (s *slowScanner) peek() byte {
	if s.pos < len(s.body) {
		return s.body[s.pos]
	}
	return 0
}

// appendSlow appends the text of a value.
func appendSlow(dst, body []byte, v span) []byte {
	if v.kind == array {
		return appendArraySlow(dst, body[v.start:v.end])
	}
	return appendItem(dst, body, v)
}

// appendArraySlow appends the text of an array, which is known to be valid. Arrays in it stay as
// written.
func appendArraySlow(dst, raw []byte) []byte {
	s := slowScanner{body: raw, pos: 1}
	dst = append(dst, '[')
	for first := true; !s.accept(']'); first = false {
		if !first {
			s.accept(',')
			dst = append(dst, ", "...)
		}
		dst = appendItem(dst, raw, s.item())
	}
	return append(dst, ']')
}

// item passes an element of a valid array.
func (s *slowScanner) item() span {
	switch s.next() {
	case '{', '[':
		start := s.pos
		s.skip()
		return span{start, s.pos, object}
	}
	v, _ := s.scalar()
	return v
}
