package awstest

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

func integrationKind() kind {
	return kind{
		name: "Integration", key: "IntegrationId", path: []string{"ApiId"}, live: true,
		shelf: of(func(a *api) shelf { return a.integrations }), finish: finishIntegration,
		leave: leaveIntegration,
	}
}

// maxIntegration is how long API Gateway waits for an integration of a WebSocket API, in ms.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html)
const maxIntegration = "29000"

// finishIntegration checks what WebSocket APIs have, and adds what API Gateway does.
// (https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-integrations.html)
func finishIntegration(_ *Cloud, _ wire.Params, _, integration map[string]any) error {
	is := wire.Params(integration)
	complete(is, map[string]any{
		"ConnectionType": "INTERNET", "PassthroughBehavior": "WHEN_NO_MATCH",
		"PayloadFormatVersion": "1.0", "TimeoutInMillis": json.Number(maxIntegration),
		"IntegrationResponseSelectionExpression": "${integration.response.statuscode}",
	})
	if is.Str("IntegrationType") == "AWS_PROXY" && functionOf(is.Str("IntegrationUri")) == "" {
		return badRequest("Invalid integration URI specified: %s", is.Str("IntegrationUri"))
	}
	switch {
	case is.Str("IntegrationType") == "AWS_PROXY" && is.Str("IntegrationMethod") != "" &&
		is.Str("IntegrationMethod") != "POST":
		return badRequest("Invalid HTTP method for a Lambda integration: %s",
			is.Str("IntegrationMethod"))
	case is.Str("PayloadFormatVersion") != "1.0":
		return badRequest("PayloadFormatVersion %s is not supported for WEBSOCKET protocol",
			is.Str("PayloadFormatVersion"))
	case is.Num("TimeoutInMillis") > 29_000:
		return badRequest("Timeout should be between 50 ms and %s ms", maxIntegration)
	case is.Str("ConnectionType") != "INTERNET" || is.Has("ConnectionId"):
		return wire.Unserved("VPC links")
	case is.Has("CredentialsArn"):
		return wire.Unserved("integrations with credentials of their own")
	}
	return nil
}

// leaveIntegration: https://github.com/milliHQ/terraform-aws-next-js/issues/247
func leaveIntegration(c *Cloud, in wire.Params, was map[string]any) error {
	var users []string
	routes := c.gateway.apis[in.Str("ApiId")].routes
	for _, id := range slices.Sorted(maps.Keys(routes)) {
		if routes[id]["Target"] == "integrations/"+in.Str("IntegrationId") {
			users = append(users, id)
		}
	}
	if len(users) == 0 {
		return nil
	}
	return gatewayConflict("Cannot delete Integration because it is referenced by the following "+
		"Routes with Ids: [%s]", strings.Join(users, ", "))
}
