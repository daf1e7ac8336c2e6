package awstest

import (
	"net/http"
	"strings"

	"github.com/tyg-dev/tyg/internal/awstest/iam"
	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

// A Fault is a failure of a call.
type Fault int

// The faults.
const (
	// None: the call is served.
	None Fault = iota
	// Refuse: every attempt is answered with status 500, and nothing is done.
	Refuse
	// Throttle: the first attempt is answered with the throttling error of its service, the
	// client's own further attempts are served.
	Throttle
	// Deny: every attempt is answered with AWS's "is not authorized to perform".
	Deny
	// Lose: the call takes effect, and its response is lost. Further attempts have no effect and
	// get no response.
	Lose
	// LoseOnce: the call takes effect and its response is lost. The next attempt is served as a new
	// call: what was created exists already.
	LoseOnce
)

// SetFault makes f choose the fault of each call; a nil f chooses none. n is the index of the call
// in [Cloud.Calls], the same for all attempts of one call. f is called while c is locked, so it
// must not use c.
func (c *Cloud) SetFault(f func(n int, service, operation string) Fault) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fault = f
}

// refusal returns the error with which the fault refuses an attempt, or nil.
func (r *request) refusal(f Fault, attempt int) *wire.Error {
	switch {
	case f == Refuse:
		return internalError()
	case f == Deny:
		return r.denial()
	case f == Throttle && attempt == 1:
		return r.Throttled()
	default:
		return nil
	}
}

// internalError is the error of a service that fails.
// (https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html)
func internalError() *wire.Error {
	return &wire.Error{
		Code: "InternalFailure", Status: http.StatusInternalServerError,
		Message: "The request processing has failed because of an unknown error, " +
			"exception or failure.",
	}
}

// denial is the error for a caller whose policies do not allow the call.
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html)
func (r *request) denial() *wire.Error {
	action := r.action()
	return r.Denied("User: " + caller + " is not authorized to perform: " + action +
		" on resource: " + r.resource() +
		" because no identity-based policy allows the " + action + " action")
}

// action returns the action in a policy that allows the call. Those of API Gateway are the
// methods of HTTP.
// (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagementv2.html)
func (r *request) action() string {
	switch r.Name {
	case "apigatewayv2":
		return "apigateway:" + r.Raw.Method
	case "lambda":
		if r.Operation == "Invoke" {
			return "lambda:InvokeFunction"
		}
	}
	return r.Name + ":" + r.Operation
}

// resource returns the ARN of the resource that the call names, "*" if it names none.
func (r *request) resource() string {
	in := r.Input
	switch {
	case r.Name == "apigatewayv2":
		return "arn:aws:apigateway:" + Region + "::" + strings.TrimPrefix(r.Raw.URL.Path, "/v2")
	case in.Has("RoleName"):
		return iam.RoleARN("/", in.Str("RoleName"))
	case in.Has("FunctionName"):
		return "arn:aws:lambda:" + Region + ":" + Account + ":function:" + in.Str("FunctionName")
	case in.Has("TableName"):
		return "arn:aws:dynamodb:" + Region + ":" + Account + ":table/" + in.Str("TableName")
	case in.Has("logGroupName"):
		return "arn:aws:logs:" + Region + ":" + Account + ":log-group:" +
			in.Str("logGroupName") + ":log-stream:"
	default:
		return "*"
	}
}
