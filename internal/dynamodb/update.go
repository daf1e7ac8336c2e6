package dynamodb

import (
	"slices"
	"strings"
)

// A change changes one attribute. Its value comes from the item as it was before all changes.
type change struct {
	path   path
	clause string  // SET, REMOVE, ADD or DELETE
	value  operand // nil for REMOVE
	absent error   // if value has none
}

// An update is what an expression changes.
type update []*change

// update parses an update expression.
func (s *scope) update(expression string) (update, error) {
	p, err := s.parser("UpdateExpression", expression)
	if err != nil {
		return nil, err
	}
	var all update
	seen := make(map[string]bool)
	for len(p.tokens) > 0 {
		clause := strings.ToUpper(p.peek())
		if !slices.Contains([]string{"SET", "REMOVE", "ADD", "DELETE"}, clause) {
			return nil, p.syntax()
		}
		if seen[clause] {
			return nil, p.errorf(`The "%s" section can only be used once in an update expression;`,
				clause)
		}
		seen[clause] = true
		p.next()
		for more := true; more; more = p.accept(",") {
			one, err := p.change(clause)
			if err != nil {
				return nil, err
			}
			all = append(all, one)
		}
	}
	return all, p.overlaps(all.paths())
}

func (u update) paths() []path {
	var all []path
	for _, c := range u {
		all = append(all, c.path)
	}
	return all
}

func (p *parser) change(clause string) (c *change, err error) {
	c = &change{clause: clause, absent: invalid("The provided expression refers to an attribute " +
		"that does not exist in the item")}
	if c.path, err = p.path(); err != nil || clause == "REMOVE" {
		return c, err
	}
	if clause != "SET" {
		v, err := p.value()
		c.value = func(item) (value, bool) { return v, true }
		if err == nil {
			err = p.checkAddend(clause, v)
		}
		return c, err
	}
	if err = p.expect("="); err != nil {
		return c, err
	}
	c.value, err = p.sum(c)
	return c, err
}

// checkAddend checks the type of what is added to an attribute or taken from it.
func (p *parser) checkAddend(clause string, v value) error {
	if elementKind[v.kind] != "" || clause == "ADD" && v.kind == "N" {
		return nil
	}
	return p.errorf("Incorrect operand type for operator or function; operator: %s, operand type: %s",
		clause, typeName[v.kind])
}

// typeName has the names of types in errors.
var typeName = map[string]string{
	"S": "STRING", "N": "NUMBER", "B": "BINARY", "BOOL": "BOOLEAN", "NULL": "NULL", "L": "LIST",
	"M": "MAP", "SS": "STRING_SET", "NS": "NUMBER_SET", "BS": "BINARY_SET",
}

// sum parses an operand, or the sum or difference of two.
func (p *parser) sum(c *change) (operand, error) {
	left, err := p.settable(c)
	if err != nil || p.peek() != "+" && p.peek() != "-" {
		return left, err
	}
	minus := p.next() == "-"
	right, err := p.settable(c)
	return func(i item) (value, bool) {
		a, ok := left(i)
		b, ok2 := right(i)
		if !ok || !ok2 {
			return value{}, false
		}
		return arithmetic(c, a, b, minus)
	}, err
}

func arithmetic(c *change, a, b value, minus bool) (value, bool) {
	if a.kind != "N" || b.kind != "N" {
		c.absent = invalid("An operand in the update expression has an incorrect data type")
		return value{}, false
	}
	x, _ := parseNumber(a.text) // both are canonical
	y, _ := parseNumber(b.text)
	sum, err := x.add(y, minus)
	if err != nil {
		c.absent = err
		return value{}, false
	}
	return value{kind: "N", text: sum.String()}, true
}

// settable parses what an attribute may be set to, without a sum.
func (p *parser) settable(c *change) (operand, error) {
	if p.accept("(") {
		inner, err := p.sum(c)
		if err != nil {
			return nil, err
		}
		return inner, p.expect(")")
	}
	if _, ok := p.call("if_not_exists"); ok {
		path, err := p.path()
		if err != nil {
			return nil, err
		}
		fallback, err := p.second(c)
		return func(i item) (value, bool) {
			if v, ok := path.get(i); ok {
				return v, true
			}
			return fallback(i)
		}, err
	}
	if _, ok := p.call("list_append"); ok {
		first, err := p.settable(c)
		if err != nil {
			return nil, err
		}
		second, err := p.second(c)
		return func(i item) (value, bool) { return appendLists(c, first, second, i) }, err
	}
	if p.peek() == "size" {
		return nil, p.errorf("The function is not allowed in an update expression; function: size")
	}
	return p.operand()
}

