package wire

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/tyg-dev/tyg/internal/awstest/internal/models"
)

// query is AWS's oldest protocol: a form in, XML out.
// (https://smithy.io/2.0/aws/protocols/aws-query-protocol.html)
type query struct{}

func (query) throttled() Error { return Error{"Throttling", 400, "Rate exceeded"} }

func (query) denied() Error { return Error{"AccessDenied", 403, ""} }

func (query) operation(_ *Service, _ *http.Request, body []byte) string {
	form, _ := url.ParseQuery(string(body))
	return form.Get("Action")
}

func (query) decode(
	s *Service, op *models.Operation, r *http.Request, body []byte,
) (Params, []string) {
	d := &jsonReader{Service: s}
	const want = "application/x-www-form-urlencoded"
	got, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	if r.Method != http.MethodPost || r.URL.Path != "/" || got != want {
		d.bad("", "%s %s with %q where POST / with %s is expected", r.Method, r.URL, got, want)
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		d.bad("", "body is not a form: %v", err)
	}
	if v := form.Get("Version"); v != s.model.Version {
		d.bad("Version", "%q, want %q", v, s.model.Version)
	}
	form.Del("Action")
	form.Del("Version")
	if op.Input == "" {
		return Params{}, d.problems
	}
	in, _ := d.node("", op.Input, parseForm(form)).(map[string]any)
	return in, d.problems
}

// A node is a member of a form: a scalar, or the members of a structure or list.
type node struct {
	text     string
	children map[string]*node
}

// parseForm makes a tree of keys such as "Tags.member.1.Key".
func parseForm(form url.Values) *node {
	root := &node{}
	for key, values := range form {
		n := root
		for part := range strings.SplitSeq(key, ".") {
			if n.children == nil {
				n.children = make(map[string]*node)
			}
			if n.children[part] == nil {
				n.children[part] = &node{}
			}
			n = n.children[part]
		}
		n.text = values[0]
	}
	return root
}

// node reads a value of the named shape.
func (d *jsonReader) node(path, shape string, n *node) any {
	s := d.shape(shape)
	switch s.Type {
	case "structure":
		return d.members(path, s, n)
	case "list":
		return d.elements(path, s, n)
	case "map":
		return d.entries(path, s, n)
	default:
		return d.text(path, shape, n.text)
	}
}

func (d *jsonReader) members(path string, s *models.Shape, n *node) map[string]any {
	out := make(map[string]any)
	for _, wire := range slices.Sorted(maps.Keys(n.children)) {
		name, m := member(s, "", wire)
		if m == nil {
			d.bad(join(path, wire), "unknown member")
			continue
		}
		out[name] = d.node(join(path, name), m.Shape, n.children[wire])
	}
	return out
}

// elements reads "List.member.1", "List.member.2" and so on; "List=" is an empty list.
func (d *jsonReader) elements(path string, s *models.Shape, n *node) []any {
	wire := s.Member.Wire("member")
	list := n.children[wire]
	if list == nil {
		if len(n.children) > 0 {
			d.bad(path, "a list without %q", wire)
		}
		return []any{}
	}
	out := make([]any, 0, len(list.children))
	for i := range len(list.children) {
		index := strconv.Itoa(i + 1)
		element := list.children[index]
		if element == nil {
			d.bad(path, "a list without element %s", index)
			continue
		}
		out = append(out, d.node(fmt.Sprintf("%s.%s", path, index), s.Member.Shape, element))
	}
	return out
}

// entries reads "Map.entry.1.key", "Map.entry.1.value" and so on; "Map=" is an empty map.
func (d *jsonReader) entries(path string, s *models.Shape, n *node) map[string]any {
	out := make(map[string]any)
	list := n.children["entry"]
	if list == nil {
		if len(n.children) > 0 {
			d.bad(path, "a map without entries")
		}
		return out
	}
	for i := range len(list.children) {
		e := list.children[strconv.Itoa(i+1)]
		if e == nil || e.children[s.Key.Wire("key")] == nil || e.children[s.Value.Wire("value")] == nil {
			d.bad(path, "a map without the key or the value of entry %d", i+1)
			continue
		}
		key := e.children[s.Key.Wire("key")].text
		out[key] = d.node(join(path, key), s.Value.Shape, e.children[s.Value.Wire("value")])
	}
	return out
}
