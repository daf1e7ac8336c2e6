package apigateway

import (
	"fmt"
	"strings"

	"github.com/tyg-dev/tyg/internal/awstest/account"
	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

func (s *State) routeKind() kind {
	return kind{
		state: s,
		name:  "Route", key: "RouteId", path: []string{"ApiId"}, autoDeploys: true,
		collection: s.ofAPI(func(a *api) collection { return a.routes }), prepare: s.prepareRoute,
		beforeDelete: func(in wire.Params, _ map[string]any) error {
			delete(s.apis[in.Str("ApiId")].responses, in.Str("RouteId"))
			return nil
		},
	}
}

// prepareRoute checks a route against the rest of its API.
func (s *State) prepareRoute(in wire.Params, _ map[string]any, route wire.Params) error {
	a := s.apis[in.Str("ApiId")]
	complete(route, map[string]any{"ApiKeyRequired": false, "AuthorizationType": "NONE"})
	if in.Str("AuthorizationType") == "NONE" {
		delete(route, "AuthorizerId")
	}
	if route.Str("RouteKey") == "" {
		return badRequest("Route key cannot be empty")
	}
	for id, other := range a.routes {
		if other["RouteKey"] == route["RouteKey"] && id != route["RouteId"] {
			// https://github.com/serverless/serverless/issues/7260
			return conflict("Route with key %s already exists for this API", route["RouteKey"])
		}
	}
	if e := route.Str("RouteResponseSelectionExpression"); e != "" && e != "$default" {
		return badRequest("Only $default is supported as RouteResponseSelectionExpression, not %s", e)
	}
	if err := checkTarget(a, route.Str("Target")); err != nil {
		return err
	}
	return checkAuthorization(a, route)
}

// checkTarget refuses integrations that do not exist.
func checkTarget(a *api, target string) error {
	if target == "" {
		return nil
	}
	id, ok := strings.CutPrefix(target, "integrations/")
	if !ok {
		return badRequest("Invalid target %s: it must be integrations/ and an identifier", target)
	}
	if a.integrations[id] == nil {
		return notFound("Unable to find Integration by ID %s within the API", id)
	}
	return nil
}

// checkAuthorization refuses authorizers that do not exist, and authorizers of other routes than
// $connect.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-control-access.html)
func checkAuthorization(a *api, route wire.Params) error {
	switch route.Str("AuthorizationType") {
	case "NONE":
		return nil
	case "JWT":
		return badRequest("JWT authorization is not supported for WEBSOCKET protocol")
	}
	if route.Str("RouteKey") != "$connect" {
		return badRequest("Currently, authorization is restricted to the $connect route only")
	}
	if route.Str("AuthorizationType") == "CUSTOM" && a.authorizers[route.Str("AuthorizerId")] == nil {
		return badRequest("Invalid authorizer ID specified: %q", route.Str("AuthorizerId"))
	}
	return nil
}

func (s *State) routeResponseKind() kind {
	return kind{
		state: s,
		name:  "RouteResponse", key: "RouteResponseId", path: []string{"ApiId", "RouteId"},
		autoDeploys: true,
		collection: func(in wire.Params) (collection, error) {
			_, _, err := s.routeKind().find(in)
			if err != nil {
				return nil, err
			}
			responses := s.apis[in.Str("ApiId")].responses
			if responses[in.Str("RouteId")] == nil {
				responses[in.Str("RouteId")] = make(collection)
			}
			return responses[in.Str("RouteId")], nil
		},
		prepare: s.prepareRouteResponse,
	}
}

func (s *State) prepareRouteResponse(in wire.Params, _ map[string]any, response wire.Params) error {
	if response["RouteResponseKey"] != "$default" {
		return badRequest("Only $default is supported as RouteResponseKey, not %v",
			response["RouteResponseKey"])
	}
	for id := range s.apis[in.Str("ApiId")].responses[in.Str("RouteId")] {
		if id != response["RouteResponseId"] {
			return conflict("Route response with key $default already exists for this route")
		}
	}
	return nil
}

func (s *State) authorizerKind() kind {
	return kind{
		state: s,
		name:  "Authorizer", key: "AuthorizerId", path: []string{"ApiId"}, autoDeploys: true,
		collection: s.ofAPI(func(a *api) collection { return a.authorizers }),
		prepare:    s.prepareAuthorizer, beforeDelete: s.beforeDeleteAuthorizer,
	}
}

// prepareAuthorizer refuses what WebSocket APIs do not have.
// (https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-authorizers.html)
func (s *State) prepareAuthorizer(in wire.Params, _ map[string]any, authorizer wire.Params) error {
	a := s.apis[in.Str("ApiId")]
	if authorizer.Str("AuthorizerType") != "REQUEST" {
		return badRequest("WEBSOCKET APIs have authorizers of type REQUEST only")
	}
	for _, name := range []string{
		"AuthorizerPayloadFormatVersion", "AuthorizerResultTtlInSeconds", "EnableSimpleResponses",
		"JwtConfiguration",
	} {
		if !wire.Blank(authorizer[name]) {
			return badRequest("%s is not supported for WEBSOCKET APIs", name)
		}
	}
	if functionOf(authorizer.Str("AuthorizerUri")) == "" {
		return badRequest("Invalid Authorizer URI: %s", authorizer.Str("AuthorizerUri"))
	}
	for _, source := range authorizer.Strs("IdentitySource") {
		if !identitySource(source) {
			return badRequest("Invalid identity source: %s", source)
		}
	}
	for id, other := range a.authorizers {
		if other["Name"] == authorizer["Name"] && id != authorizer["AuthorizerId"] {
			return badRequest("Authorizer name must be unique. Authorizer %s already exists "+
				"in this API.", authorizer["Name"])
		}
	}
	return nil
}

func identitySource(s string) bool {
	for _, prefix := range []string{
		"route.request.header.", "route.request.querystring.", "context.", "stageVariables.",
	} {
		if rest, ok := strings.CutPrefix(s, prefix); ok {
			return rest != ""
		}
	}
	return false
}

// beforeDeleteAuthorizer refuses while a route has the authorizer.
// (https://github.com/anomalyco/sst/issues/5586)
func (s *State) beforeDeleteAuthorizer(in wire.Params, old map[string]any) error {
	for _, route := range s.apis[in.Str("ApiId")].routes {
		if route["AuthorizerId"] == old["AuthorizerId"] {
			return conflict("Cannot delete authorizer '%v', is referenced in route: %v",
				old["Name"], route["RouteKey"])
		}
	}
	return nil
}

// functionOf returns the ARN of the function in the address of an integration or authorizer, or "".
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html)
func functionOf(uri string) string {
	rest, ok := strings.CutPrefix(uri,
		fmt.Sprintf("arn:aws:apigateway:%s:lambda:path/2015-03-31/functions/", account.Region))
	arn, invokes := strings.CutSuffix(rest, "/invocations")
	if !ok || !invokes || !strings.HasPrefix(arn, "arn:aws:lambda:"+account.Region+":") {
		return ""
	}
	return arn
}
