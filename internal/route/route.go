// Package route selects the route of a message by API Gateway's route selection expression.
package route

import (
	"fmt"
	"slices"
	"strings"
)

// The keys that API Gateway reserves. Only the first can be the route of a message.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-routes.html)
const (
	keyDefault    = "$default"
	keyConnect    = "$connect"
	keyDisconnect = "$disconnect"
)

// A Table holds the routes of an API and the expression that selects among them. It is immutable
// and may be used from many goroutines.
type Table struct {
	keys       []string          // all of them, sorted
	messages   map[string]string // the application's own keys; key and value are the same
	hasDefault bool

	parts []part // the expression
	paths *node  // the tree of the values that the expression reads; nil if it reads none
	slots int    // the number of nodes in paths

	member string // the name, if the whole expression is $request.body.name; else empty
}

// New returns the table of an API with these route keys. The expression is one of API Gateway's,
// such as $request.body.action; errors give the position in it, in bytes from 1. Keys that begin
// with "$" must be API Gateway's own.
func New(expr string, keys []string) (*Table, error) {
	parts, err := parse(expr)
	if err != nil {
		return nil, fmt.Errorf("parse route selection expression %q: %w", expr, err)
	}
	t := &Table{parts: parts, messages: make(map[string]string, len(keys))}
	for _, key := range keys {
		if err := t.add(key); err != nil {
			return nil, err
		}
	}
	slices.Sort(t.keys)
	t.buildTree()
	return t, nil
}

// Select returns the key of the route that a message takes, or false if no route takes it: none
// matches and there is no $default. The caller then answers Forbidden. Messages that are not JSON
// objects take $default. No message takes $connect or $disconnect.
func (t *Table) Select(body []byte) (key string, ok bool) {
	if len(t.messages) > 0 {
		if key, ok := t.match(body); ok {
			return key, true
		}
	}
	if t.hasDefault {
		return keyDefault, true
	}
	return "", false
}

// Has reports whether the table has a route with this key, API Gateway's own keys included.
func (t *Table) Has(key string) bool {
	_, ok := slices.BinarySearch(t.keys, key)
	return ok
}

func (t *Table) add(key string) error {
	if key == "" {
		return fmt.Errorf("route key is empty")
	}
	if slices.Contains(t.keys, key) {
		return fmt.Errorf("route key %q is given twice", key)
	}
	t.keys = append(t.keys, key)
	switch {
	case key == keyDefault:
		t.hasDefault = true
	case key == keyConnect || key == keyDisconnect:
	case strings.HasPrefix(key, "$"):
		return fmt.Errorf("route key %q begins with $, which API Gateway reserves", key)
	default:
		t.messages[key] = key
	}
	return nil
}

// match evaluates the expression and looks the result up.
func (t *Table) match(body []byte) (string, bool) {
	if t.member == "" {
		return t.matchText(body)
	}
	switch v := findMember(body, t.member); v.kind {
	case missing:
		return "", false
	case plain:
		key, ok := t.messages[string(body[v.start:v.end])]
		return key, ok
	default:
		return t.matchItem(body, v)
	}
}

// matchItem looks up a value that has to be converted to text first.
func (t *Table) matchItem(body []byte, v span) (string, bool) {
	var buf [64]byte
	key, ok := t.messages[string(appendText(buf[:0], body, v))]
	return key, ok
}

// matchText evaluates any expression and looks up the resulting text.
func (t *Table) matchText(body []byte) (string, bool) {
	var spanBuf [8]span
	spans := spanBuf[:]
	if t.slots > len(spans) {
		spans = make([]span, t.slots)
	}
	if t.paths != nil && !find(body, t.paths, spans) {
		return "", false
	}
	var textBuf [64]byte
	text := textBuf[:0]
	for _, p := range t.parts {
		text = append(text, p.literal...)
		if p.target != nil {
			text = appendText(text, body, spans[p.target.slot])
		}
	}
	key, ok := t.messages[string(text)]
	return key, ok
}
