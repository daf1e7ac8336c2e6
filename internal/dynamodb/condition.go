package dynamodb

import "strings"

// A test says whether an item, nil for none, meets a condition.
type test func(item) bool

// An operand has a value for an item, or none.
type operand func(item) (value, bool)

// condition parses a condition or a filter. Without one all items meet it.
func (s *scope) condition(what string, expression *string) (test, error) {
	if expression == nil {
		return func(item) bool { return true }, nil
	}
	p, err := s.parser(what, *expression)
	if err != nil {
		return nil, err
	}
	holds, err := p.or()
	if err != nil {
		return nil, err
	}
	return holds, p.end()
}

func (p *parser) or() (test, error) {
	left, err := p.and()
	for err == nil && p.accept("OR") {
		var right test
		one := left
		right, err = p.and()
		left = func(i item) bool { return one(i) || right(i) }
	}
	return left, err
}

func (p *parser) and() (test, error) {
	left, err := p.not()
	for err == nil && p.accept("AND") {
		var right test
		one := left
		right, err = p.not()
		left = func(i item) bool { return one(i) && right(i) }
	}
	return left, err
}

func (p *parser) not() (test, error) {
	if p.depth++; p.depth > maxDepth*8 {
		return nil, p.errorf("The expression is nested too deeply;")
	}
	defer func() { p.depth-- }()
	if p.accept("NOT") {
		inner, err := p.not()
		return func(i item) bool { return !inner(i) }, err
	}
	if p.accept("(") {
		inner, err := p.or()
		if err != nil {
			return nil, err
		}
		return inner, p.expect(")")
	}
	if name, ok := p.call("attribute_exists", "attribute_not_exists"); ok {
		return p.existence(name == "attribute_exists")
	}
	if name, ok := p.call("begins_with", "contains", "attribute_type"); ok {
		return p.function(name)
	}
	return p.comparison()
}

func (p *parser) existence(want bool) (test, error) {
	path, err := p.path()
	if err != nil {
		return nil, err
	}
	return func(i item) bool { _, ok := path.get(i); return ok == want }, p.expect(")")
}

// function parses the arguments of a function of a path and an operand.
func (p *parser) function(name string) (test, error) {
	path, err := p.path()
	if err != nil {
		return nil, err
	}
	if err := p.expect(","); err != nil {
		return nil, err
	}
	want, err := p.operand()
	if err != nil {
		return nil, err
	}
	holds := map[string]func(a, b value) bool{
		"begins_with": beginsWith, "contains": contains,
		"attribute_type": func(a, b value) bool { return a.kind == b.text },
	}[name]
	return func(i item) bool {
		a, ok := path.get(i)
		b, ok2 := want(i)
		return ok && ok2 && holds(a, b)
	}, p.expect(")")
}

func beginsWith(a, b value) bool {
	return a.kind == b.kind && (a.kind == "S" || a.kind == "B") && strings.HasPrefix(a.text, b.text)
}

func contains(a, b value) bool {
	if a.kind == "S" || a.kind == "B" {
		return a.kind == b.kind && strings.Contains(a.text, b.text)
	}
	for _, e := range a.list {
		if e.equal(b) {
			return true
		}
	}
	return false
}

// operand parses a path, a value or the size of a path.
func (p *parser) operand() (operand, error) {
	if _, ok := p.call("size"); ok {
		path, err := p.path()
		if err != nil {
			return nil, err
		}
		return func(i item) (value, bool) { return length(path, i) }, p.expect(")")
	}
	if strings.HasPrefix(p.peek(), ":") {
		v, err := p.value()
		return func(item) (value, bool) { return v, true }, err
	}
	if len(p.tokens) > 1 && p.tokens[1] == "(" {
		return nil, p.errorf("Invalid function name; function: %s", p.tokens[0])
	}
	path, err := p.path()
	return path.get, err
}

// length returns the size of an attribute, as a number.
func length(at path, i item) (value, bool) {
	v, ok := at.get(i)
	n := 0
	switch v.kind {
	case "S", "B":
		n = len(v.text)
	case "L", "SS", "NS", "BS":
		n = len(v.list)
	case "M":
		n = len(v.m)
	default:
		ok = false
	}
	return numeral(n), ok
}

// comparison parses a comparison, BETWEEN or IN.
func (p *parser) comparison() (test, error) {
	left, err := p.operand()
	if err != nil {
		return nil, err
	}
	switch {
	case p.accept("BETWEEN"):
		return p.between(left)
	case p.accept("IN"):
		return p.in(left)
	}
	operator := p.peek()
	accepts, ok := comparisons[operator]
	if !ok {
		return nil, p.syntax()
	}
	p.next()
	right, err := p.operand()
	return func(i item) bool {
		a, ok := left(i)
		b, ok2 := right(i)
		switch {
		case operator == "=":
			return ok && ok2 && a.equal(b)
		case operator == "<>":
			return !ok || !ok2 || !a.equal(b)
		}
		return ok && ok2 && holds(a, b, accepts)
	}, err
}

