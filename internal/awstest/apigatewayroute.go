package awstest

import (
	"fmt"
	"strings"

	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

func routeKind() kind {
	return kind{
		name: "Route", key: "RouteId", path: []string{"ApiId"}, live: true,
		shelf: of(func(a *api) shelf { return a.routes }), finish: finishRoute,
		leave: func(c *Cloud, in wire.Params, _ map[string]any) error {
			delete(c.gateway.apis[in.Str("ApiId")].responses, in.Str("RouteId"))
			return nil
		},
	}
}

// finishRoute checks a route against the rest of its API.
func finishRoute(c *Cloud, in wire.Params, _, route map[string]any) error {
	a, is := c.gateway.apis[in.Str("ApiId")], wire.Params(route)
	complete(is, map[string]any{"ApiKeyRequired": false, "AuthorizationType": "NONE"})
	if in.Str("AuthorizationType") == "NONE" {
		delete(is, "AuthorizerId")
	}
	if is.Str("RouteKey") == "" {
		return badRequest("Route key cannot be empty")
	}
	for id, other := range a.routes {
		if other["RouteKey"] == is["RouteKey"] && id != is["RouteId"] {
			// https://github.com/serverless/serverless/issues/7260
			return gatewayConflict("Route with key %s already exists for this API", is["RouteKey"])
		}
	}
	if e := is.Str("RouteResponseSelectionExpression"); e != "" && e != "$default" {
		return badRequest("Only $default is supported as RouteResponseSelectionExpression, not %s", e)
	}
	if err := checkTarget(a, is.Str("Target")); err != nil {
		return err
	}
	return checkAuthorization(a, is)
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
		return notThere("Unable to find Integration by ID %s within the API", id)
	}
	return nil
}

// checkAuthorization refuses authorizers that do not exist, and all of them but at $connect.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-control-access.html)
func checkAuthorization(a *api, is wire.Params) error {
	switch is.Str("AuthorizationType") {
	case "NONE":
		return nil
	case "JWT":
		return badRequest("JWT authorization is not supported for WEBSOCKET protocol")
	}
	if is.Str("RouteKey") != "$connect" {
		return badRequest("Currently, authorization is restricted to the $connect route only")
	}
	if is.Str("AuthorizationType") == "CUSTOM" && a.authorizers[is.Str("AuthorizerId")] == nil {
		return badRequest("Invalid authorizer ID specified: %q", is.Str("AuthorizerId"))
	}
	return nil
}

func routeResponseKind() kind {
	return kind{
		name: "RouteResponse", key: "RouteResponseId", path: []string{"ApiId", "RouteId"}, live: true,
		shelf: func(c *Cloud, in wire.Params) (shelf, error) {
			_, _, err := routeKind().find(c, in)
			if err != nil {
				return nil, err
			}
			responses := c.gateway.apis[in.Str("ApiId")].responses
			if responses[in.Str("RouteId")] == nil {
				responses[in.Str("RouteId")] = make(shelf)
			}
			return responses[in.Str("RouteId")], nil
		},
		finish: finishRouteResponse,
	}
}

func finishRouteResponse(c *Cloud, in wire.Params, _, response map[string]any) error {
	if response["RouteResponseKey"] != "$default" {
		return badRequest("Only $default is supported as RouteResponseKey, not %v",
			response["RouteResponseKey"])
	}
	for id := range c.gateway.apis[in.Str("ApiId")].responses[in.Str("RouteId")] {
		if id != response["RouteResponseId"] {
			return gatewayConflict("Route response with key $default already exists for this route")
		}
	}
	return nil
}

func authorizerKind() kind {
	return kind{
		name: "Authorizer", key: "AuthorizerId", path: []string{"ApiId"}, live: true,
		shelf: of(func(a *api) shelf { return a.authorizers }), finish: finishAuthorizer,
		leave: leaveAuthorizer,
	}
}

// finishAuthorizer checks what WebSocket APIs have.
// (https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-authorizers.html)
func finishAuthorizer(c *Cloud, in wire.Params, _, authorizer map[string]any) error {
	a, is := c.gateway.apis[in.Str("ApiId")], wire.Params(authorizer)
	if is.Str("AuthorizerType") != "REQUEST" {
		return badRequest("WEBSOCKET APIs have authorizers of type REQUEST only")
	}
	for _, name := range []string{
		"AuthorizerPayloadFormatVersion", "AuthorizerResultTtlInSeconds", "EnableSimpleResponses",
		"JwtConfiguration",
	} {
		if !wire.Blank(is[name]) {
			return badRequest("%s is not supported for WEBSOCKET APIs", name)
		}
	}
	if functionOf(is.Str("AuthorizerUri")) == "" {
		return badRequest("Invalid Authorizer URI: %s", is.Str("AuthorizerUri"))
	}
	for _, source := range is.Strs("IdentitySource") {
		if !identitySource(source) {
			return badRequest("Invalid identity source: %s", source)
		}
	}
	for id, other := range a.authorizers {
		if other["Name"] == is["Name"] && id != is["AuthorizerId"] {
			return badRequest("Authorizer name must be unique. Authorizer %s already exists in this API.",
				is["Name"])
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

// leaveAuthorizer: https://github.com/anomalyco/sst/issues/5586
func leaveAuthorizer(c *Cloud, in wire.Params, was map[string]any) error {
	for _, route := range c.gateway.apis[in.Str("ApiId")].routes {
		if route["AuthorizerId"] == was["AuthorizerId"] {
			return gatewayConflict("Cannot delete authorizer '%v', is referenced in route: %v",
				was["Name"], route["RouteKey"])
		}
	}
	return nil
}

// functionOf returns the ARN of the function in the address of an integration or authorizer, or "".
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html)
func functionOf(uri string) string {
	rest, ok := strings.CutPrefix(uri,
		fmt.Sprintf("arn:aws:apigateway:%s:lambda:path/2015-03-31/functions/", Region))
	arn, invokes := strings.CutSuffix(rest, "/invocations")
	if !ok || !invokes || !strings.HasPrefix(arn, "arn:aws:lambda:"+Region+":") {
		return ""
	}
	return arn
}
