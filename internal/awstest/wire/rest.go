package wire

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/tyg-dev/tyg/internal/awstest/internal/models"
)

// rest is AWS's REST protocol with JSON: members are in the path, the query, headers and the
// body, as the model says.
// (https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html)
type rest struct{}

func (rest) throttled() Error {
	return Error{"TooManyRequestsException", 429, "Rate exceeded"}
}

func (rest) denied() Error { return Error{"AccessDeniedException", 403, ""} }

func (rest) operation(s *Service, r *http.Request, _ []byte) string {
	for _, name := range slices.Sorted(maps.Keys(s.model.Operations)) {
		op := s.model.Operations[name]
		if _, ok := match(op.Path, r.URL.EscapedPath()); ok && op.Method == r.Method {
			return name
		}
	}
	return ""
}

// match returns the labels of a path, without escapes, if it fits the template of an operation.
func match(template, path string) (map[string]string, bool) {
	want := strings.Split(strings.Trim(template, "/"), "/")
	got := strings.Split(strings.Trim(path, "/"), "/")
	if len(want) != len(got) {
		return nil, false
	}
	labels := make(map[string]string)
	for i, segment := range want {
		text, err := url.PathUnescape(got[i])
		if err != nil || text == "" {
			return nil, false
		}
		if name, ok := strings.CutPrefix(segment, "{"); ok {
			labels[strings.TrimSuffix(name, "}")] = text
		} else if segment != text {
			return nil, false
		}
	}
	return labels, true
}

func (p rest) decode(
	s *Service, op *models.Operation, r *http.Request, body []byte,
) (Params, []string) {
	d := &jsonReader{Service: s}
	if op.Input == "" {
		return Params{}, nil
	}
	in := p.body(d, op, body)
	d.located(op, r, in)
	return in, d.problems
}

// located reads the members in the path, the query and the headers.
func (d *jsonReader) located(op *models.Operation, r *http.Request, in Params) {
	shape := d.shape(op.Input)
	labels, _ := match(op.Path, r.URL.EscapedPath())
	for label, text := range labels {
		if name, m := member(shape, "uri", label); m != nil {
			in[name] = d.text(label, m.Shape, text)
		}
	}
	for key, values := range r.URL.Query() {
		name, m := member(shape, "querystring", key)
		if m == nil {
			d.bad(key, "unknown member in the query")
			continue
		}
		in[name] = d.texts(key, m.Shape, values)
	}
	for name, m := range shape.Members {
		values := r.Header.Values(m.Wire(name))
		if m.Location == "header" && values != nil {
			in[name] = d.texts(m.Wire(name), m.Shape, values)
		}
	}
}

// body reads the members in the body: the payload, or all members that are nowhere else.
func (rest) body(d *jsonReader, op *models.Operation, body []byte) Params {
	name := d.shape(op.Input).Payload
	if name == "" {
		return d.body(op.Input, body)
	}
	m := d.shape(op.Input).Members[name]
	switch {
	case len(body) == 0:
		return Params{}
	case d.shape(m.Shape).Type == "blob":
		return Params{name: body}
	default:
		return Params{name: d.body(m.Shape, body)}
	}
}

// texts reads a member of the query or of a header, in which a list has a value for each entry.
func (d *jsonReader) texts(path, shape string, values []string) any {
	s := d.shape(shape)
	if s.Type != "list" {
		if len(values) > 1 {
			d.bad(path, "given %d times", len(values))
		}
		return d.text(path, shape, values[0])
	}
	list := make([]any, len(values))
	for i, v := range values {
		list[i] = d.text(path, s.Member.Shape, v)
	}
	return list
}

// text reads a scalar that is not in JSON.
func (d *jsonReader) text(path, shape, text string) any {
	switch d.shape(shape).Type {
	case "integer", "long", "float", "double":
		return json.Number(text)
	case "boolean":
		b, err := strconv.ParseBool(text)
		if err != nil {
			d.bad(path, "not a boolean: %q", text)
		}
		return b
	default:
		return text
	}
}

func (p rest) encode(s *Service, name string, out map[string]any) *Response {
	op := s.model.Operations[name]
	a := &Response{Status: op.Status, Header: make(http.Header)}
	if a.Status == 0 {
		a.Status = http.StatusOK
	}
	if op.Output == "" || a.Status == http.StatusNoContent {
		return a
	}
	shape := s.shape(op.Output)
	for name, value := range out {
		switch m := shape.Members[name]; m.Location {
		case "statusCode":
			a.Status, _ = strconv.Atoi(fmt.Sprint(value))
		case "header":
			a.Header.Set(m.Wire(name), fmt.Sprint(value))
		}
	}
	p.writeBody(s, a, op.Output, out)
	return a
}

func (rest) writeBody(s *Service, a *Response, shape string, out map[string]any) {
	payload := s.shape(shape).Payload
	if blob, ok := out[payload].([]byte); ok {
		a.Body = blob
		return
	}
	a.Header.Set("Content-Type", "application/json")
	if payload == "" {
		a.Body = marshal(toJSON(s, shape, out))
	} else if v, ok := out[payload]; ok {
		a.Body = marshal(toJSON(s, s.shape(shape).Members[payload].Shape, v))
	}
}

func (rest) fail(s *Service, e *Error) *Response {
	name := "message"
	if s != nil && s.shape(e.Code) != nil && s.shape(e.Code).Members["Message"] != nil {
		name = s.shape(e.Code).Members["Message"].Wire("Message")
	}
	return &Response{
		Status: e.Status,
		Header: http.Header{
			"Content-Type": {"application/json"}, "X-Amzn-Errortype": {e.Code},
		},
		Body: marshal(map[string]string{name: e.Message}),
	}
}
