package functions

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/apigw"
)

// A LambdaAuthorizer is a Lambda authorizer of type REQUEST: an integration that is asked about each handshake
// and answers with a policy.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html)
//
// A policy that does not allow to connect is 403, an authorizer that fails with the message
// "Unauthorized" 401, any other failure and a malformed answer 500.
type LambdaAuthorizer struct {
	Integration Integration

	// IdentitySources are the parts of a handshake without which nobody is asked, as in
	// tyg.Authorizer.
	IdentitySources []string

	// Region, AccountID, APIID and Stage are what the policy's ARNs are compared with:
	// arn:aws:execute-api:{Region}:{AccountID}:{APIID}/{Stage}/$connect. By default they are
	// "us-east-1", twelve zeros, "local" and "api".
	Region, AccountID, APIID, Stage string

	// StageVariables are what the authorizer finds under that name.
	StageVariables map[string]string
}

// authorize is a tyg.AuthorizeFunc. It does not know the connection, which has no id yet where it
// is asked, so the request context of the event has none either.
func (a *LambdaAuthorizer) authorize(ctx context.Context, r *tyg.Request) (tyg.Identity, error) {
	arn := a.arn()
	payload, err := apigw.MarshalAuthorizerRequest(a.event(r), arn)
	if err != nil {
		return tyg.Identity{}, err
	}
	out, err := a.Integration.Invoke(ctx, payload)
	if e, ok := errors.AsType[*FunctionError](err); ok && e.Message == "Unauthorized" {
		return tyg.Identity{}, fmt.Errorf("%w by the function %q", tyg.ErrUnauthorized, e.Function)
	}
	if err != nil {
		return tyg.Identity{}, err
	}
	id, allowed, err := apigw.ParseAuthorizerResult(out, arn)
	if err != nil {
		return tyg.Identity{}, err
	}
	if !allowed {
		return tyg.Identity{}, tyg.ErrForbidden
	}
	return id, nil
}

func (a *LambdaAuthorizer) event(r *tyg.Request) tyg.Event {
	now := time.Now()
	return tyg.Event{
		Type: tyg.EventConnect, Route: tyg.RouteConnect, RequestID: NewRequestID(), Time: now, Request: r,
		Conn: &tyg.Conn{
			ConnectedAt: now, SourceIP: r.SourceIP, UserAgent: r.UserAgent(), Domain: r.Host,
			Stage: a.stage(), APIID: a.apiID(), StageVariables: a.StageVariables,
		},
	}
}

func (a *LambdaAuthorizer) arn() string {
	return "arn:aws:execute-api:" + cmp.Or(a.Region, defaultRegion) + ":" +
		cmp.Or(a.AccountID, defaultAccount) + ":" + a.apiID() + "/" + a.stage() + "/" + tyg.RouteConnect
}

func (a *LambdaAuthorizer) apiID() string { return cmp.Or(a.APIID, "local") }

func (a *LambdaAuthorizer) stage() string { return cmp.Or(a.Stage, "api") }
