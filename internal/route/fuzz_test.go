package route_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/internal/route"
)

// An oracle evaluates an expression's paths with encoding/json.
type oracle struct {
	expr  string
	paths [][]any  // the steps of each variable
	text  []string // the literals before, between and after the variables
}

var oracles = []oracle{
	{action, [][]any{{"action"}}, []string{"", ""}},
	{"$request.body.a.b", [][]any{{"a", "b"}}, []string{"", ""}},
	{"${request.body.a}/${request.body.a.b}", [][]any{{"a"}, {"a", "b"}}, []string{"", "/", ""}},
	{"x$request.body.a[1]", [][]any{{"a", 1}}, []string{"x", ""}},
	{"${request.body['a'][0].b}!", [][]any{{"a", 0, "b"}}, []string{"", "!"}},
}

// eval returns the text of the expression, or false if the message is not a JSON object.
func (o oracle) eval(body []byte) (string, bool) {
	var object map[string]json.RawMessage
	if json.Unmarshal(body, &object) != nil || object == nil {
		return "", false
	}
	var b strings.Builder
	for i, path := range o.paths {
		b.WriteString(o.text[i])
		b.WriteString(text(walk(body, path)))
	}
	b.WriteString(o.text[len(o.paths)])
	return b.String(), true
}

func walk(raw json.RawMessage, path []any) json.RawMessage {
	if len(path) == 0 || len(raw) == 0 {
		return raw
	}
	switch step := path[0].(type) {
	case string:
		var object map[string]json.RawMessage
		if json.Unmarshal(raw, &object) != nil {
			return nil
		}
		return walk(object[step], path[1:])
	case int:
		var array []json.RawMessage
		if json.Unmarshal(raw, &array) != nil || step >= len(array) {
			return nil
		}
		return walk(array[step], path[1:])
	}
	panic("a step is a string or an int")
}

func text(raw json.RawMessage) string {
	var s string
	var array []json.RawMessage
	switch {
	case len(raw) == 0 || string(raw) == "null":
		return ""
	case json.Unmarshal(raw, &s) == nil:
		return s
	case json.Unmarshal(raw, &array) == nil:
		var items []string
		for _, item := range array {
			if item[0] == '[' {
				items = append(items, string(item))
				continue
			}
			items = append(items, text(item))
		}
		return "[" + strings.Join(items, ", ") + "]"
	}
	return string(raw)
}

func FuzzSelect(f *testing.F) {
	f.Add([]byte(`{"action":"join"}`))
	f.Add([]byte(`{"action":"join"}}`))
	f.Add([]byte(`{"a":{"b":"\ud83c\udf75"},"a":[1,{"b":[null,"x"]}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, o := range oracles {
			want, ok := o.eval(body)
			if !ok || want == "" || strings.HasPrefix(want, "$") {
				want = "$default"
			}
			keys := []string{"$default", "join"}
			if !slices.Contains(keys, want) {
				keys = append(keys, want)
			}
			table := table(t, o.expr, keys...)
			if got, _ := table.Select(body); got != want {
				t.Errorf("%s of %q selects %q, want %q", o.expr, body, got, want)
			}
			if got, _ := table.SelectSlow(body); got != want {
				t.Errorf("%s of %q slowly selects %q, want %q", o.expr, body, got, want)
			}
		}
	})
}

// FuzzSelectSlow is as FuzzSelect, ten times as fast.
func FuzzSelectSlow(f *testing.F) {
	f.Add([]byte(`{"a":[0,"b"]}`), "b", byte(1))
	var exprs []string
	for _, o := range oracles {
		exprs = append(exprs, o.expr)
	}
	f.Fuzz(func(t *testing.T, body []byte, key string, expr byte) {
		table, err := route.New(exprs[int(expr)%len(exprs)], []string{key})
		if err != nil {
			return
		}
		got, ok := table.Select(body)
		want, wantOK := table.SelectSlow(body)
		if got != want || ok != wantOK {
			t.Errorf("%q selects %q, %t, slowly %q, %t", body, got, ok, want, wantOK)
		}
	})
}

func FuzzNew(f *testing.F) {
	f.Add(`${request.body['x'][0].y}-\$$request.body.z`, "x")
	f.Fuzz(func(t *testing.T, expr, key string) {
		table, err := route.New(expr, []string{key, "$default"})
		if err != nil {
			if strings.TrimSpace(err.Error()) == "" {
				t.Error("error without words")
			}
			return
		}
		for _, body := range []string{`{}`, `{"x":[{"y":1}],"z":"q"}`, `[]`, ``} {
			got, ok := table.Select([]byte(body))
			if !ok || got != key && got != "$default" {
				t.Errorf("%q of %s selects %q, %t", expr, body, got, ok)
			}
		}
	})
}
