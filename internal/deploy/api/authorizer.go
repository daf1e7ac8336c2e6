package api

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// A foundAuthorizer is an authorizer of the API.
type foundAuthorizer struct {
	id, name string
	uri      string
	function string   // its logical name; empty if it is not of this application
	kind     string   // REQUEST, the only one of WebSocket APIs
	sources  []string // sorted
	role     string   // the ARN of the role that API Gateway assumes, or none
}

func (c client) findAuthorizers(
	ctx context.Context, app spec.Application, apiID string,
) ([]foundAuthorizer, error) {
	items, err := pages(func(token *string) ([]types.Authorizer, *string, error) {
		out, err := c.GetAuthorizers(ctx,
			&apigatewayv2.GetAuthorizersInput{ApiId: &apiID, NextToken: token})
		if err != nil {
			return nil, nil, err
		}
		return out.Items, out.NextToken, nil
	})
	var list []foundAuthorizer
	for _, a := range items {
		uri := aws.ToString(a.AuthorizerUri)
		list = append(list, foundAuthorizer{
			id: aws.ToString(a.AuthorizerId), name: aws.ToString(a.Name),
			uri: uri, function: invokedFunction(app, uri),
			kind:    string(a.AuthorizerType),
			sources: slices.Sorted(slices.Values(a.IdentitySource)),
			role:    aws.ToString(a.AuthorizerCredentialsArn),
		})
	}
	return list, err
}

// ourAuthorizer returns the authorizer that tyg has created, or nil.
func (a *foundAPI) ourAuthorizer() *foundAuthorizer {
	for i := range a.authorizers {
		if strings.HasSuffix(a.authorizers[i].name, spec.AuthorizerSuffix) {
			return &a.authorizers[i]
		}
	}
	return nil
}

// authorizerID returns the id of our authorizer. It is empty if there is none.
func (a *foundAPI) authorizerID() string {
	if ours := a.ourAuthorizer(); ours != nil {
		return ours.id
	}
	return ""
}

// authorizerFor returns the authorizer that the application declares, or nil.
func authorizerFor(app spec.Application, account spec.Account) *foundAuthorizer {
	want := app.API.Authorizer
	if want == nil {
		return nil
	}
	return &foundAuthorizer{
		name:    app.Prefix() + spec.AuthorizerSuffix,
		uri:     account.InvocationURI(want.FunctionARN(app, account)),
		role:    want.RoleARN,
		kind:    string(types.AuthorizerTypeRequest),
		sources: slices.Sorted(slices.Values(want.IdentitySources)),
	}
}

// authorizer plans the authorizer. An existing one is changed in place.
func (p *planner) authorizer() {
	want := authorizerFor(p.App, p.Account)
	if want == nil {
		return
	}
	in := p.found.inAPI()
	have := in.ourAuthorizer()
	if have == nil || have.uri != want.uri {
		p.explainForeign()
	}
	if have == nil {
		p.Add(plan.Step{
			Action: plan.Create, Type: plan.TypeAuthorizer, Name: want.name, Line: p.apiLine(),
			Do: func(ctx context.Context, r *plan.Run, _ *plan.Resource) error {
				return p.client.run(r).createAuthorizer(ctx, want)
			},
		})
		return
	}
	var diff plan.Changes
	diff.Compare("name", have.name, want.name)
	diff.Compare("uri", have.uri, want.uri)
	diff.Compare("type", have.kind, want.kind)
	diff.Compare("role", have.role, want.role)
	diff.Compare("identity sources",
		strings.Join(have.sources, ", "), strings.Join(want.sources, ", "))
	p.Update(plan.TypeAuthorizer, want.name, p.apiLine(), diff, plan.Resource{},
		func(ctx context.Context, r *plan.Run, _ *plan.Resource) error {
			return p.client.run(r).updateAuthorizer(ctx, *have, want)
		})
}

// explainForeign says what the owner of a function outside of the application has to do before API
// Gateway can ask it.
func (p *planner) explainForeign() {
	a := p.App.API.Authorizer
	if a.ARN == "" || a.RoleARN != "" {
		return
	}
	id := p.found.inAPI().id
	if id == "" {
		id = "API_ID"
	}
	p.Warn("the authorizer %s is not of this application: clients get status 500 until its "+
		"owner runs aws lambda add-permission --function-name %s --statement-id %s "+
		"--action lambda:InvokeFunction --principal apigateway.amazonaws.com --source-arn %s",
		a.ARN, a.ARN, p.App.APIName(), p.Account.ARN("execute-api", id+"/authorizers/*"))
}

func (r run) createAuthorizer(ctx context.Context, want *foundAuthorizer) error {
	id, err := r.createOnce(ctx, func() (string, error) {
		out, err := r.CreateAuthorizer(ctx, &apigatewayv2.CreateAuthorizerInput{
			ApiId: &r.IDs.API, Name: &want.name, AuthorizerUri: &want.uri,
			AuthorizerType: types.AuthorizerType(want.kind), IdentitySource: sources(want),
			AuthorizerCredentialsArn: stringOrNil(want.role),
		}, throttledOnly)
		if err != nil {
			return "", err
		}
		return aws.ToString(out.AuthorizerId), nil
	}, func() (string, error) {
		list, err := r.findAuthorizers(ctx, r.App, r.IDs.API)
		return (&foundAPI{authorizers: list}).authorizerID(), err
	})
	r.IDs.Authorizer = id
	return err
}

// updateAuthorizer changes an authorizer in place. An empty role removes the role that it has.
func (r run) updateAuthorizer(
	ctx context.Context, have foundAuthorizer, want *foundAuthorizer,
) error {
	in := &apigatewayv2.UpdateAuthorizerInput{
		ApiId: &r.IDs.API, AuthorizerId: &have.id, Name: &want.name, AuthorizerUri: &want.uri,
		AuthorizerType: types.AuthorizerType(want.kind), IdentitySource: sources(want),
	}
	if have.role != want.role {
		in.AuthorizerCredentialsArn = &want.role
	}
	_, err := r.UpdateAuthorizer(ctx, in)
	return err
}

// sources returns the identity sources, not nil even if there are none: AWS requires the list.
func sources(a *foundAuthorizer) []string { return append([]string{}, a.sources...) }

// staleAuthorizers plans the deletion of authorizers that no route needs.
func (p *planner) staleAuthorizers() {
	in := p.found.inAPI()
	for _, have := range in.authorizers {
		if p.App.API.Authorizer != nil && have.id == in.authorizerID() {
			continue
		}
		p.Add(plan.Step{
			Action: plan.Delete, Type: plan.TypeAuthorizer, Name: have.id,
			Do: func(ctx context.Context, r *plan.Run, _ *plan.Resource) error {
				_, err := p.client.run(r).DeleteAuthorizer(ctx, &apigatewayv2.DeleteAuthorizerInput{
					ApiId: &r.IDs.API, AuthorizerId: &have.id,
				})
				return ignoreGone(err)
			},
		})
	}
}
