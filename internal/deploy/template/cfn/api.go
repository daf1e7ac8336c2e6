package cfn

import (
	"slices"

	"github.com/tyg-dev/tyg/internal/deploy/spec"
	"github.com/tyg-dev/tyg/internal/deploy/template"
)

// The logical ids of resources that exist once.
const (
	apiID        = "WebsocketAPI"
	stageID      = "WebsocketAPIStage"
	authorizerID = "WebsocketAPIAuthorizer"
)

func (s *stack) api() {
	p := object{
		"Name":                     s.app.APIName(),
		"ProtocolType":             "WEBSOCKET",
		"RouteSelectionExpression": s.app.API.Selection(),
		"Tags":                     template.Pairs(s.app.ResourceTags(nil)),
	}
	if kind := s.app.API.IPAddressType; kind != "" {
		p["IpAddressType"] = kind
	}
	s.add(apiID, "AWS::ApiGatewayV2::Api", p, nil)
	s.output("WebsocketAPIId", "The id of the API", ref(apiID))
	s.output("WebsocketConnectEndpointURL", "Where clients connect", s.URL(s.app.API.Stage))
}

// integration adds the integration of a function, unless it exists, and returns its id.
func (s *stack) integration(function string) string {
	id := camel(function) + "APIIntegration"
	if _, there := s.resources[id]; there {
		return id
	}
	s.add(id, "AWS::ApiGatewayV2::Integration", object{
		"ApiId":                   ref(apiID),
		"Description":             function,
		"ConnectionType":          "INTERNET",
		"ContentHandlingStrategy": "CONVERT_TO_TEXT",
		"IntegrationMethod":       "POST",
		"IntegrationType":         "AWS_PROXY",
		"IntegrationUri":          s.Invocation(s.targetText(function)),
	}, dependsOnPermission(function))
	return id
}

// permission lets the API call a function, from its routes and from its authorizer.
func (s *stack) permission(function string) {
	_, grant := s.Account.APIGrant(s.Dialect.API)
	s.add(permissionID(function), "AWS::Lambda::Permission", object{
		"FunctionName": s.targetName(function),
		"Action":       grant.Action,
		"Principal":    grant.Principal,
		"SourceArn":    template.Expr(grant.Source),
	}, nil)
}

func permissionID(function string) string { return camel(function) + "InvokePermission" }

// dependsOnPermission makes a resource that calls a function wait for the permission: it is live as
// soon as it exists.
func dependsOnPermission(function string) object {
	return object{"DependsOn": []any{permissionID(function)}}
}

func (s *stack) authorizer() {
	a := s.app.API.Authorizer
	if a == nil {
		return
	}
	uri, depends := s.Invocation(s.targetText(a.Function)), dependsOnPermission(a.Function)
	if a.ARN != "" {
		uri, depends = s.Invocation(a.ARN), nil
	}
	p := object{
		"ApiId":          ref(apiID),
		"Name":           s.app.AuthorizerName(),
		"AuthorizerType": "REQUEST",
		"AuthorizerUri":  uri,
		"IdentitySource": template.Texts(slices.Sorted(slices.Values(a.IdentitySources))),
	}
	if a.RoleARN != "" {
		p["AuthorizerCredentialsArn"] = a.RoleARN
	}
	s.add(authorizerID, "AWS::ApiGatewayV2::Authorizer", p, depends)
}

func (s *stack) route(r spec.Route) {
	id := camel(template.RouteName(r.Key))
	p := object{
		"ApiId":             ref(apiID),
		"RouteKey":          r.Key,
		"AuthorizationType": s.app.API.Authorization(r),
		"Target":            template.Expr("integrations/${" + s.integration(r.Function) + "}"),
	}
	if s.app.API.Authorizes(r) {
		p["AuthorizerId"] = ref(authorizerID)
	}
	if s.app.API.NeedsKey(r) {
		p["ApiKeyRequired"] = true
	}
	if r.Responds {
		p["RouteResponseSelectionExpression"] = "$default"
	}
	s.add(id, "AWS::ApiGatewayV2::Route", p, nil)
	if r.Responds {
		s.add(id+"Response", "AWS::ApiGatewayV2::RouteResponse", object{
			"ApiId": ref(apiID), "RouteId": ref(id), "RouteResponseKey": "$default",
		}, nil)
	}
}

// stage adds the stage, which deploys changes automatically
// (https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.aws_apigatewayv2.WebSocketStageProps.html).
// A deployment in the template would be created before CloudFormation deletes the routes that have
// gone from the template, so these would stay live, and call functions that do not exist.
func (s *stack) stage() {
	api := s.app.API
	p := object{
		"ApiId": ref(apiID), "StageName": api.Stage, "AutoDeploy": true,
		"Tags": template.Pairs(s.app.ResourceTags(nil)),
	}
	if len(api.Variables) > 0 {
		p["StageVariables"] = template.Pairs(api.Variables)
	}
	if settings := settings(api.Settings); len(settings) > 0 {
		p["DefaultRouteSettings"] = settings
	}
	if set := api.Settings.Complete(); set.AccessLogARN != "" {
		p["AccessLogSettings"] = object{"DestinationArn": set.AccessLogARN, "Format": set.AccessLogFormat}
	}
	s.add(stageID, "AWS::ApiGatewayV2::Stage", p, nil)
}

// settings returns the settings of all routes. API Gateway has defaults for the others.
func settings(set spec.StageSettings) object {
	p := object{}
	if set.ThrottlingRate > 0 {
		p["ThrottlingRateLimit"] = set.ThrottlingRate
	}
	if set.ThrottlingBurst > 0 {
		p["ThrottlingBurstLimit"] = set.ThrottlingBurst
	}
	if set.LoggingLevel != "" {
		p["LoggingLevel"] = set.LoggingLevel
	}
	if set.DataTrace {
		p["DataTraceEnabled"] = true
	}
	if set.DetailedMetrics {
		p["DetailedMetricsEnabled"] = true
	}
	return p
}
