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

// A foundIntegration connects routes to a function.
type foundIntegration struct {
	id string
	// function is the logical name of the function; empty if it is not of this application, and for
	// all but the first integration of a function.
	function string

	uri        string
	kind       string // AWS_PROXY
	connection string // INTERNET
	content    string // CONVERT_TO_TEXT
}

func (c client) findIntegrations(
	ctx context.Context, app spec.Application, apiID string,
) ([]foundIntegration, error) {
	items, err := pages(func(token *string) ([]types.Integration, *string, error) {
		out, err := c.GetIntegrations(ctx,
			&apigatewayv2.GetIntegrationsInput{ApiId: &apiID, NextToken: token})
		if err != nil {
			return nil, nil, err
		}
		return out.Items, out.NextToken, nil
	})
	var list []foundIntegration
	for _, i := range items {
		uri := aws.ToString(i.IntegrationUri)
		have := foundIntegration{
			id: aws.ToString(i.IntegrationId), function: invokedFunction(app, uri), uri: uri,
			kind: string(i.IntegrationType), connection: string(i.ConnectionType),
			content: string(i.ContentHandlingStrategy),
		}
		if integrationOf(list, have.function) != nil {
			have.function = ""
		}
		list = append(list, have)
	}
	return list, err
}

// invokedFunction returns the logical name of the function that an integration URI calls. It is
// empty if the function is not of this application.
func invokedFunction(app spec.Application, uri string) string {
	_, rest, _ := strings.Cut(uri, ":function:")
	name, _, _ := strings.Cut(strings.TrimSuffix(rest, "/invocations"), ":")
	logical, ours := strings.CutPrefix(name, app.FunctionName(""))
	if !ours {
		return ""
	}
	return logical
}

// integrationOf returns the integration of a function, or nil.
func integrationOf(list []foundIntegration, function string) *foundIntegration {
	for i := range list {
		if function != "" && list[i].function == function {
			return &list[i]
		}
	}
	return nil
}

// routedFunctions returns the functions that routes call, each once.
func routedFunctions(app spec.Application) []string {
	var names []string
	for _, route := range app.API.Routes {
		if !slices.Contains(names, route.Function) {
			names = append(names, route.Function)
		}
	}
	return names
}

// integrations plans an integration for each function that a route calls. Existing ones are changed
// in place, which does not change the live deployment.
func (p *planner) integrations() {
	for _, function := range routedFunctions(p.App) {
		have := integrationOf(p.found.inAPI().integrations, function)
		if have == nil {
			p.Add(plan.Step{
				Action: plan.Create, Type: plan.TypeIntegration, Name: function, Line: p.apiLine(),
				Do: func(ctx context.Context, r *plan.Run, _ *plan.Resource) error {
					return p.client.run(r).createIntegration(ctx, function)
				},
			})
			continue
		}
		want := integrationFor(p.App, p.Account, function)
		var diff plan.Changes
		diff.Compare("uri", have.uri, want.uri)
		diff.Compare("type", have.kind, want.kind)
		diff.Compare("connection type", have.connection, want.connection)
		diff.Compare("content handling", have.content, want.content)
		p.Update(plan.TypeIntegration, function, p.apiLine(), diff, plan.Resource{},
			func(ctx context.Context, r *plan.Run, _ *plan.Resource) error {
				return p.client.run(r).updateIntegration(ctx, have.id, function)
			})
	}
}

// integrationFor returns the integration that a function needs.
func integrationFor(app spec.Application, account spec.Account, function string) foundIntegration {
	return foundIntegration{
		function:   function,
		uri:        account.InvocationURI(app.Target(account, function)),
		kind:       string(types.IntegrationTypeAwsProxy),
		connection: string(types.ConnectionTypeInternet),
		content:    string(types.ContentHandlingStrategyConvertToText),
	}
}

func (r run) createIntegration(ctx context.Context, function string) error {
	want := integrationFor(r.App, r.Account, function)
	id, err := r.createOnce(ctx, func() (string, error) {
		out, err := r.CreateIntegration(ctx, &apigatewayv2.CreateIntegrationInput{
			ApiId: &r.IDs.API, Description: &function, IntegrationUri: &want.uri,
			IntegrationType:         types.IntegrationType(want.kind),
			ConnectionType:          types.ConnectionType(want.connection),
			ContentHandlingStrategy: types.ContentHandlingStrategy(want.content),
			IntegrationMethod:       aws.String("POST"),
		}, throttledOnly)
		if err != nil {
			return "", err
		}
		return aws.ToString(out.IntegrationId), nil
	}, func() (string, error) {
		list, err := r.findIntegrations(ctx, r.App, r.IDs.API)
		if have := integrationOf(list, function); have != nil {
			return have.id, err
		}
		return "", err
	})
	if err != nil {
		return err
	}
	r.IDs.Integrations[function] = id
	return nil
}

func (r run) updateIntegration(ctx context.Context, id, function string) error {
	want := integrationFor(r.App, r.Account, function)
	_, err := r.UpdateIntegration(ctx, &apigatewayv2.UpdateIntegrationInput{
		ApiId: &r.IDs.API, IntegrationId: &id, Description: &function, IntegrationUri: &want.uri,
		IntegrationType:         types.IntegrationType(want.kind),
		ConnectionType:          types.ConnectionType(want.connection),
		ContentHandlingStrategy: types.ContentHandlingStrategy(want.content),
		IntegrationMethod:       aws.String("POST"),
	})
	return err
}

// staleIntegrations plans the deletion of integrations that no route needs.
func (p *planner) staleIntegrations() {
	wanted := routedFunctions(p.App)
	for _, have := range p.found.inAPI().integrations {
		if slices.Contains(wanted, have.function) {
			continue
		}
		p.Add(plan.Step{
			Action: plan.Delete, Type: plan.TypeIntegration, Name: have.id,
			Do: func(ctx context.Context, r *plan.Run, _ *plan.Resource) error {
				_, err := p.client.run(r).DeleteIntegration(ctx, &apigatewayv2.DeleteIntegrationInput{
					ApiId: &r.IDs.API, IntegrationId: &have.id,
				})
				return ignoreGone(err)
			},
		})
	}
}
