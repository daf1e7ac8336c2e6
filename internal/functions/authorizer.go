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

// A LambdaAuthorizer is a Lambda authorizer of type REQUEST: an integration that gets each
// handshake and replies with a policy.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html)
//
// The client gets 403 if the policy does not allow it to connect, 401 if the authorizer fails with
// the message "Unauthorized", and 500 if it fails otherwise or its reply is malformed.
type LambdaAuthorizer struct {
	Integration Integration

	// IdentitySources are the parts that a handshake must have, as in tyg.Authorizer. Without them the
	// integration is not called.
	IdentitySources []string

	// Region, AccountID, APIID and Stage make the ARN that the policy must allow:
	// arn:aws:execute-api:{Region}:{AccountID}:{APIID}/{Stage}/$connect. By default they are
	// "us-east-1", twelve zeros, "local" and "api".
	Region, AccountID, APIID, Stage string

	// Domain is what the event has in place of the client's Host, see [Router.Domain].
	Domain string

	// StageVariables are the stage variables in the event.
	StageVariables map[string]string
}

// describe returns a as a tyg.Authorizer.
func (a *LambdaAuthorizer) describe() *tyg.Authorizer {
	return &tyg.Authorizer{Func: a.authorize, IdentitySources: a.IdentitySources}
}

// authorize is a tyg.AuthorizeFunc. The request context of its event has no connection id, because
// the connection has none yet.
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
	if a.Domain != "" {
		r = asSecure(r)
	}
	return tyg.Event{
		Type: tyg.EventConnect, Route: tyg.RouteConnect, RequestID: NewRequestID(), Time: now, Request: r,
		Conn: &tyg.Conn{
			ConnectedAt: now, SourceIP: r.SourceIP, UserAgent: r.UserAgent(),
			Domain: cmp.Or(a.Domain, r.Host), Stage: a.stage(), APIID: a.apiID(),
			StageVariables: a.StageVariables,
		},
	}
}

func (a *LambdaAuthorizer) arn() string {
	return "arn:aws:execute-api:" + cmp.Or(a.Region, defaultRegion) + ":" +
		cmp.Or(a.AccountID, defaultAccount) + ":" + a.apiID() + "/" + a.stage() + "/" + tyg.RouteConnect
}

func (a *LambdaAuthorizer) apiID() string { return cmp.Or(a.APIID, "local") }

func (a *LambdaAuthorizer) stage() string { return cmp.Or(a.Stage, "api") }
