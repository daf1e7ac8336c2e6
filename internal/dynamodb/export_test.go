package dynamodb

// Evaluate parses expressions and applies them to an item, whatever comes of it.
func Evaluate(condition, change, projection string) {
	v := value{kind: "L", list: []value{numeral(1), text("x")}}
	i := item{"a": v, "m": value{kind: "M", m: item{"k": text("v")}}, "n": numeral(5)}
	s, err := newScope(map[string]string{"#n": "n"}, item{":v": v})
	if err != nil {
		return
	}
	if holds, err := s.condition("ConditionExpression", &condition); err == nil {
		holds(i)
		holds(nil)
	}
	if u, err := s.update(change); err == nil {
		_, _ = u.apply(i)
	}
	if paths, err := s.projection(&projection); err == nil {
		project(i, paths)
	}
	_, _ = s.keys(condition, keySchema{"a", "n"})
}

// Canonical returns a number as it is stored.
func Canonical(s string) (string, error) {
	n, err := parseNumber(s)
	if err != nil {
		return "", err
	}
	return n.String(), nil
}

// Do carries out an operation.
func (s *Server) Do(name string, body []byte) error {
	_, err := s.do(operations, name, body)
	return err
}

// Streams returns how many streams there are, and how many bytes they keep.
func (s *Server) Streams() (n, bytes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, st := range s.streams {
		bytes += st.size
	}
	return len(s.streams), bytes
}
