package dynamotest

import (
	"regexp"
	"strings"
)

// values are the values that expressions may name. Each must be named.
type values struct {
	given item
	used  map[string]bool
}

func newValues(given item) *values { return &values{given, make(map[string]bool)} }

func (v *values) get(name string) (value, error) {
	found, ok := v.given[name]
	if !ok {
		return value{}, invalid("An expression attribute value is not defined: %s", name)
	}
	v.used[name] = true
	return found, nil
}

func (v *values) allUsed() error {
	for name := range v.given {
		if !v.used[name] {
			return invalid("Value in ExpressionAttributeValues unused in expressions: %s", name)
		}
	}
	return nil
}

// A parser parses an expression from left to right.
type parser struct {
	tokens []string
	values *values
}

var (
	tokenPattern = regexp.MustCompile(`^\s*(<=|>=|<>|[=<>(),]|:?[A-Za-z_][A-Za-z0-9_]*)`)
	namePattern  = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

func newParser(expression string, values *values) (*parser, error) {
	p := &parser{values: values}
	for rest := expression; strings.TrimSpace(rest) != ""; {
		found := tokenPattern.FindString(rest)
		if found == "" {
			return nil, invalid("Invalid expression: syntax error near %q", rest)
		}
		p.tokens = append(p.tokens, strings.TrimSpace(found))
		rest = rest[len(found):]
	}
	if len(p.tokens) == 0 {
		return nil, invalid("Invalid expression: The expression can not be empty")
	}
	return p, nil
}

// next returns and consumes the next token, "" at the end.
func (p *parser) next() string {
	if len(p.tokens) == 0 {
		return ""
	}
	t := p.tokens[0]
	p.tokens = p.tokens[1:]
	return t
}

// accept consumes the next token if it is token, and tells whether it was.
func (p *parser) accept(token string) bool {
	if len(p.tokens) == 0 || !strings.EqualFold(p.tokens[0], token) {
		return false
	}
	p.next()
	return true
}

func (p *parser) expect(token string) error {
	if !p.accept(token) {
		return invalid("Invalid expression: %q is missing before %q", token, p.tokens)
	}
	return nil
}

func (p *parser) name() (string, error) {
	name := p.next()
	if !namePattern.MatchString(name) {
		return "", invalid("Invalid expression: %q is not the name of an attribute", name)
	}
	return name, nil
}

func (p *parser) value() (value, error) { return p.values.get(p.next()) }

func (p *parser) end() error {
	if len(p.tokens) > 0 {
		return invalid("Invalid expression: syntax error near %q", p.tokens)
	}
	return nil
}

// A test says whether an item, nil for none, meets a condition.
type test func(item) bool

func parseCondition(expression string, values *values) (test, error) {
	p, err := newParser(expression, values)
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
	left, err := p.term()
	for err == nil && p.accept("AND") {
		var right test
		one := left
		right, err = p.term()
		left = func(i item) bool { return one(i) && right(i) }
	}
	return left, err
}

func (p *parser) term() (test, error) {
	if p.accept("(") {
		inner, err := p.or()
		if err != nil {
			return nil, err
		}
		return inner, p.expect(")")
	}
	for function, want := range map[string]bool{
		"attribute_exists": true, "attribute_not_exists": false,
	} {
		if len(p.tokens) > 0 && p.tokens[0] == function { // unlike keywords, in this case only
			p.next()
			return p.existence(want)
		}
	}
	return p.comparison()
}

func (p *parser) existence(want bool) (test, error) {
	if err := p.expect("("); err != nil {
		return nil, err
	}
	name, err := p.name()
	if err != nil {
		return nil, err
	}
	return func(i item) bool { _, ok := i[name]; return ok == want }, p.expect(")")
}

var comparisons = map[string]func(int) bool{
	"=": func(c int) bool { return c == 0 }, "<>": func(c int) bool { return c != 0 },
	"<": func(c int) bool { return c < 0 }, "<=": func(c int) bool { return c <= 0 },
	">": func(c int) bool { return c > 0 }, ">=": func(c int) bool { return c >= 0 },
}

func (p *parser) comparison() (test, error) {
	name, err := p.name()
	if err != nil {
		return nil, err
	}
	operator := p.next()
	accepts, ok := comparisons[operator]
	if !ok {
		return nil, invalid("Invalid expression: %q is not a comparison", operator)
	}
	want, err := p.value()
	return func(i item) bool {
		v, ok := i[name]
		if !ok || v.kind != want.kind {
			return operator == "<>"
		}
		return accepts(compare(v, want))
	}, err
}

// parseUpdate returns what an update sets, and nil for what it removes.
func parseUpdate(expression string, values *values) (map[string]*value, error) {
	p, err := newParser(expression, values)
	if err != nil {
		return nil, err
	}
	changed := make(map[string]*value)
	for _, clause := range []string{"SET", "REMOVE"} {
		for more := p.accept(clause); more; more = p.accept(",") {
			name, v, err := p.change(clause)
			if err != nil {
				return nil, err
			}
			if _, twice := changed[name]; twice {
				return nil, invalid("Two document paths overlap with each other: %s", name)
			}
			changed[name] = v
		}
	}
	if len(changed) == 0 {
		return nil, invalid("this server knows SET and REMOVE only, not %q", expression)
	}
	return changed, p.end()
}

func (p *parser) change(clause string) (string, *value, error) {
	name, err := p.name()
	if err != nil || clause == "REMOVE" {
		return name, nil, err
	}
	if err := p.expect("="); err != nil {
		return "", nil, err
	}
	v, err := p.value()
	return name, &v, err
}

// parseKeyCondition returns the partition key that a query asks for.
func parseKeyCondition(expression, hash string, values *values) (string, error) {
	p, err := newParser(expression, values)
	if err != nil {
		return "", err
	}
	if err := p.expect(hash); err != nil {
		return "", err
	}
	if err := p.expect("="); err != nil {
		return "", err
	}
	v, err := p.value()
	if err == nil {
		err = p.end()
	}
	if err == nil && (v.kind != "S" || v.text == "") {
		err = invalid("One or more parameter values were invalid: the key is %v", v)
	}
	return v.text, err
}
