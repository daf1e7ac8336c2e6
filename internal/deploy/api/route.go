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

// A foundRoute is a route of the API, existing or wanted.
type foundRoute struct {
	id, key     string
	target      string // integrations/{id}
	permission  string // NONE, CUSTOM
	authorizer  string // an id
	selection   string // the route response selection expression: $default, or none
	responds    bool   // a response with the key $default is there
	keyRequired bool   // an API key is required
}

// responseKey is the key of the response of a route.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-response.html)
const responseKey = "$default"

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
		// Without a selection expression API Gateway sends no response.
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
		return aws.ToString(response.RouteResponseKey) == responseKey
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

// routeFor returns the route that the application declares. Ids that are not known yet are empty.
func routeFor(app spec.Application, route spec.Route, known plan.IDs) foundRoute {
	want := foundRoute{
		key: route.Key, permission: app.API.Authorization(route), responds: route.Responds,
		keyRequired: app.API.NeedsKey(route),
	}
	if id := known.Integrations[route.Function]; id != "" {
		want.target = "integrations/" + id
	}
	if app.API.Authorizes(route) {
		want.authorizer = known.Authorizer
	}
	if route.Responds {
		want.selection = responseKey
	}
	return want
}

// routes plans the routes. They are not live before the next deployment, so old routes can be
// deleted at once.
func (p *planner) routes() {
	in, known := p.found.inAPI(), p.Known
	wanted := make(map[string]bool)
	for _, route := range p.App.API.Routes {
		wanted[route.Key] = true
		p.route(route, in.routeOf(route.Key), known)
	}
	for _, have := range in.routes {
		if !wanted[have.key] {
			p.Add(plan.Step{
				Action: plan.Delete, Type: plan.TypeRoute, Name: have.key, Line: p.apiLine(),
				Do: func(ctx context.Context, r *plan.Run, _ *plan.Resource) error {
					return p.client.run(r).deleteRoute(ctx, have.id)
				},
			})
		}
	}
}

func (p *planner) route(route spec.Route, have *foundRoute, known plan.IDs) {
	if have == nil {
		p.Add(plan.Step{
			Action: plan.Create, Type: plan.TypeRoute, Name: route.Key, Line: p.apiLine(),
			Do: func(ctx context.Context, r *plan.Run, _ *plan.Resource) error {
				return p.client.run(r).createRoute(ctx, route)
			},
		})
		return
	}
	diff := have.differs(routeFor(p.App, route, known))
	for i, c := range diff {
		if c.Property == "target" { // show names, not ids
			diff[i] = plan.Change{
				Property: "function", From: p.found.inAPI().functionAt(c.From), To: route.Function,
			}
		}
	}
	p.Update(plan.TypeRoute, route.Key, p.apiLine(), diff, plan.Resource{},
		func(ctx context.Context, r *plan.Run, _ *plan.Resource) error {
			return p.client.run(r).updateRoute(ctx, *have, route)
		})
}

// functionAt returns the function at the target of a route, or the target if it is not of this
// application.
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
	diff.Compare("responds", yesNo(have.responds), yesNo(want.responds))
	diff.Compare("API key required", yesNo(have.keyRequired), yesNo(want.keyRequired))
	return diff
}

func yesNo(is bool) string {
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
			AuthorizerId:      stringOrNil(want.authorizer),
			ApiKeyRequired:    aws.Bool(want.keyRequired),

			RouteResponseSelectionExpression: stringOrNil(want.selection),
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

// createResponse makes a route send what its function returns.
func (r run) createResponse(ctx context.Context, routeID string) error {
	_, err := r.createOnce(ctx, func() (string, error) {
		_, err := r.CreateRouteResponse(ctx, &apigatewayv2.CreateRouteResponseInput{
			ApiId: &r.IDs.API, RouteId: &routeID, RouteResponseKey: aws.String(responseKey),
		}, throttledOnly)
		return responseKey, err
	}, func() (string, error) {
		have, err := r.hasResponse(ctx, r.IDs.API, routeID)
		if have {
			return responseKey, err
		}
		return "", err
	})
	return err
}

// updateRoute changes a route in place, or replaces it if a property must be removed: AWS does not
// document that leaving a member out clears it.
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
		ApiId: &r.IDs.API, RouteId: &have.id, Target: &want.target,
		ApiKeyRequired:    aws.Bool(want.keyRequired),
		AuthorizationType: types.AuthorizationType(want.permission),
		AuthorizerId:      stringOrNil(want.authorizer),

		RouteResponseSelectionExpression: stringOrNil(want.selection),
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

// stringOrNil returns nil for the empty string.
func stringOrNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
