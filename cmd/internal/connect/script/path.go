package script

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// A path leads to a value in a JSON document. Its elements are string (a key) and int (an index; a
// negative one counts from the end). The empty path is the document; nil is no path.
type path []any

// element is the next element of a path.
var element = regexp.MustCompile(
	`^(?:\.([A-Za-z0-9_-]+)|\[(-?[0-9]{1,9})\]|\[("(?:[^"\\]|\\.)*")\])`)

// parsePath reads a path such as $.users[0]["full name"] and returns the rest of the line.
func parsePath(line string) (path, string, error) {
	p, rest := path{}, line[1:]
	for {
		m := element.FindStringSubmatch(rest)
		switch {
		case m == nil && (rest == "" || strings.IndexAny(rest, " \t") == 0):
			return p, strings.TrimSpace(rest), nil
		case m == nil:
			return nil, "", fmt.Errorf("%s: a path is written as $.key[0][\"other key\"]", line)
		case m[1] != "":
			p = append(p, m[1])
		case m[2] != "":
			n, _ := strconv.Atoi(m[2]) // has at most nine digits
			p = append(p, n)
		default:
			var key string
			if err := json.Unmarshal([]byte(m[3]), &key); err != nil {
				return nil, "", fmt.Errorf("%s: the key %s is not a JSON string", line, m[3])
			}
			p = append(p, key)
		}
		rest = rest[len(m[0]):]
	}
}

// wholePath is parsePath for a line that has nothing else.
func wholePath(line string) (path, error) {
	p, rest, err := parsePath(line)
	if err == nil && rest != "" {
		err = fmt.Errorf("unexpected %q after the path", rest)
	}
	return p, err
}

// of returns the value at the path, and whether there is one.
func (p path) of(doc any) (any, bool) {
	for _, e := range p {
		switch e := e.(type) {
		case string:
			object, ok := doc.(map[string]any)
			if !ok {
				return nil, false
			}
			if doc, ok = object[e]; !ok {
				return nil, false
			}
		case int:
			list, ok := doc.([]any)
			if e < 0 {
				e += len(list)
			}
			if !ok || e < 0 || e >= len(list) {
				return nil, false
			}
			doc = list[e]
		}
	}
	return doc, true
}

// decode decodes JSON and keeps the spelling of numbers.
func decode(data string) (any, error) {
	dec := json.NewDecoder(strings.NewReader(data))
	dec.UseNumber()
	var doc any
	if err := dec.Decode(&doc); err != nil {
		return nil, err
	}
	if dec.More() {
		return nil, fmt.Errorf("there is more than one JSON value")
	}
	return doc, nil
}

// equal compares JSON values. Numbers are equal if their spelling is or if they are the same
// float64 and not so large that float64 would confuse them.
func equal(a, b any) bool {
	switch a := a.(type) {
	case json.Number:
		b, ok := b.(json.Number)
		return ok && (a == b || sameNumber(a, b))
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !equal(a[i], b[i]) {
				return false
			}
		}
		return true
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for key, value := range a {
			other, ok := b[key]
			if !ok || !equal(value, other) {
				return false
			}
		}
		return true
	}
	return a == b
}

func sameNumber(a, b json.Number) bool {
	const exact = 1 << 53 // up to here each whole number is a float64 of its own
	x, errX := a.Float64()
	y, errY := b.Float64()
	return errX == nil && errY == nil && x == y && -exact < x && x < exact
}
