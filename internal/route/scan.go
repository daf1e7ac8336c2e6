package route

// maxDepth is how deep arrays and objects may nest in a message: the limit of encoding/json.
const maxDepth = 10000

// A span is the place of a value in a message. The zero span means that there is no value.
type span struct {
	start, end int
	kind       kind
}

// A kind says how a value becomes text.
type kind uint8

const (
	missing kind = iota // no value, or null
	plain               // a number, a boolean, or what is between the quotes of a string
	escaped             // what is between the quotes of a string that must be unescaped
	array
	object // as it is written
)

// A scanner checks and walks a JSON text. Methods that read report false when it is not valid.
type scanner struct {
	body  []byte
	pos   int
	depth int
	spans []span // by slot; filled in
}

// find fills in the values at the nodes below paths, by slot. It reports false if body is not a
// valid JSON object, as encoding/json would have it. Of members with the same name, the last
// counts.
func find(body []byte, paths *node, spans []span) bool {
	s := scanner{body: body, spans: spans}
	return s.next() == '{' && s.value(paths) && s.next() == 0 && s.pos == len(body)
}

// next passes white space and returns the byte after it, 0 at the end.
func (s *scanner) next() byte {
	for ; s.pos < len(s.body); s.pos++ {
		switch c := s.body[s.pos]; c {
		case ' ', '\t', '\r', '\n':
		default:
			return c
		}
	}
	return 0
}

// accept passes white space and then c, if that is what follows.
func (s *scanner) accept(c byte) bool {
	if s.next() != c {
		return false
	}
	s.pos++
	return true
}

// value passes the value of n. It calls itself no deeper than the expression's paths go.
func (s *scanner) value(n *node) bool {
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

func (s *scanner) object(n *node) bool {
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

func (s *scanner) array(n *node) bool {
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
func (s *scanner) key() (span, bool) {
	if s.next() != '"' {
		return span{}, false
	}
	key, ok := s.str()
	return key, ok && s.accept(':')
}

// skip passes a value that no path leads to. It does not call itself: how deep such a value goes is
// for strangers to choose, and a stack that has grown stays grown.
func (s *scanner) skip() bool {
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
