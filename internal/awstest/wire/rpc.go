package wire

import (
	"net/http"
	"strings"

	"github.com/tyg-dev/tyg/internal/awstest/internal/models"
)

// rpc is AWS's JSON protocol: all members are in the body, and a header names the operation.
// (https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html)
type rpc struct{}

func (rpc) throttled() Error { return Error{"ThrottlingException", 400, "Rate exceeded"} }

func (rpc) denied() Error { return Error{"AccessDeniedException", 400, ""} }

func (rpc) operation(s *Service, r *http.Request, _ []byte) string {
	name, _ := strings.CutPrefix(r.Header.Get("X-Amz-Target"), s.model.TargetPrefix+".")
	return name
}

func (p rpc) decode(
	s *Service, op *models.Operation, r *http.Request, body []byte,
) (Params, []string) {
	d := &jsonReader{Service: s}
	if r.Method != http.MethodPost || r.URL.Path != "/" || r.URL.RawQuery != "" {
		d.bad("", "%s %s where POST / is expected", r.Method, r.URL)
	}
	if got := r.Header.Get("Content-Type"); got != p.contentType(s) {
		d.bad("", "Content-Type is %q, want %q", got, p.contentType(s))
	}
	if op.Input == "" {
		return Params{}, d.problems
	}
	return d.body(op.Input, body), d.problems
}

func (rpc) contentType(s *Service) string { return "application/x-amz-json-" + s.model.JSONVersion }

func (p rpc) encode(s *Service, name string, out map[string]any) *Response {
	op := s.model.Operations[name]
	if op.Output == "" {
		return p.answer(s, http.StatusOK, nil)
	}
	return p.answer(s, http.StatusOK, marshal(toJSON(s, op.Output, out)))
}

func (p rpc) fail(s *Service, e *Error) *Response {
	kind := e.Code
	if s.Name == "dynamodb" {
		kind = "com.amazonaws.dynamodb.v20120810#" + kind
	}
	return p.answer(s, e.Status, marshal(map[string]string{
		"__type": kind, "message": e.Message,
	}))
}

func (p rpc) answer(s *Service, status int, body []byte) *Response {
	return &Response{
		Status: status, Header: http.Header{"Content-Type": {p.contentType(s)}}, Body: body,
	}
}
