package wire

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/tyg-dev/tyg/internal/awstest/internal/models"
)

// restXML is AWS's REST protocol with XML: as [rest], with a body in XML.
// (https://smithy.io/2.0/aws/protocols/aws-restxml-protocol.html)
type restXML struct{ rest }

func (restXML) throttled() Error { return Error{"Throttling", 400, "Rate exceeded"} }

func (restXML) denied() Error { return Error{"AccessDenied", 403, ""} }

func (restXML) decode(
	s *Service, op *models.Operation, r *http.Request, body []byte,
) (Params, []string) {
	d := &jsonReader{Service: s}
	if op.Input == "" {
		return Params{}, nil
	}
	in := Params{}
	if len(body) > 0 {
		root, err := parseXML(body)
		if err != nil {
			d.bad("", "body is not XML: %v", err)
			return in, d.problems
		}
		if root.name != op.Input {
			d.bad("", "the element is %s, want %s", root.name, op.Input)
		}
		in, _ = d.element("", op.Input, root).(map[string]any)
	}
	d.located(op, r, in)
	return in, d.problems
}

// An element is one of XML, with its text or with others in it.
type element struct {
	name, text string
	children   []*element
}

func parseXML(body []byte) (*element, error) {
	dec := xml.NewDecoder(bytes.NewReader(body))
	root := &element{}
	open := []*element{root}
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		top := open[len(open)-1]
		switch token := token.(type) {
		case xml.StartElement:
			e := &element{name: token.Name.Local}
			top.children = append(top.children, e)
			open = append(open, e)
		case xml.CharData:
			top.text += string(token)
		case xml.EndElement:
			open = open[:len(open)-1]
		}
	}
	if len(root.children) != 1 {
		return nil, fmt.Errorf("%d elements", len(root.children))
	}
	return root.children[0], nil
}

// element reads a value of the named shape.
func (d *jsonReader) element(path, shape string, e *element) any {
	s := d.shape(shape)
	switch s.Type {
	case "structure":
		out := make(map[string]any)
		for _, child := range e.children {
			name, m := member(s, "", child.name)
			if m == nil {
				d.bad(join(path, child.name), "unknown member")
				continue
			}
			out[name] = d.element(join(path, name), m.Shape, child)
		}
		return out
	case "list":
		out := []any{}
		for i, child := range e.children {
			at := fmt.Sprintf("%s.%d", path, i+1)
			if want := s.Member.Wire("member"); child.name != want {
				d.bad(at, "the element is %s, want %s", child.name, want)
			}
			out = append(out, d.element(at, s.Member.Shape, child))
		}
		return out
	}
	return d.text(path, shape, e.text)
}

func (p restXML) encode(s *Service, name string, out map[string]any) *Response {
	op := s.model.Operations[name]
	var b strings.Builder
	fmt.Fprintf(&b, "<%sResponse xmlns=%q>", name, s.model.Namespace)
	if op.Output != "" {
		members := s.shape(op.Output).Members
		for _, name := range slices.Sorted(maps.Keys(out)) {
			if m := members[name]; m != nil {
				writeXML(&b, s, m.Wire(name), m.Shape, out[name])
			}
		}
	}
	fmt.Fprintf(&b, "</%sResponse>\n", name)
	return query{}.answer(http.StatusOK, b.String())
}

func (restXML) fail(s *Service, e *Error) *Response { return query{}.fail(s, e) }
