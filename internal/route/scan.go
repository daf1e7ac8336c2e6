package route

// A span is the place of a value in a message. The zero span means that there is no value.
type span struct {
	start, end int
	kind       kind
}

// A kind says how a value is converted to text.
type kind uint8

const (
	missing kind = iota // no value, or null
	plain               // a number, a boolean, or the text between the quotes of a string
	escaped             // the text between the quotes of a string that must be unescaped
	array
	object // as it is written
)

// findMember returns the value of the member of body with this name. It is missing if there is no
// such member or body is not an object that is valid to encoding/json. Of members with the same
// name, the last counts.
//
// findMember is the fast path of find for the expressions of most APIs: it routes 32 bytes in 48
// ns, find in 108 ns (EPYC, Go 1.26).
func findMember(body []byte, name string) (v span) {
	i := space(body, 0)
	if at(body, i) != '{' {
		return span{}
	}
	for i = space(body, i+1); ; i = space(body, i+1) {
		var member span
		if member, i = memberName(body, i); member.equals(body, name) {
			v, i = item(body, i, 1)
		} else {
			i = skip(body, i, 1)
		}
		i = space(body, i)
		if at(body, i) == '}' && space(body, i+1) == len(body) {
			return v
		}
		if at(body, i) != ',' {
			return span{}
		}
	}
}

// A scanner checks a JSON text and finds the values that paths lead to.
type scanner struct {
	body  []byte
	depth int    // the number of open brackets
	spans []span // by slot; filled in
}

// find stores the values at the nodes below paths in spans, by slot. It reports false if body is
// not a valid JSON object. Of members with the same name, the last counts.
func find(body []byte, paths *node, spans []span) bool {
	s := scanner{body: body, spans: spans}
	i := space(body, 0)
	return at(body, i) == '{' && space(body, s.value(paths, i)) == len(body)
}

// value scans the value of n. Its recursion is no deeper than the expression's paths.
func (s *scanner) value(n *node, i int) int {
	clear(s.spans[n.slot:n.end])
	v := span{start: i}
	switch at(s.body, i) {
	case '{':
		i = s.object(n, i)
		v.end, v.kind = i, object
	case '[':
		i = s.array(n, i)
		v.end, v.kind = i, array
	default:
		v, i = scalar(s.body, i)
	}
	s.spans[n.slot] = v
	return i
}

func (s *scanner) object(n *node, i int) int {
	if i = space(s.body, i+1); at(s.body, i) == '}' {
		return i + 1
	}
	s.depth++
	for {
		var name span
		name, i = memberName(s.body, i)
		i = s.child(n.member(s.body, name), i)
		switch i = space(s.body, i); at(s.body, i) {
		case ',':
			i = space(s.body, i+1)
		case '}':
			s.depth--
			return i + 1
		default:
			return invalid
		}
	}
}

func (s *scanner) array(n *node, i int) int {
	if i = space(s.body, i+1); at(s.body, i) == ']' {
		return i + 1
	}
	s.depth++
	for index := 0; ; index++ {
		i = s.child(n.element(index), i)
		switch i = space(s.body, i); at(s.body, i) {
		case ',':
			i = space(s.body, i+1)
		case ']':
			s.depth--
			return i + 1
		default:
			return invalid
		}
	}
}

// child scans the value of n, which is nil if no path leads there.
func (s *scanner) child(n *node, i int) int {
	if n == nil {
		return skip(s.body, i, s.depth)
	}
	return s.value(n, i)
}
