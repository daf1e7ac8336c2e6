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
	in, _ := d.node("", op.Input, grow(form)).(map[string]any)
	return in, d.problems
}

// A node is what a form says about a member: a scalar, or what is under it.
type node struct {
	text  string
	under map[string]*node
}

// grow makes "Tags.member.1.Key=a" a tree.
func grow(form url.Values) *node {
	root := &node{}
	for key, values := range form {
		n := root
		for part := range strings.SplitSeq(key, ".") {
			if n.under == nil {
				n.under = make(map[string]*node)
			}
			if n.under[part] == nil {
				n.under[part] = &node{}
			}
			n = n.under[part]
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
	default:
		return d.text(path, shape, n.text)
	}
}

func (d *jsonReader) members(path string, s *models.Shape, n *node) map[string]any {
	out := make(map[string]any)
	for _, wire := range slices.Sorted(maps.Keys(n.under)) {
		name, m := member(s, "", wire)
		if m == nil {
			d.bad(join(path, wire), "unknown member")
			continue
		}
		out[name] = d.node(join(path, name), m.Shape, n.under[wire])
	}
	return out
}

// elements reads "List.member.1", "List.member.2" and so on; "List=" is an empty list.
func (d *jsonReader) elements(path string, s *models.Shape, n *node) []any {
	wire := s.Member.Wire("member")
	list := n.under[wire]
	if list == nil {
		if len(n.under) > 0 {
			d.bad(path, "a list without %q", wire)
		}
		return []any{}
	}
	out := make([]any, 0, len(list.under))
	for i := range len(list.under) {
		index := strconv.Itoa(i + 1)
		element := list.under[index]
		if element == nil {
			d.bad(path, "a list without element %s", index)
			continue
		}
		out = append(out, d.node(fmt.Sprintf("%s.%s", path, index), s.Member.Shape, element))
	}
	return out
}
