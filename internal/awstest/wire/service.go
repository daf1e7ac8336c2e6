// Package wire reads requests and writes answers in the protocols of AWS's services, by AWS's own
// service models: JSON RPC, REST with JSON, and the query protocol with XML.
//
// A [Service] turns an HTTP request into a [Request], whose input has the names and the types of
// the model whatever the protocol. What the model forbids is listed in words; nothing is dropped
// silently. Outputs are held to the model as well.
package wire

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/tyg-dev/tyg/internal/awstest/internal/models"
)

// A Service reads and writes what one of AWS's services exchanges with its clients.
type Service struct {
	Name    string // botocore's: "iam", "apigatewayv2"
	invalid string // code of the error for an input that the model forbids
	model   *models.Service
	protocol
}

// A protocol is the form in which services take requests and answer them.
type protocol interface {
	// operation returns the name of the operation that r calls, or "".
	operation(s *Service, r *http.Request, body []byte) string
	// decode returns the input, and a message for each part of the request that is not in the model.
	decode(s *Service, op *models.Operation, r *http.Request, body []byte) (Params, []string)
	// encode writes a normalised output; name is that of the operation.
	encode(s *Service, name string, out map[string]any) *Response
	// fail writes an error.
	fail(s *Service, e *Error) *Response
	// throttled and denied are the errors for too many calls and for calls that are not allowed.
	throttled() Error
	denied() Error
}

// New returns the service with botocore's name. invalid is the code of its error for an input that
// its model forbids.
func New(name, invalid string) *Service {
	model := models.Load().Services[name]
	protocols := map[string]protocol{
		"query": query{}, "rest-json": rest{}, "rest-xml": restXML{}, "json": rpc{},
	}
	return &Service{
		Name: name, invalid: invalid, model: model, protocol: protocols[model.Protocol],
	}
}

// SigningName returns the service's name in the credential scope of a signature.
func (s *Service) SigningName() string { return s.model.Signing }

// Global tells whether the service also has an endpoint for the whole world, whose region is
// us-east-1: IAM, STS and Route 53 have.
// (https://docs.aws.amazon.com/general/latest/gr/iam-service.html,
// https://docs.aws.amazon.com/general/latest/gr/r53.html)
func (s *Service) Global() bool {
	return s.model.Protocol == "query" || s.model.Protocol == "rest-xml"
}

// Operations returns the names of the operations in the model.
func (s *Service) Operations() []string {
	var names []string
	for name := range s.model.Operations {
		names = append(names, name)
	}
	return names
}

// Fail returns the response for an error.
func (s *Service) Fail(e *Error) *Response { return s.fail(s, e) }

// FailUnknown returns the response for an error of a request that no service takes.
func FailUnknown(e *Error) *Response { return rest{}.fail(nil, e) }

// Throttled returns the service's error for too many calls.
func (s *Service) Throttled() *Error {
	e := s.throttled()
	return &e
}

// Denied returns the service's error for a caller whose policies do not allow the call.
func (s *Service) Denied(message string) *Error {
	e := s.denied()
	e.Message = message
	return &e
}

// Malformed returns the service's error for an input that the model forbids.
func (s *Service) Malformed(problems []string) *Error {
	noun := "errors"
	if len(problems) == 1 {
		noun = "error"
	}
	return &Error{
		Code: s.invalid, Status: http.StatusBadRequest,
		Message: fmt.Sprintf("%d validation %s detected: %s",
			len(problems), noun, strings.Join(problems, "; ")),
	}
}

// Declares tells whether the service has such an error. The operation need not declare it: the
// models do not list all. A ValidationException is common to all services.
// (https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html)
func (s *Service) Declares(e *Error) bool {
	for name, shape := range s.model.Shapes {
		if name == e.Code && shape.Code == "" || shape.Code == e.Code {
			return shape.Status == 0 || shape.Status == e.Status
		}
	}
	return e.Code == "ValidationException" && e.Status == http.StatusBadRequest
}

// shape returns a shape, or nil for no name: an operation may lack input or output.
func (s *Service) shape(name string) *models.Shape { return s.model.Shapes[name] }