// comparisons say what an operator accepts of a comparison.
var comparisons = map[string]func(int) bool{
	"=": func(c int) bool { return c == 0 }, "<>": func(c int) bool { return c != 0 },
	"<": func(c int) bool { return c < 0 }, "<=": func(c int) bool { return c <= 0 },
	">": func(c int) bool { return c > 0 }, ">=": func(c int) bool { return c >= 0 },
}

// holds reports whether the order of two values is accepted. Values of different kinds have none.
func holds(a, b value, accepts func(int) bool) bool {
	return a.kind == b.kind && a.ordered() && accepts(compare(a, b))
}

func (p *parser) between(left operand) (test, error) {
	low, err := p.operand()
	if err != nil {
		return nil, err
	}
	if err := p.expect("AND"); err != nil {
		return nil, err
	}
	high, err := p.operand()
	return func(i item) bool {
		v, ok := left(i)
		a, ok2 := low(i)
		b, ok3 := high(i)
		return ok && ok2 && ok3 && holds(v, a, comparisons[">="]) && holds(v, b, comparisons["<="])
	}, err
}

// maxIn is how many operands IN takes.
const maxIn = 100

func (p *parser) in(left operand) (test, error) {
	if err := p.expect("("); err != nil {
		return nil, err
	}
	var all []operand
	for more := true; more; more = p.accept(",") {
		one, err := p.operand()
		if err != nil {
			return nil, err
		}
		if all = append(all, one); len(all) > maxIn {
			return nil, p.errorf("The IN operator is provided with too many operands;")
		}
	}
	return func(i item) bool {
		v, ok := left(i)
		for _, one := range all {
			if w, ok2 := one(i); ok && ok2 && v.equal(w) {
				return true
			}
		}
		return false
	}, p.expect(")")
}

// A keyCondition is what a query asks of the keys.
type keyCondition struct {
	hash value
	sort func(value) bool // nil: any
}

// accepts reports whether an item has the keys.
func (c keyCondition) accepts(k keySchema, i item) bool {
	return i[k.hash].equal(c.hash) && (c.sort == nil || c.sort(i[k.sort]))
}

// A clause is a condition on one attribute of a key.
type clause struct {
	name  string
	equal bool
	value value
	holds func(value) bool
}

// keys parses a condition on the keys of a table or an index.
func (s *scope) keys(expression string, k keySchema) (c keyCondition, err error) {
	p, err := s.parser("KeyConditionExpression", expression)
	if err != nil {
		return c, err
	}
	all, err := p.clauses()
	if err == nil {
		err = p.end()
	}
	if err != nil {
		return c, err
	}
	found := false
	for _, one := range all {
		switch {
		case one.name == k.hash && one.equal && !found:
			c.hash, found = one.value, true
		case one.name == k.hash && !found:
			return c, invalid("Query key condition not supported")
		case one.name == k.sort && k.sort != "" && c.sort == nil:
			c.sort = one.holds
		default:
			return c, invalid("Query condition missed key schema element: %s", k.hash)
		}
	}
	if !found {
		return c, invalid("Query condition missed key schema element: %s", k.hash)
	}
	return c, nil
}

func (p *parser) clauses() (all []clause, err error) {
	for more := true; more; more = p.accept("AND") {
		if p.depth++; p.depth > maxDepth {
			return nil, p.errorf("The expression is nested too deeply;")
		}
		if p.accept("(") {
			inner, err := p.clauses()
			if err != nil {
				return nil, err
			}
			all = append(all, inner...)
			if err := p.expect(")"); err != nil {
				return nil, err
			}
			continue
		}
		one, err := p.clause()
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

func (p *parser) clause() (c clause, err error) {
	if _, ok := p.call("begins_with"); ok {
		if c.name, err = p.name(); err != nil {
			return c, err
		}
		if err = p.expect(","); err != nil {
			return c, err
		}
		if c.value, err = p.value(); err != nil {
			return c, err
		}
		c.holds = func(v value) bool { return beginsWith(v, c.value) }
		return c, p.expect(")")
	}
	if c.name, err = p.name(); err != nil {
		return c, err
	}
	if p.accept("BETWEEN") {
		low, err := p.value()
		if err == nil {
			err = p.expect("AND")
		}
		if err != nil {
			return c, err
		}
		high, err := p.value()
		c.holds = func(v value) bool {
			return holds(v, low, comparisons[">="]) && holds(v, high, comparisons["<="])
		}
		return c, err
	}
	accepts, ok := comparisons[p.peek()]
	if !ok || p.peek() == "<>" {
		return c, p.errorf("Invalid operator used in KeyConditionExpression: %s", p.peek())
	}
	c.equal = p.next() == "="
	c.value, err = p.value()
	c.holds = func(v value) bool { return holds(v, c.value, accepts) }
	return c, err
}
