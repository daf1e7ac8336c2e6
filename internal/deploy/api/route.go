package api

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// A foundRoute is a route of the API, or what it should be.
type foundRoute struct {
	id, key     string
	target      string // integrations/{id}
	permission  string // NONE, CUSTOM
	authorizer  string // an id
	selection   string // the route response selection expression: $default, or none
	responds    bool   // a response with the key $default is there
	keyRequired bool   // an API key is asked for
}

// connectKey is the route of handshakes, and defaultKey that of messages that no other wants. The
// response of a route has the key defaultKey, too.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-response.html)
const (
	connectKey = "$connect"
	defaultKey = "$default"
)

func (c client) findRoutes(ctx context.Context, apiID string) ([]foundRoute, error) {
	items, err := c.listRoutes(ctx, apiID)
	if err != nil {
		return nil, err
	}
	var list []foundRoute
	for _, route := range items {
		have := foundRoute{
			id: aws.ToString(route.RouteId), key: aws.ToString(route.RouteKey),
			target: aws.ToString(route.Target), permission: string(route.AuthorizationType),
			authorizer:  aws.ToString(route.AuthorizerId),
			selection:   aws.ToString(route.RouteResponseSelectionExpression),
			keyRequired: aws.ToBool(route.ApiKeyRequired),
		}
		// Without a selection expression no response is ever sent, so there is no need to look.
		if have.selection != "" {
			if have.responds, err = c.hasResponse(ctx, apiID, have.id); err != nil {
				return nil, err
			}
		}
		list = append(list, have)
	}
	return list, nil
}

func (c client) listRoutes(ctx context.Context, apiID string) ([]types.Route, error) {
	return pages(func(token *string) ([]types.Route, *string, error) {
		out, err := c.GetRoutes(ctx,
			&apigatewayv2.GetRoutesInput{ApiId: &apiID, NextToken: token})
		if err != nil {
			return nil, nil, err
		}
		return out.Items, out.NextToken, nil
	})
}

func (c client) hasResponse(ctx context.Context, apiID, routeID string) (bool, error) {
	items, err := pages(func(token *string) ([]types.RouteResponse, *string, error) {
		out, err := c.GetRouteResponses(ctx, &apigatewayv2.GetRouteResponsesInput{
			ApiId: &apiID, RouteId: &routeID, NextToken: token,
		})
		if err != nil {
			return nil, nil, err
		}
		return out.Items, out.NextToken, nil
	})
	return slices.ContainsFunc(items, func(response types.RouteResponse) bool {
		return aws.ToString(response.RouteResponseKey) == defaultKey
	}), err
}

// routeOf returns the route of a key, or nil.
func (a *foundAPI) routeOf(key string) *foundRoute {
	for i := range a.routes {
		if a.routes[i].key == key {
			return &a.routes[i]
		}
	}
	return nil
}

// routeFor returns what a route should be. The ids that are not known yet are empty in it.
func routeFor(app spec.Application, route spec.Route, known plan.IDs) foundRoute {
	want := foundRoute{
		key: route.Key, permission: string(types.AuthorizationTypeNone), responds: route.Responds,
	}
	if id := known.Integrations[route.Function]; id != "" {
		want.target = "integrations/" + id
	}
	if app.API.Authorizer != nil && route.Key == connectKey {
		want.permission, want.authorizer = string(types.AuthorizationTypeCustom), known.Authorizer
	}
	if route.Responds {
		want.selection = defaultKey
	}
	return want
}

// routes plans the routes. None of it is live before it is published, so that routes which are not
// wanted any more can go at once.
func (b *planner) routes() {
	in, known := b.found.inAPI(), b.Known
	wanted := make(map[string]bool)
	for _, route := range b.App.API.Routes {
		wanted[route.Key] = true
		b.route(route, in.routeOf(route.Key), known)
	}
	for _, have := range in.routes {
		if !wanted[have.key] {
			b.Add(plan.Step{
				Action: plan.Delete, Type: plan.TypeRoute, Name: have.key, Line: b.apiLine(),
				Do: func(ctx context.Context, r *plan.Run, _ *plan.Resource) error {
					return b.client.run(r).deleteRoute(ctx, have.id)
				},
			})
		}
	}
}

