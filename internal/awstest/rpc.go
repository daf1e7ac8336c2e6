package awstest

import (
	"net/http"
	"strings"

	"github.com/tyg-dev/tyg/internal/awstest/internal/models"
)

// rpc is AWS's JSON protocol: everything is in the body, and a header names the operation.
// (https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html)
type rpc struct{}

func (rpc) throttled() apiError { return apiError{"ThrottlingException", 400, "Rate exceeded"} }

func (rpc) denied() apiError { return apiError{"AccessDeniedException", 400, ""} }

func (rpc) operation(s *service, r *http.Request, _ []byte) string {
	name, _ := strings.CutPrefix(r.Header.Get("X-Amz-Target"), s.model.TargetPrefix+".")
	return name
}

func (p rpc) decode(
	s *service, op *models.Operation, r *http.Request, body []byte,
) (params, []string) {
	d := &jsonReader{service: s}
	if r.Method != http.MethodPost || r.URL.Path != "/" || r.URL.RawQuery != "" {
		d.bad("", "%s %s where POST / is expected", r.Method, r.URL)
	}
	if got := r.Header.Get("Content-Type"); got != p.contentType(s) {
		d.bad("", "Content-Type is %q, want %q", got, p.contentType(s))
	}
	if op.Input == "" {
		return params{}, d.problems
	}
	return d.body(op.Input, body), d.problems
}

func (rpc) contentType(s *service) string { return "application/x-amz-json-" + s.model.JSONVersion }

func (p rpc) encode(s *service, name string, out map[string]any) *answer {
	op := s.model.Operations[name]
	if op.Output == "" {
		return p.answer(s, http.StatusOK, nil)
	}
	return p.answer(s, http.StatusOK, marshal(toJSON(s, op.Output, out)))
}

func (p rpc) fail(s *service, e *apiError) *answer {
	kind := e.Code
	if s.name == "dynamodb" {
		kind = "com.amazonaws.dynamodb.v20120810#" + kind
	}
	return p.answer(s, e.Status, marshal(map[string]string{
		"__type": kind, "message": e.Message,
	}))
}

func (p rpc) answer(s *service, status int, body []byte) *answer {
	return &answer{
		status: status, header: http.Header{"Content-Type": {p.contentType(s)}}, body: body,
	}
}