// second parses the second argument of a function, and its end.
func (p *parser) second(c *change) (operand, error) {
	if err := p.expect(","); err != nil {
		return nil, err
	}
	second, err := p.settable(c)
	if err != nil {
		return nil, err
	}
	return second, p.expect(")")
}

func appendLists(c *change, first, second operand, i item) (value, bool) {
	a, ok := first(i)
	b, ok2 := second(i)
	if !ok || !ok2 {
		return value{}, false
	}
	if a.kind != "L" || b.kind != "L" {
		c.absent = invalid("An operand in the update expression has an incorrect data type")
		return value{}, false
	}
	return value{kind: "L", list: slices.Concat(a.list, b.list)}, true
}

// apply returns what the update makes of an item, which it does not change.
func (u update) apply(old item) (item, error) {
	out := old.clone()
	if out == nil {
		out = make(item)
	}
	var removed update
	for _, c := range u {
		if c.clause == "REMOVE" {
			removed = append(removed, c)
			continue
		}
		v, ok := c.value(old)
		if !ok {
			return nil, c.absent
		}
		if err := c.put(out, v.clone()); err != nil {
			return nil, err
		}
	}
	// From the end of lists, so that the indexes of the others stay.
	slices.SortStableFunc(removed, func(a, b *change) int {
		return b.path[len(b.path)-1].index - a.path[len(a.path)-1].index
	})
	for _, c := range removed {
		if err := c.put(out, value{}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// put carries out a change of an item.
func (c *change) put(i item, v value) error {
	root := value{kind: "M", m: i}
	_, err := c.putInto(root, c.path, v)
	return err
}

// putInto returns the container with the change at the end of a path in it.
func (c *change) putInto(in value, at path, v value) (value, error) {
	wrong := invalid("The document path provided in the update expression is invalid for update")
	if (at[0].name == "") != (in.kind == "L") || in.kind != "L" && in.kind != "M" {
		return in, wrong
	}
	old, exists := at[0].get(in)
	if len(at) > 1 {
		if !exists {
			if c.clause == "REMOVE" && in.kind == "L" {
				return in, nil
			}
			return in, wrong
		}
		changed, err := c.putInto(old, at[1:], v)
		if err == nil {
			in = at[0].set(in, changed)
		}
		return in, err
	}
	next, keep, err := c.combine(old, exists, v)
	switch {
	case err != nil:
		return in, err
	case keep:
		return at[0].set(in, next), nil
	case exists && in.kind == "L":
		in.list = slices.Delete(in.list, at[0].index, at[0].index+1)
	case exists:
		delete(in.m, at[0].name)
	}
	return in, nil
}

// set puts a value into a container. An index behind the end of a list appends.
func (s step) set(in, v value) value {
	switch {
	case s.name != "":
		in.m[s.name] = v
	case s.index < len(in.list):
		in.list[s.index] = v
	default:
		in.list = append(in.list, v)
	}
	return in
}

// combine returns what an attribute becomes, and whether it stays.
func (c *change) combine(old value, exists bool, v value) (value, bool, error) {
	wrong := invalid("An operand in the update expression has an incorrect data type")
	switch c.clause {
	case "SET":
		return v, true, nil
	case "REMOVE":
		return old, false, nil
	}
	if !exists {
		return v, c.clause == "ADD", nil
	}
	if old.kind != v.kind {
		return old, true, wrong
	}
	if v.kind == "N" {
		x, _ := parseNumber(old.text) // both are canonical
		y, _ := parseNumber(v.text)
		sum, err := x.add(y, false)
		return value{kind: "N", text: sum.String()}, true, err
	}
	out := value{kind: old.kind}
	for _, e := range old.list {
		if c.clause == "ADD" || !slices.ContainsFunc(v.list, e.equal) {
			out.list = append(out.list, e)
		}
	}
	for _, e := range v.list {
		if c.clause == "ADD" && !slices.ContainsFunc(old.list, e.equal) {
			out.list = append(out.list, e)
		}
	}
	return out, len(out.list) > 0, nil
}
