package route

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A part of an expression is text, or a variable, never both.
type part struct {
	literal string
	path    []step // of a variable
	target  *node  // where the path ends, set by buildTree
}

// A step of a path leads to a member of an object, or to an element of an array.
type step struct {
	name  string
	index int // of an element; -1 for a member
}

// A node is a value in a message that paths lead to or through.
type node struct {
	step
	children []*node

	// The nodes at and below this one have the slots from slot up to, but not including, end.
	slot, end int
}

// root is the prefix of every variable of a route selection expression.
const root = "request.body"

// A parser reads an expression from left to right.
type parser struct {
	expr string
	pos  int
}

// parse parses an expression. Its grammar is that of
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-selection-expressions.html,
// restricted to variables below request.body.
func parse(expr string) ([]part, error) {
	if expr == "" {
		return nil, fmt.Errorf("it is empty")
	}
	if !utf8.ValidString(expr) {
		return nil, fmt.Errorf("it is not valid UTF-8")
	}
	var parts []part
	p := &parser{expr: expr}
	for p.pos < len(expr) {
		if text := p.literal(); text != "" {
			parts = append(parts, part{literal: text})
			continue
		}
		path, err := p.variable()
		if err != nil {
			return nil, err
		}
		parts = append(parts, part{path: path})
	}
	return parts, nil
}

// literal reads text up to a variable or the end.
func (p *parser) literal() string {
	var text strings.Builder
	for p.pos < len(p.expr) && p.peek() != '$' {
		if strings.HasPrefix(p.expr[p.pos:], `\$`) {
			p.pos++
		}
		text.WriteByte(p.peek())
		p.pos++
	}
	return text.String()
}

// variable reads $request.body.path or ${request.body.path}.
func (p *parser) variable() ([]step, error) {
	p.pos++
	braced := p.accept('{')
	if !strings.HasPrefix(p.expr[p.pos:], root) {
		return nil, p.errorf("want %s after $", root)
	}
	p.pos += len(root)
	path, err := p.path(braced)
	if err != nil {
		return nil, err
	}
	if len(path) == 0 {
		return nil, p.errorf("want .name after %s", root)
	}
	if braced && !p.accept('}') {
		return nil, p.errorf("want } at the end of the variable")
	}
	return path, nil
}

func (p *parser) path(braced bool) ([]step, error) {
	var path []step
	for {
		var s step
		var err error
		switch p.peek() {
		case '.':
			s, err = p.member(braced)
		case '[':
			s, err = p.bracket()
		default:
			return path, nil
		}
		if err != nil {
			return nil, err
		}
		path = append(path, s)
	}
}

// member reads .name. Without braces around the variable, a name is letters, digits, _ and -;
// between braces it may contain all but the characters of the grammar.
func (p *parser) member(braced bool) (step, error) {
	p.pos++
	start := p.pos
	for p.pos < len(p.expr) && inName(p.peek(), braced) {
		p.pos++
	}
	if p.pos == start {
		return step{}, p.errorf("want a name after the dot")
	}
	return step{name: p.expr[start:p.pos], index: -1}, nil
}

func inName(c byte, braced bool) bool {
	if braced {
		return c > ' ' && !strings.ContainsRune(`.[]{}$'"\`, rune(c))
	}
	return c == '_' || c == '-' || c >= utf8.RuneSelf ||
		'0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// bracket reads [0] or ['name'].
func (p *parser) bracket() (step, error) {
	p.pos++
	end := strings.IndexByte(p.expr[p.pos:], ']')
	if p.accept('\'') {
		name, _, ok := strings.Cut(p.expr[p.pos:], "']")
		if !ok {
			return step{}, p.errorf("want '] at the end of the name")
		}
		p.pos += len(name) + len("']")
		return step{name: name, index: -1}, nil
	}
	if end < 0 {
		return step{}, p.errorf("want ] at the end of the index")
	}
	index, err := strconv.ParseUint(p.expr[p.pos:p.pos+end], 10, 31)
	if err != nil {
		return step{}, p.errorf("want a number or a name in quotes between [ and ]")
	}
	p.pos += end + 1
	return step{index: int(index)}, nil
}

// peek returns the next byte, 0 at the end.
func (p *parser) peek() byte {
	if p.pos < len(p.expr) {
		return p.expr[p.pos]
	}
	return 0
}

func (p *parser) accept(c byte) bool {
	if p.peek() != c {
		return false
	}
	p.pos++
	return true
}

func (p *parser) errorf(format string, args ...any) error {
	return fmt.Errorf("at byte %d: %s", p.pos+1, fmt.Sprintf(format, args...))
}

// buildTree makes a tree of the paths of all variables, so that a message is read once.
func (t *Table) buildTree() {
	for i, p := range t.parts {
		if p.path == nil {
			continue
		}
		if t.paths == nil {
			t.paths = new(node)
		}
		n := t.paths
		for _, s := range p.path {
			n = n.addChild(s)
		}
		t.parts[i].target = n
	}
	if t.paths != nil {
		t.slots = t.paths.assignSlots(0)
	}
	if len(t.parts) == 1 && len(t.parts[0].path) == 1 {
		t.member = t.parts[0].path[0].name
	}
}

// addChild returns the child at step s, a new one if there was none.
func (n *node) addChild(s step) *node {
	for _, child := range n.children {
		if child.step == s {
			return child
		}
	}
	child := &node{step: s}
	n.children = append(n.children, child)
	return child
}

// assignSlots gives slots to n and all nodes below it, and returns the next free one.
func (n *node) assignSlots(next int) int {
	n.slot = next
	next++
	for _, child := range n.children {
		next = child.assignSlots(next)
	}
	n.end = next
	return next
}
