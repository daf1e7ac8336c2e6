package deploy

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"

	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// A foundAuthorizer is an authorizer of the API.
type foundAuthorizer struct {
	id, name string
	uri      string
	kind     string   // REQUEST, the only one of WebSocket APIs
	sources  []string // sorted
}

func (c *Cloud) findAuthorizers(ctx context.Context, apiID string) ([]foundAuthorizer, error) {
	items, err := pages(func(token *string) ([]types.Authorizer, *string, error) {
		out, err := c.apis.GetAuthorizers(ctx,
			&apigatewayv2.GetAuthorizersInput{ApiId: &apiID, NextToken: token})
		if err != nil {
			return nil, nil, err
		}
		return out.Items, out.NextToken, nil
	})
	var list []foundAuthorizer
	for _, a := range items {
		list = append(list, foundAuthorizer{
			id: aws.ToString(a.AuthorizerId), name: aws.ToString(a.Name),
			uri: aws.ToString(a.AuthorizerUri), kind: string(a.AuthorizerType),
			sources: slices.Sorted(slices.Values(a.IdentitySource)),
		})
	}
	return list, err
}

// ourAuthorizer returns the authorizer that tyg has made, or nil.
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

// authorizerFor returns what the authorizer should be, or nil.
func authorizerFor(app Application, account Account) *foundAuthorizer {
	want := app.API.Authorizer
	if want == nil {
		return nil
	}
	return &foundAuthorizer{
		name:    app.Prefix() + spec.AuthorizerSuffix,
		uri:     account.InvocationURI(account.FunctionARN(app.FunctionName(want.Function))),
		kind:    string(types.AuthorizerTypeRequest),
		sources: slices.Sorted(slices.Values(want.IdentitySources)),
	}
}

// authorizer plans the authorizer. One that is there is changed in place.
func (b *planner) authorizer() {
	want := authorizerFor(b.app, b.found.Account)
	if want == nil {
		return
	}
	in := b.found.inAPI()
	have := in.ourAuthorizer()
	if have == nil {
		b.add(Step{
			Action: Create, Type: TypeAuthorizer, Name: want.name, line: b.apiLine(),
			do: func(ctx context.Context, r *run, _ *Resource) error {
				return r.createAuthorizer(ctx, want)
			},
		})
		return
	}
	var diff changes
	diff.compare("name", have.name, want.name)
	diff.compare("uri", have.uri, want.uri)
	diff.compare("type", have.kind, want.kind)
	diff.compare("identity sources",
		strings.Join(have.sources, ", "), strings.Join(want.sources, ", "))
	b.update(TypeAuthorizer, want.name, b.apiLine(), diff, Resource{},
		func(ctx context.Context, r *run, _ *Resource) error {
			return r.updateAuthorizer(ctx, have.id, want)
		})
}

func (r *run) createAuthorizer(ctx context.Context, want *foundAuthorizer) error {
	id, err := r.once(ctx, func() (string, error) {
		out, err := r.apis.CreateAuthorizer(ctx, &apigatewayv2.CreateAuthorizerInput{
			ApiId: &r.ids.api, Name: &want.name, AuthorizerUri: &want.uri,
			AuthorizerType: types.AuthorizerType(want.kind), IdentitySource: sources(want),
		}, throttledOnly)
		if err != nil {
			return "", err
		}
		return aws.ToString(out.AuthorizerId), nil
	}, func() (string, error) {
		list, err := r.findAuthorizers(ctx, r.ids.api)
		return (&foundAPI{authorizers: list}).authorizerID(), err
	})
	r.ids.authorizer = id
	return err
}

func (r *run) updateAuthorizer(ctx context.Context, id string, want *foundAuthorizer) error {
	_, err := r.apis.UpdateAuthorizer(ctx, &apigatewayv2.UpdateAuthorizerInput{
		ApiId: &r.ids.api, AuthorizerId: &id, Name: &want.name, AuthorizerUri: &want.uri,
		AuthorizerType: types.AuthorizerType(want.kind), IdentitySource: sources(want),
	})
	return err
}

// sources returns the identity sources as a list that is sent even if it is empty, as AWS wants it
// to be.
func sources(a *foundAuthorizer) []string { return append([]string{}, a.sources...) }

// staleAuthorizers plans the end of authorizers that no route needs.
func (b *planner) staleAuthorizers() {
	in := b.found.inAPI()
	for _, have := range in.authorizers {
		if b.app.API.Authorizer != nil && have.id == in.authorizerID() {
			continue
		}
		b.add(Step{
			Action: Delete, Type: TypeAuthorizer, Name: have.id,
			do: func(ctx context.Context, r *run, _ *Resource) error {
				_, err := r.apis.DeleteAuthorizer(ctx, &apigatewayv2.DeleteAuthorizerInput{
					ApiId: &r.ids.api, AuthorizerId: &have.id,
				})
				return unlessGone(err)
			},
		})
	}
}
