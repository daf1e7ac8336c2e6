package wire

import (
	"net/http"
	"reflect"
	"strings"

	"github.com/tyg-dev/tyg/internal/awstest/internal/models"
)

// A Request is one attempt of one call.
type Request struct {
	*Service
	Operation string // "CreateRole"
	Input     Params
	Body      []byte
	Raw       *http.Request

	op *models.Operation
}

// A Response is an answer before it is sent.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// Read finds the operation that r calls and decodes its input. problems says what of the request
// the model forbids. It returns a nil Request, and the name that was asked for, if the model has
// no such operation.
func (s *Service) Read(
	r *http.Request, body []byte,
) (req *Request, name string, problems []string) {
	name = s.operation(s, r, body)
	op := s.model.Operations[name]
	if op == nil {
		return nil, name, nil
	}
	input, problems := s.decode(s, op, r, body)
	problems = append(problems, s.check(op.Input, input)...)
	return &Request{
		Service: s, Operation: name, Input: input, Body: body, Raw: r, op: op,
	}, name, problems
}

// Call returns the request that calls an operation with an input in any form that [Request.Output]
// allows, without HTTP. problems says what of it the model forbids. It returns nil if the model has
// no such operation.
func (s *Service) Call(operation string, in map[string]any) (req *Request, problems []string) {
	op := s.model.Operations[operation]
	if op == nil {
		return nil, nil
	}
	input, _ := normalise(reflect.ValueOf(in)).(map[string]any)
	req = &Request{Service: s, Operation: operation, Input: input, op: op}
	return req, s.check(op.Input, input)
}

// Encode returns the response with what [Request.Output] returned.
func (r *Request) Encode(normal map[string]any) *Response {
	return r.encode(r.Service, r.Operation, normal)
}

// CredentialScope returns the region and the service in the credential scope of a request, "" and
// "" if it is not signed.
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html)
func CredentialScope(r *http.Request) (region, service string) {
	_, rest, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	credential, _, _ := strings.Cut(rest, ",")
	parts := strings.Split(credential, "/")
	if len(parts) != 5 {
		return "", ""
	}
	return parts[2], parts[3]
}
