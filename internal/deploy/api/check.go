package api

import (
	"slices"
	"strings"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/route"

	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// A checker checks an API and its custom domain name.
type checker struct{ *spec.Checker }

func check(sc *spec.Checker, a spec.Application) {
	c := checker{sc}
	c.api(a)
	c.domain(a)
}

func (c checker) api(a spec.Application) {
	api := a.API
	// (https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-stages.html)
	c.Want(spec.Matches(`[A-Za-z0-9_-]{1,128}`, api.Stage),
		"api_gateway_stage is %q: it must have 1 to 128 letters, digits, - and _", api.Stage)
	c.ipAddressType("ip_address_type", api.IPAddressType)
	c.routes(a)
	c.authorizer(a)
	c.settings(api.Settings)
	for name, value := range api.Variables {
		// (https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-stage-variables.html)
		c.Want(spec.Matches(`[A-Za-z0-9_]+`, name) && spec.Matches(`[A-Za-z0-9._~:/?#&=,-]*`, value),
			"stage_variables: %q is %q; a name has letters, digits and _, a value those and -._~:/?#&=,",
			name, value)
	}
}

// maxPrefix is how many characters the path of a custom domain name may have.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-mappings.html)
const maxPrefix = 300

func (c checker) domain(a spec.Application) {
	if a.API.Domain == nil {
		return
	}
	d := *a.API.Domain
	c.Want(d.Name != "", "websocket_api_custom_domain: domain_name is not given")
	c.Want(!d.Request || d.CertificateARN == "", "websocket_api_custom_domain: there are certificate "+
		"and certificate_arn; leave out one of them")
	c.Want(spec.Matches(`auto|none|Z[A-Z0-9]{1,31}`, d.HostedZone()), "websocket_api_custom_domain: "+
		"hosted_zone is %q: it must be auto, none, or the id of a zone, such as Z0123456789ABC", d.Zone)
	c.Want(d.Request || strings.HasPrefix(d.CertificateARN, "arn:"),
		"websocket_api_custom_domain: certificate_arn is %q, which is not the ARN of a certificate",
		d.CertificateARN)
	c.Want(spec.Matches(`[A-Za-z0-9$_.+!*'()/-]*`, d.Key()) && len(d.Key()) <= maxPrefix,
		"websocket_api_custom_domain: url_prefix is %q: it may have %d letters, digits and $-_.+!*'()/",
		d.Prefix, maxPrefix)
	c.ipAddressType("websocket_api_custom_domain: ip_address_type", d.IPAddressType)
	c.Tags("websocket_api_custom_domain: tags", a.ResourceTags(d.Tags), d.Tags)
}

// (https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-ip-address-type.html)
func (c checker) ipAddressType(key, value string) {
	c.Want(slices.Contains([]string{"", "ipv4", "dualstack"}, value),
		"%s is %q: it must be ipv4 or dualstack", key, value)
}

func (c checker) routes(a spec.Application) {
	var keys []string
	for _, r := range a.API.Routes {
		c.Want(!slices.Contains(keys, r.Key), "there are two routes with the key %q: register one", r.Key)
		keys = append(keys, r.Key)
		c.Want(len(r.Key) <= 128,
			"the route key %q has %d bytes, and API Gateway allows 128", r.Key, len(r.Key))
		c.Want(a.HasFunction(r.Function), "lambda_functions: route %q is for %q, which is no function",
			r.Key, r.Function)
	}
	c.Want(len(keys) > 0, "there are no routes: the application has no handlers, such as OnMessage")
	if _, err := route.New(a.API.Selection(), keys); err != nil {
		c.Want(false, "the routes of OnRoute and the App's RouteSelection: %w", err)
	}
}

// authorizer checks how $connect authorizes clients. API Gateway does so for that route only.
func (c checker) authorizer(a spec.Application) {
	auth := a.API.Authorizer
	if auth == nil && !a.API.IAM && !a.API.APIKey {
		return
	}
	c.Want(slices.ContainsFunc(a.API.Routes, func(r spec.Route) bool {
		return r.Key == tyg.RouteConnect
	}),
		"there is an authorizer and no route $connect, and API Gateway asks it for that only")
	if auth == nil {
		return
	}
	c.Want(!a.API.IAM, "connect: authorization is iam, and there is an authorizer, too: a route has "+
		"one of them")
	c.Want(auth.ARN != "" || a.HasFunction(auth.Function),
		"lambda_functions: the authorizer is for %q, which is no function", auth.Function)
	c.Want(auth.ARN == "" || spec.Matches(`arn:aws[a-zA-Z-]*:lambda:[a-z0-9-]+:\d{12}:function:.+`,
		auth.ARN),
		"connect.authorizer: function_arn is %q, which is not the ARN of a function", auth.ARN)
	c.Want(auth.RoleARN == "" || spec.Matches(`arn:aws[a-zA-Z-]*:iam::\d{12}:role/.+`, auth.RoleARN),
		"connect.authorizer: role_arn is %q, which is not the ARN of a role", auth.RoleARN)
	for _, source := range auth.IdentitySources {
		c.identitySource(*auth, source)
	}
}

// identitySource checks an identity source. For OnAuthorize it does not allow values of $context,
// which only exist on AWS.
// (https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-authorizers.html)
func (c checker) identitySource(a spec.Authorizer, source string) {
	of := "OnAuthorize"
	if a.ARN != "" {
		of = "connect.authorizer"
	}
	if a.ARN != "" && strings.HasPrefix(source, "context.") {
		return
	}
	if strings.HasPrefix(source, "context.") {
		c.Want(false, "the identity source %q of %s is of the context of API Gateway, "+
			"which tyg does not support: look at the Request in the function", source, of)
		return
	}
	c.Want(
		spec.Matches(`(route\.request\.(header|querystring)|stageVariables)\.[A-Za-z0-9._-]+`, source),
		"the identity source %q of %s must be route.request.header.NAME, "+
			"route.request.querystring.NAME or stageVariables.NAME, and NAME has letters, digits and ._-",
		source, of)
}

// settings checks logging, throttling and the access log.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-logging.html)
func (c checker) settings(s spec.StageSettings) {
	c.Want(slices.Contains([]string{"", "OFF", "ERROR", "INFO"}, s.LoggingLevel),
		"logging_level is %q: it must be OFF, ERROR or INFO", s.LoggingLevel)
	c.Want(s.ThrottlingRate >= 0 && s.ThrottlingBurst >= 0,
		"throttling: rate_limit and burst_limit must not be negative")
	c.Want((s.AccessLogARN == "") == (s.AccessLogFormat == ""),
		"access_log: destination_arn and format go together; one of them is not given")
	c.Want(s.AccessLogARN == "" || strings.HasPrefix(s.AccessLogARN, "arn:"),
		"access_log: destination_arn is %q, which is not an ARN", s.AccessLogARN)
	c.Want(s.AccessLogFormat == "" || strings.Contains(s.AccessLogFormat, "$context.requestId") ||
		strings.Contains(s.AccessLogFormat, "$context.extendedRequestId"),
		"access_log: format must have $context.requestId or $context.extendedRequestId in it")
}
