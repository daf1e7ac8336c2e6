package awstest

import (
	"net/http"
	"strings"

	"github.com/tyg-dev/tyg/internal/awstest/internal/models"
)

// A service is one of AWS's: what its model says, and what this package does.
type service struct {
	name       string
	wire       protocol
	invalid    string // code of the error for what the model forbids
	operations map[string]operation
	model      *models.Service
}

// A protocol is the form in which services take requests and answer them.
type protocol interface {
	// operation returns the name of the operation that r is for, or "".
	operation(s *service, r *http.Request, body []byte) string
	// decode returns the input, and what of the request has no place in it.
	decode(s *service, op *models.Operation, r *http.Request, body []byte) (params, []string)
	// encode writes an output that was normalised; name is that of the operation.
	encode(s *service, name string, out map[string]any) *answer
	// fail writes an error.
	fail(s *service, e *apiError) *answer
	// throttled and denied are the errors for too many calls and for those that are not allowed.
	throttled() apiError
	denied() apiError
}

// newServices returns all services, by the name in the scope of a signature.
func newServices() map[string]*service {
	bySigning := make(map[string]*service)
	for _, s := range []*service{
		{"iam", query{}, "ValidationError", iamOperations(), nil},
		{"sts", query{}, "ValidationError", stsOperations(), nil},
		{"lambda", rest{}, "ValidationException", lambdaOperations(), nil},
		{"apigatewayv2", rest{}, "BadRequestException", apigatewayOperations(), nil},
		{"logs", rpc{}, "InvalidParameterException", logsOperations(), nil},
		{"dynamodb", rpc{}, "ValidationException", dynamoOperations(), nil},
	} {
		s.model = models.Load().Services[s.name]
		bySigning[s.model.Signing] = s
	}
	return bySigning
}

// shape returns a shape, or nil for no name: an operation may lack input or output.
func (s *service) shape(name string) *models.Shape { return s.model.Shapes[name] }

// scopeOf returns the service in the credential scope of a request, "" if it is not signed.
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html)
func scopeOf(r *http.Request) (region, service string) {
	_, rest, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	credential, _, _ := strings.Cut(rest, ",")
	parts := strings.Split(credential, "/")
	if len(parts) != 5 {
		return "", ""
	}
	return parts[2], parts[3]
}
