package deploy

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
)

// A foundIntegration is a way from routes to a function.
type foundIntegration struct {
	id string
	// function is its logical name; empty for what is not a function of this application, and for
	// the second and further ones of the same function.
	function string

	uri        string
	kind       string // AWS_PROXY
	connection string // INTERNET
	content    string // CONVERT_TO_TEXT
}

func (c *Cloud) findIntegrations(
	ctx context.Context, app Application, apiID string,
) ([]foundIntegration, error) {
	items, err := pages(func(token *string) ([]types.Integration, *string, error) {
		out, err := c.apis.GetIntegrations(ctx,
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

// invokedFunction returns the logical name of the function that an invocation URI calls. It is empty if
// that is none of this application.
func invokedFunction(app Application, uri string) string {
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
func routedFunctions(app Application) []string {
	var names []string
	for _, route := range app.API.Routes {
		if !slices.Contains(names, route.Function) {
			names = append(names, route.Function)
		}
	}
	return names
}

// integrations plans an integration for each function that a route calls. Those which are there are
// changed in place; what is live is the last deployment, and does not change with them.
func (b *planner) integrations() {
	for _, function := range routedFunctions(b.app) {
		have := integrationOf(b.found.inAPI().integrations, function)
		if have == nil {
			b.add(Step{
				Action: Create, Type: TypeIntegration, Name: function, line: b.apiLine(),
				do: func(ctx context.Context, r *run, _ *Resource) error {
					return r.createIntegration(ctx, function)
				},
			})
			continue
		}
		want := integrationFor(b.app, b.found.Account, function)
		var diff changes
		diff.compare("uri", have.uri, want.uri)
		diff.compare("type", have.kind, want.kind)
		diff.compare("connection type", have.connection, want.connection)
		diff.compare("content handling", have.content, want.content)
		b.update(TypeIntegration, function, b.apiLine(), diff, Resource{},
			func(ctx context.Context, r *run, _ *Resource) error {
				return r.updateIntegration(ctx, have.id, function)
			})
	}
}

// integrationFor returns what the integration of a function should be.
func integrationFor(app Application, account Account, function string) foundIntegration {
	return foundIntegration{
		function:   function,
		uri:        account.InvocationURI(account.FunctionARN(app.FunctionName(function))),
		kind:       string(types.IntegrationTypeAwsProxy),
		connection: string(types.ConnectionTypeInternet),
		content:    string(types.ContentHandlingStrategyConvertToText),
	}
}

func (r *run) createIntegration(ctx context.Context, function string) error {
	want := integrationFor(r.app, r.account, function)
	id, err := r.once(ctx, func() (string, error) {
		out, err := r.apis.CreateIntegration(ctx, &apigatewayv2.CreateIntegrationInput{
			ApiId: &r.ids.api, Description: &function, IntegrationUri: &want.uri,
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
		list, err := r.findIntegrations(ctx, r.app, r.ids.api)
		if have := integrationOf(list, function); have != nil {
			return have.id, err
		}
		return "", err
	})
	if err != nil {
		return err
	}
	r.ids.integrations[function] = id
	return nil
}

func (r *run) updateIntegration(ctx context.Context, id, function string) error {
	want := integrationFor(r.app, r.account, function)
	_, err := r.apis.UpdateIntegration(ctx, &apigatewayv2.UpdateIntegrationInput{
		ApiId: &r.ids.api, IntegrationId: &id, Description: &function, IntegrationUri: &want.uri,
		IntegrationType:         types.IntegrationType(want.kind),
		ConnectionType:          types.ConnectionType(want.connection),
		ContentHandlingStrategy: types.ContentHandlingStrategy(want.content),
		IntegrationMethod:       aws.String("POST"),
	})
	return err
}

// staleIntegrations plans the end of integrations that no route needs.
func (b *planner) staleIntegrations() {
	wanted := routedFunctions(b.app)
	for _, have := range b.found.inAPI().integrations {
		if slices.Contains(wanted, have.function) {
			continue
		}
		b.add(Step{
			Action: Delete, Type: TypeIntegration, Name: have.id,
			do: func(ctx context.Context, r *run, _ *Resource) error {
				_, err := r.apis.DeleteIntegration(ctx, &apigatewayv2.DeleteIntegrationInput{
					ApiId: &r.ids.api, IntegrationId: &have.id,
				})
				return unlessGone(err)
			},
		})
	}
}
