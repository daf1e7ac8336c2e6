package apigateway

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

func (s *State) integrationKind() kind {
	return kind{
		state: s,
		name:  "Integration", key: "IntegrationId", path: []string{"ApiId"}, autoDeploys: true,
		collection: s.ofAPI(func(a *api) collection { return a.integrations }),
		prepare:    s.prepareIntegration, beforeDelete: s.beforeDeleteIntegration,
	}
}

// maxIntegration is how long API Gateway waits for an integration of a WebSocket API, in ms.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html)
const maxIntegration = "29000"

// prepareIntegration refuses what WebSocket APIs do not have, and adds API Gateway's defaults.
// (https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-integrations.html)
func (s *State) prepareIntegration(_ wire.Params, _ map[string]any, integration wire.Params) error {
	complete(integration, map[string]any{
		"ConnectionType": "INTERNET", "PassthroughBehavior": "WHEN_NO_MATCH",
		"PayloadFormatVersion": "1.0", "TimeoutInMillis": json.Number(maxIntegration),
		"IntegrationResponseSelectionExpression": "${integration.response.statuscode}",
	})
	proxy := integration.Str("IntegrationType") == "AWS_PROXY"
	uri, method := integration.Str("IntegrationUri"), integration.Str("IntegrationMethod")
	switch {
	case proxy && functionOf(uri) == "":
		return badRequest("Invalid integration URI specified: %s", uri)
	case proxy && method != "" && method != "POST":
		return badRequest("Invalid HTTP method for a Lambda integration: %s", method)
	case integration.Str("PayloadFormatVersion") != "1.0":
		return badRequest("PayloadFormatVersion %s is not supported for WEBSOCKET protocol",
			integration.Str("PayloadFormatVersion"))
	case integration.Num("TimeoutInMillis") > 29_000:
		return badRequest("Timeout should be between 50 ms and %s ms", maxIntegration)
	case integration.Str("ConnectionType") != "INTERNET" || integration.Has("ConnectionId"):
		return wire.Unserved("VPC links")
	case integration.Has("CredentialsArn"):
		return wire.Unserved("integrations with credentials of their own")
	}
	return nil
}

// beforeDeleteIntegration refuses while a route leads to the integration.
// (https://github.com/milliHQ/terraform-aws-next-js/issues/247)
func (s *State) beforeDeleteIntegration(in wire.Params, _ map[string]any) error {
	var users []string
	routes := s.apis[in.Str("ApiId")].routes
	for _, id := range slices.Sorted(maps.Keys(routes)) {
		if routes[id]["Target"] == "integrations/"+in.Str("IntegrationId") {
			users = append(users, id)
		}
	}
	if len(users) == 0 {
		return nil
	}
	return conflict("Cannot delete Integration because it is referenced by the following "+
		"Routes with Ids: [%s]", strings.Join(users, ", "))
}