func (b *planner) route(route spec.Route, have *foundRoute, known plan.IDs) {
	if have == nil {
		b.Add(plan.Step{
			Action: plan.Create, Type: plan.TypeRoute, Name: route.Key, Line: b.apiLine(),
			Do: func(ctx context.Context, r *plan.Run, _ *plan.Resource) error {
				return b.client.run(r).createRoute(ctx, route)
			},
		})
		return
	}
	diff := have.differs(routeFor(b.App, route, known))
	for i, c := range diff {
		if c.Property == "target" { // ids tell nobody anything
			diff[i] = plan.Change{
				Property: "function", From: b.found.inAPI().functionAt(c.From), To: route.Function,
			}
		}
	}
	b.Update(plan.TypeRoute, route.Key, b.apiLine(), diff, plan.Resource{},
		func(ctx context.Context, r *plan.Run, _ *plan.Resource) error {
			return b.client.run(r).updateRoute(ctx, *have, route)
		})
}

// functionAt returns the function at the target of a route, or the target if it is none of ours.
func (a foundAPI) functionAt(target string) string {
	for _, i := range a.integrations {
		if target == "integrations/"+i.id && i.function != "" {
			return i.function
		}
	}
	return target
}

func (have foundRoute) differs(want foundRoute) plan.Changes {
	var diff plan.Changes
	diff.Compare("target", have.target, want.target)
	diff.Compare("authorization", have.permission, want.permission)
	diff.Compare("authorizer", have.authorizer, want.authorizer)
	diff.Compare("response selection expression", have.selection, want.selection)
	diff.Compare("responds", yes(have.responds), yes(want.responds))
	diff.Compare("API key required", yes(have.keyRequired), yes(want.keyRequired))
	return diff
}

func yes(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}

func (r run) createRoute(ctx context.Context, route spec.Route) error {
	want := routeFor(r.App, route, r.IDs)
	id, err := r.createOnce(ctx, func() (string, error) {
		out, err := r.CreateRoute(ctx, &apigatewayv2.CreateRouteInput{
			ApiId: &r.IDs.API, RouteKey: &want.key, Target: &want.target,
			AuthorizationType: types.AuthorizationType(want.permission),
			AuthorizerId:      given(want.authorizer),

			RouteResponseSelectionExpression: given(want.selection),
		}, throttledOnly)
		if err != nil {
			return "", err
		}
		return aws.ToString(out.RouteId), nil
	}, func() (string, error) {
		items, err := r.listRoutes(ctx, r.IDs.API)
		for _, have := range items {
			if aws.ToString(have.RouteKey) == want.key {
				return aws.ToString(have.RouteId), err
			}
		}
		return "", err
	})
	if err != nil || !want.responds {
		return err
	}
	return r.createResponse(ctx, id)
}

// createResponse lets a route answer with what its function returns.
func (r run) createResponse(ctx context.Context, routeID string) error {
	_, err := r.createOnce(ctx, func() (string, error) {
		_, err := r.CreateRouteResponse(ctx, &apigatewayv2.CreateRouteResponseInput{
			ApiId: &r.IDs.API, RouteId: &routeID, RouteResponseKey: aws.String(defaultKey),
		}, throttledOnly)
		return defaultKey, err
	}, func() (string, error) {
		have, err := r.hasResponse(ctx, r.IDs.API, routeID)
		if have {
			return defaultKey, err
		}
		return "", err
	})
	return err
}

// updateRoute changes a route in place, unless something has to be taken off it. Then it is made
// anew: AWS says of no member that it is cleared by leaving it out.
func (r run) updateRoute(ctx context.Context, have foundRoute, route spec.Route) error {
	want := routeFor(r.App, route, r.IDs)
	if have.authorizer != "" && want.authorizer == "" ||
		have.selection != "" && want.selection == "" {
		if err := r.deleteRoute(ctx, have.id); err != nil {
			return err
		}
		return r.createRoute(ctx, route)
	}
	_, err := r.UpdateRoute(ctx, &apigatewayv2.UpdateRouteInput{
		ApiId: &r.IDs.API, RouteId: &have.id, Target: &want.target, ApiKeyRequired: aws.Bool(false),
		AuthorizationType: types.AuthorizationType(want.permission),
		AuthorizerId:      given(want.authorizer),

		RouteResponseSelectionExpression: given(want.selection),
	})
	if err != nil || !want.responds || have.responds {
		return err
	}
	return r.createResponse(ctx, have.id)
}

func (r run) deleteRoute(ctx context.Context, id string) error {
	_, err := r.DeleteRoute(ctx,
		&apigatewayv2.DeleteRouteInput{ApiId: &r.IDs.API, RouteId: &id})
	return ignoreGone(err)
}

// given returns nil for nothing.
func given(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
