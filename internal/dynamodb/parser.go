package dynamodb

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A scope has what the expressions of a request may name. Each entry must be used by one of them.
type scope struct {
	names  map[string]string
	values item
	used   map[string]bool
}

func newScope(names map[string]string, values item) (*scope, error) {
	for name := range names {
		if !placeholderPattern.MatchString(name) || name[0] != '#' {
			return nil, invalid("ExpressionAttributeNames contains invalid key: Syntax error; key: %q",
				name)
		}
	}
	for name, v := range values {
		if !placeholderPattern.MatchString(name) || name[0] != ':' {
			return nil, invalid("ExpressionAttributeValues contains invalid key: Syntax error; key: %q",
				name)
		}
		if v.depth() > maxDepth {
			return nil, invalid("Nesting Levels have exceeded supported limits")
		}
	}
	return &scope{names, values, make(map[string]bool)}, nil
}

var placeholderPattern = regexp.MustCompile(`^[#:][A-Za-z0-9_]+$`)

// allUsed reports an entry that no expression has used.
func (s *scope) allUsed() error {
	for name := range s.names {
		if !s.used[name] {
			return invalid("Value provided in ExpressionAttributeNames unused in expressions: keys: {%s}",
				name)
		}
	}
	for name := range s.values {
		if !s.used[name] {
			return invalid("Value provided in ExpressionAttributeValues unused in expressions: keys: {%s}",
				name)
		}
	}
	return nil
}

// A parser parses an expression from left to right.
type parser struct {
	*scope
	what   string // the name of the parameter, for errors
	tokens []string
	depth  int // of parentheses
}

// tokenPattern is a name, a placeholder, a number or an operator.
var tokenPattern = regexp.MustCompile(
	`^\s*([A-Za-z_][A-Za-z0-9_]*|[#:][A-Za-z0-9_]+|[0-9]+|<=|>=|<>|[-=<>(),.\[\]+])`)

// maxExpression is the length of an expression in bytes.
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html)
const maxExpression = 4096

func (s *scope) parser(what, expression string) (*parser, error) {
	p := &parser{scope: s, what: what}
	if len(expression) > maxExpression {
		return nil, p.errorf("Expression size has exceeded the maximum allowed size;")
	}
	for rest := expression; strings.TrimSpace(rest) != ""; {
		found := tokenPattern.FindString(rest)
		if found == "" {
			return nil, p.errorf("Syntax error; token: %q, near: %q", strings.TrimSpace(rest)[:1],
				strings.TrimSpace(rest))
		}
		p.tokens = append(p.tokens, strings.TrimSpace(found))
		rest = rest[len(found):]
	}
	if len(p.tokens) == 0 {
		return nil, p.errorf("The expression can not be empty;")
	}
	return p, nil
}

func (p *parser) errorf(format string, args ...any) error {
	return invalid("Invalid "+p.what+": "+format, args...)
}

// syntax reports the next token as unexpected.
func (p *parser) syntax() error {
	if len(p.tokens) == 0 {
		return p.errorf(`Syntax error; token: "<EOF>", near: the end`)
	}
	near := p.tokens[:min(3, len(p.tokens))]
	return p.errorf("Syntax error; token: %q, near: %q", p.tokens[0], strings.Join(near, " "))
}

// peek returns the next token, "" at the end.
func (p *parser) peek() string {
	if len(p.tokens) == 0 {
		return ""
	}
	return p.tokens[0]
}

func (p *parser) next() string {
	t := p.peek()
	if t != "" {
		p.tokens = p.tokens[1:]
	}
	return t
}

// accept consumes the next token if it is token, in any case of its letters.
func (p *parser) accept(token string) bool {
	if !strings.EqualFold(p.peek(), token) {
		return false
	}
	p.next()
	return true
}

func (p *parser) expect(token string) error {
	if !p.accept(token) {
		return p.syntax()
	}
	return nil
}

func (p *parser) end() error {
	if len(p.tokens) > 0 {
		return p.syntax()
	}
	return nil
}

// call consumes the name of a function and its parenthesis, and reports whether it was there.
func (p *parser) call(names ...string) (string, bool) {
	if len(p.tokens) < 2 || p.tokens[1] != "(" || !slices.Contains(names, p.tokens[0]) {
		return "", false
	}
	name := p.next()
	p.next()
	return name, true
}

// value parses a placeholder of a value.
func (p *parser) value() (value, error) {
	name := p.peek()
	if !strings.HasPrefix(name, ":") {
		return value{}, p.syntax()
	}
	v, ok := p.values[name]
	if !ok {
		return value{}, p.errorf("An expression attribute value used in expression is not defined; "+
			"attribute value: %s", name)
	}
	p.used[p.next()] = true
	return v, nil
}

// A step of a path is a name, or the index of an element if the name is empty.
type step struct {
	name  string
	index int
}

// A path leads to an attribute or into it.
type path []step

func (p path) String() string {
	parts := make([]string, len(p))
	for i, s := range p {
		parts[i] = s.name
		if s.name == "" {
			parts[i] = "[" + strconv.Itoa(s.index) + "]"
		}
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// path parses the path of an attribute, such as a.#b[0].
func (p *parser) path() (path, error) {
	name, err := p.name()
	out := path{{name: name}}
	for err == nil {
		switch {
		case p.accept("."):
			name, err = p.name()
			out = append(out, step{name: name})
		case p.accept("["):
			var index int
			if index, err = strconv.Atoi(p.peek()); err != nil || p.peek()[0] == '+' {
				return nil, p.syntax()
			}
			p.next()
			out = append(out, step{index: index})
			err = p.expect("]")
		default:
			return out, nil
		}
	}
	return nil, err
}

// name parses the name of an attribute, or a placeholder of one.
func (p *parser) name() (string, error) {
	name := p.peek()
	switch {
	case name == "" || strings.ContainsAny(name[:1], ":0123456789=<>(),.[]+-"):
		return "", p.syntax()
	case name[0] == '#':
		full, ok := p.names[name]
		if !ok {
			return "", p.errorf("An expression attribute name used in the document path is not "+
				"defined; attribute name: %s", name)
		}
		p.used[p.next()] = true
		return full, nil
	case isReserved(name):
		return "", p.errorf("Attribute name is a reserved keyword; reserved keyword: %s", name)
	}
	return p.next(), nil
}

// get returns what a path leads to in an item.
func (p path) get(i item) (value, bool) {
	v, ok := i[p[0].name]
	for _, s := range p[1:] {
		if !ok {
			return v, false
		}
		v, ok = s.get(v)
	}
	return v, ok
}

func (s step) get(v value) (value, bool) {
	if s.name != "" {
		e, ok := v.m[s.name]
		return e, ok
	}
	if v.kind != "L" || s.index >= len(v.list) {
		return value{}, false
	}
	return v.list[s.index], true
}

// overlap returns an error if one of two paths contains the other, or if one goes into a list where
// the other goes into a map.
func (p *parser) overlap(a, b path) error {
	for i := range min(len(a), len(b)) {
		if (a[i].name == "") != (b[i].name == "") {
			return p.errorf("Two document paths conflict with each other; must remove or rewrite one "+
				"of these paths; path one: %s, path two: %s", a, b)
		}
		if a[i] != b[i] {
			return nil
		}
	}
	return p.errorf("Two document paths overlap with each other; must remove or rewrite one of "+
		"these paths; path one: %s, path two: %s", a, b)
}

func (p *parser) overlaps(all []path) error {
	for i, a := range all {
		for _, b := range all[:i] {
			if err := p.overlap(b, a); err != nil {
				return err
			}
		}
	}
	return nil
}
