package tf

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tyg-dev/tyg/internal/deploy/spec"
	"github.com/tyg-dev/tyg/internal/deploy/template"
)

// The names of resources that exist once.
const (
	apiName        = "websocket_api"
	stageName      = "websocket_api_stage"
	authorizerName = "websocket_api_authorizer"
)

func (m *module) apiID() template.Expr { return template.Expr(m.Dialect.API) }

func (m *module) api() {
	a := object{
		"name":                       m.app.APIName(),
		"protocol_type":              "WEBSOCKET",
		"route_selection_expression": m.app.API.Selection(),
		"tags":                       m.tags(nil),
	}
	if kind := m.app.API.IPAddressType; kind != "" {
		a["ip_address_type"] = kind
	}
	m.add("aws_apigatewayv2_api", apiName, a)
	m.output("websocket_api_id", "The id of the API", m.apiID())
	m.output("websocket_connect_endpoint_url", "Where clients connect", m.URL(m.app.API.Stage))
}

// integration adds the integration of a function, unless it exists, and returns its name.
func (m *module) integration(function string) string {
	name := template.Snake(function) + "_api_integration"
	if m.has("aws_apigatewayv2_integration", name) {
		return name
	}
	m.add("aws_apigatewayv2_integration", name, object{
		"api_id":                    m.apiID(),
		"description":               function,
		"connection_type":           "INTERNET",
		"content_handling_strategy": "CONVERT_TO_TEXT",
		"integration_method":        "POST",
		"integration_type":          "AWS_PROXY",
		"integration_uri":           m.Invocation(m.target(function)),
		"depends_on":                dependsOnPermission(function),
	})
	return name
}

// permission lets the API call a function, from its routes and from its authorizer.
func (m *module) permission(function string) {
	id, grant := m.Account.APIGrant(m.Dialect.API)
	a := object{
		"statement_id": template.Expr(id),
		"function_name": template.Expr(ref("aws_lambda_function", template.Snake(function),
			"function_name")),
		"action":     grant.Action,
		"principal":  grant.Principal,
		"source_arn": template.Expr(grant.Source),
	}
	m.qualify(function, a)
	m.add("aws_lambda_permission", permissionName(function), a)
}

func permissionName(function string) string {
	return template.Snake(function) + "_invoke_permission"
}

// dependsOnPermission makes a resource that calls a function wait for the permission: it is live as
// soon as it exists.
func dependsOnPermission(function string) []any {
	return []any{"aws_lambda_permission." + permissionName(function)}
}

func (m *module) authorizer() {
	a := m.app.API.Authorizer
	if a == nil {
		return
	}
	arguments := object{
		"api_id":           m.apiID(),
		"name":             m.app.AuthorizerName(),
		"authorizer_type":  "REQUEST",
		"identity_sources": template.Texts(slices.Sorted(slices.Values(a.IdentitySources))),
	}
	if a.ARN != "" {
		arguments["authorizer_uri"] = m.Invocation(a.ARN)
	} else {
		arguments["authorizer_uri"] = m.Invocation(m.target(a.Function))
		arguments["depends_on"] = dependsOnPermission(a.Function)
	}
	if a.RoleARN != "" {
		arguments["authorizer_credentials_arn"] = a.RoleARN
	}
	m.add("aws_apigatewayv2_authorizer", authorizerName, arguments)
}

func (m *module) route(r spec.Route) {
	name := template.RouteName(r.Key)
	a := object{
		"api_id":             m.apiID(),
		"route_key":          r.Key,
		"authorization_type": m.app.API.Authorization(r),
		"target": template.Expr("integrations/" +
			ref("aws_apigatewayv2_integration", m.integration(r.Function), "id")),
	}
	if m.app.API.Authorizes(r) {
		a["authorizer_id"] = template.Expr(ref("aws_apigatewayv2_authorizer", authorizerName, "id"))
	}
	if m.app.API.NeedsKey(r) {
		a["api_key_required"] = true
	}
	if r.Responds {
		a["route_response_selection_expression"] = "$default"
	}
	m.add("aws_apigatewayv2_route", name, a)
	if r.Responds {
		m.add("aws_apigatewayv2_route_response", name+"_response", object{
			"api_id": m.apiID(), "route_response_key": "$default",
			"route_id": template.Expr(ref("aws_apigatewayv2_route", name, "id")),
		})
	}
}

// stage adds the stage, which deploys changes automatically
// (https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.aws_apigatewayv2.WebSocketStageProps.html).
// A deployment in the configuration would be created before Terraform destroys the routes that have
// gone from it, so these would stay live, and call functions that do not exist.
func (m *module) stage() {
	api := m.app.API
	a := object{
		"api_id":      m.apiID(),
		"name":        api.Stage,
		"auto_deploy": true,
		"tags":        m.tags(nil),
	}
	if len(api.Variables) > 0 {
		a["stage_variables"] = template.Pairs(api.Variables)
	}
	if settings := m.settings(api.Settings); len(settings) > 0 {
		a["default_route_settings"] = settings
	}
	if set := api.Settings.Complete(); set.AccessLogARN != "" {
		a["access_log_settings"] = object{
			"destination_arn": set.AccessLogARN, "format": set.AccessLogFormat,
		}
	}
	m.add("aws_apigatewayv2_stage", stageName, a)
}

// settings returns the settings of all routes. If there are any, limits are among them: Terraform's
// provider sends 0 for a missing limit, which lets no message through
// (https://github.com/hashicorp/terraform-provider-aws/issues/14742).
func (m *module) settings(set spec.StageSettings) object {
	a := object{}
	if set.LoggingLevel != "" {
		a["logging_level"] = set.LoggingLevel
	}
	if set.DataTrace {
		a["data_trace_enabled"] = true
	}
	if set.DetailedMetrics {
		a["detailed_metrics_enabled"] = true
	}
	if len(a) == 0 && set.ThrottlingRate == 0 && set.ThrottlingBurst == 0 {
		return a
	}
	a["throttling_rate_limit"], a["throttling_burst_limit"] = m.accountLimits()
	if set.ThrottlingRate > 0 {
		a["throttling_rate_limit"] = set.ThrottlingRate
	}
	if set.ThrottlingBurst > 0 {
		a["throttling_burst_limit"] = set.ThrottlingBurst
	}
	return a
}

// accountLimits returns [spec.AccountLimits] in the region that the configuration is applied in.
func (m *module) accountLimits() (rate, burst template.Expr) {
	low := spec.LowLimitRegions()
	lowRate, lowBurst := spec.AccountLimits(low[0])
	usualRate, usualBurst := spec.AccountLimits("")
	regions := `["` + strings.Join(low, `", "`) + `"]`
	choose := func(low, usual any) template.Expr {
		region := strings.TrimSuffix(strings.TrimPrefix(m.Account.Region, "${"), "}")
		return template.Expr(fmt.Sprintf("${contains(%s, %s) ? %v : %v}", regions, region, low, usual))
	}
	return choose(lowRate, usualRate), choose(lowBurst, usualBurst)
}
