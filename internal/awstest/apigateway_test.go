package awstest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

const (
	functionARN = "arn:aws:lambda:us-west-2:123456789012:function:f"
	functionURI = "arn:aws:apigateway:us-west-2:lambda:path/2015-03-31/functions/" + functionARN +
		"/invocations"
)

// api makes an API with an integration, and returns their identifiers as an input.
func (a *account) api() in {
	a.t.Helper()
	id := a.do("apigatewayv2 CreateApi", in{
		"Name": "echo", "ProtocolType": "WEBSOCKET",
		"RouteSelectionExpression": "$request.body.action",
	})["ApiId"]
	integration := a.do("apigatewayv2 CreateIntegration", in{
		"ApiId": id, "IntegrationType": "AWS_PROXY", "IntegrationUri": functionURI,
	})["IntegrationId"]
	return in{"ApiId": id, "IntegrationId": integration}
}

// of returns the input that names the API of another.
func of(api in) in { return in{"ApiId": api["ApiId"]} }

// route makes a route to the integration of an API and returns its identifier.
func (a *account) route(api in, key string) any {
	a.t.Helper()
	return a.do("apigatewayv2 CreateRoute", with(of(api), in{
		"RouteKey": key, "Target": fmt.Sprintf("integrations/%v", api["IntegrationId"]),
	}))["RouteId"]
}

// publish deploys an API to a new stage.
func (a *account) publish(api in, stage string) any {
	a.t.Helper()
	id := a.do("apigatewayv2 CreateDeployment", of(api))["DeploymentId"]
	a.do("apigatewayv2 CreateStage", with(of(api), in{"StageName": stage, "DeploymentId": id}))
	return id
}

func TestCreateApiRefuses(t *testing.T) {
	base := in{
		"Name": "echo", "ProtocolType": "WEBSOCKET",
		"RouteSelectionExpression": "$request.body.action",
	}
	for name, row := range map[string]struct {
		change     in
		code, text string
	}{
		"no selection":  {in{"RouteSelectionExpression": nil}, "BadRequestException", "required"},
		"no name":       {in{"Name": ""}, "BadRequestException", "name"},
		"a target":      {in{"Target": functionURI}, "BadRequestException", "Target"},
		"reserved tags": {in{"Tags": in{"aws:x": "y"}}, "BadRequestException", "aws:"},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAccount(t)
			a.refused("apigatewayv2 CreateApi", with(base, row.change), row.code, row.text)
			if got := a.Resources(); len(got) > 0 {
				t.Errorf("it was made all the same: %q", got)
			}
		})
	}
}

func TestApi(t *testing.T) {
	a := newAccount(t)
	api := of(a.api())
	got := a.do("apigatewayv2 GetApi", api)
	id := got["ApiId"].(string)
	if want := "wss://" + id + ".execute-api.us-west-2.amazonaws.com"; got["ApiEndpoint"] != want {
		t.Errorf("endpoint %v, want %v", got["ApiEndpoint"], want)
	}
	if want := []string{"apigatewayv2 api " + id + " echo"}; !slices.Equal(a.Resources(), want) {
		t.Errorf("resources %q, want %q", a.Resources(), want)
	}
	a.do("apigatewayv2 UpdateApi", with(api, in{"Description": "d"}))
	if got := a.do("apigatewayv2 GetApi", api); got["Description"] != "d" || got["Name"] != "echo" {
		t.Errorf("after an update: %v", got)
	}
	a.refused("apigatewayv2 UpdateApi", with(api, in{"RouteSelectionExpression": ""}),
		"BadRequestException", "required")
	a.do("apigatewayv2 DeleteApi", api)
	a.refused("apigatewayv2 GetApi", api, "NotFoundException", "123456789012:"+id)
	a.refused("apigatewayv2 GetRoutes", api, "NotFoundException", id)
	if got := a.Resources(); len(got) > 0 {
		t.Errorf("after its deletion there is %q", got)
	}
}

// Two APIs may have one name: a deployer that does not look for its API makes a second one.
func TestApisHavePages(t *testing.T) {
	a := newAccount(t)
	for range 3 {
		a.api()
	}
	seen := make(map[any]bool)
	next := in{"MaxResults": "100"}
	for range 2 {
		out := a.do("apigatewayv2 GetApis", next)
		for _, api := range out["Items"].([]any) {
			seen[api.(in)["ApiId"]] = true
		}
		next = with(in{}, in{"NextToken": out["NextToken"]})
	}
	if len(seen) != 3 || len(next) != 0 {
		t.Errorf("two pages have %d of 3 APIs, then %v", len(seen), next)
	}
	a.refused("apigatewayv2 GetApis", in{"MaxResults": "many"}, "BadRequestException", "maxResults")
}

func TestCreateIntegrationRefuses(t *testing.T) {
	elsewhere := strings.ReplaceAll(functionURI, "us-west-2", "eu-west-1")
	for name, row := range map[string]struct {
		change in
		text   string
	}{
		"no address":          {in{"IntegrationUri": nil}, "URI"},
		"the ARN itself":      {in{"IntegrationUri": functionARN}, "URI"},
		"another region":      {in{"IntegrationUri": elsewhere}, "URI"},
		"a GET":               {in{"IntegrationMethod": "GET"}, "HTTP method"},
		"another format":      {in{"PayloadFormatVersion": "2.0"}, "2.0"},
		"more than 29 s":      {in{"TimeoutInMillis": 29_001}, "29000"},
		"an API that is gone": {in{"ApiId": "gone"}, "API identifier"},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAccount(t)
			base := with(of(a.api()), in{"IntegrationType": "AWS_PROXY", "IntegrationUri": functionURI})
			code := "BadRequestException"
			if row.change["ApiId"] != nil {
				code = "NotFoundException"
			}
			a.refused("apigatewayv2 CreateIntegration", with(base, row.change), code, row.text)
		})
	}
}

func TestIntegration(t *testing.T) {
	a := newAccount(t)
	api := a.api()
	a.do("apigatewayv2 UpdateIntegration", with(api, in{
		"RequestParameters": in{
			"integration.request.header.a": "'1'", "integration.request.header.b": "'2'",
		},
	}))
	a.do("apigatewayv2 UpdateIntegration", with(api, in{
		"TimeoutInMillis": 5000, "RequestParameters": in{"integration.request.header.a": ""},
	}))
	got := a.do("apigatewayv2 GetIntegration", api)
	for name, want := range map[string]string{
		"TimeoutInMillis": "5000", "IntegrationUri": functionURI, "ConnectionType": "INTERNET",
		"RequestParameters": "map[integration.request.header.b:'2']",
	} {
		if fmt.Sprint(got[name]) != want {
			t.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
	route := a.route(api, "$default")
	a.refused("apigatewayv2 DeleteIntegration", api, "ConflictException",
		fmt.Sprintf("referenced by the following Routes with Ids: [%v]", route))
	unused := a.do("apigatewayv2 CreateIntegration", with(of(api), in{
		"IntegrationType": "AWS_PROXY", "IntegrationUri": functionURI,
	}))
	a.do("apigatewayv2 DeleteIntegration", with(api, in{"IntegrationId": unused["IntegrationId"]}))
	a.do("apigatewayv2 DeleteRoute", with(of(api), in{"RouteId": route}))
	a.do("apigatewayv2 DeleteIntegration", api)
	a.refused("apigatewayv2 GetIntegration", api, "NotFoundException", "Integration")
}

func TestCreateRouteRefuses(t *testing.T) {
	for name, row := range map[string]struct {
		change     in
		code, text string
	}{
		"the same key": {
			in{"RouteKey": "$connect"},
			"ConflictException",
			"Route with key $connect already exists for this API",
		},
		"no key": {in{"RouteKey": ""}, "BadRequestException", "key"},
		"an integration that is not there": {
			in{"Target": "integrations/none"}, "NotFoundException", "none",
		},
		"a target that is no integration": {in{"Target": functionURI}, "BadRequestException", "target"},
		"a selection of its own": {
			in{"RouteResponseSelectionExpression": "$x"}, "BadRequestException", "$default",
		},
		"IAM after the connection": {
			in{"AuthorizationType": "AWS_IAM"}, "BadRequestException", "restricted to the $connect route",
		},
		"an authorizer after the connection": {
			in{"AuthorizationType": "CUSTOM", "AuthorizerId": "none"},
			"BadRequestException", "$connect route",
		},
		"a token": {in{"AuthorizationType": "JWT"}, "BadRequestException", "JWT"},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAccount(t)
			api := a.api()
			a.route(api, "$connect")
			base := with(of(api), in{"RouteKey": "report"})
			a.refused("apigatewayv2 CreateRoute", with(base, row.change), row.code, row.text)
			if got := a.do("apigatewayv2 GetRoutes", of(api))["Items"].([]any); len(got) != 1 {
				t.Errorf("there are %d routes", len(got))
			}
		})
	}
}

func TestUpdateRoute(t *testing.T) {
	a := newAccount(t)
	api := a.api()
	route := with(of(api), in{"RouteId": a.route(api, "$connect")})
	a.route(api, "$default")
	a.refused("apigatewayv2 UpdateRoute", with(route, in{"RouteKey": "$default"}),
		"ConflictException", "$default")
	a.refused("apigatewayv2 UpdateRoute", with(route, in{"Target": "integrations/none"}),
		"NotFoundException", "none")
	a.do("apigatewayv2 UpdateRoute", with(route, in{"RouteKey": "$connect", "OperationName": "o"}))
	got := a.do("apigatewayv2 GetRoute", route)
	if got["OperationName"] != "o" || got["Target"] == nil {
		t.Errorf("after an update: %v", got)
	}
}

func TestRouteResponse(t *testing.T) {
	a := newAccount(t)
	api := a.api()
	route := with(of(api), in{"RouteId": a.route(api, "$default")})
	response := with(route, in{"RouteResponseKey": "$default"})
	a.refused("apigatewayv2 CreateRouteResponse", with(response, in{"RouteResponseKey": "ok"}),
		"BadRequestException", "$default")
	made := a.do("apigatewayv2 CreateRouteResponse", response)
	a.refused("apigatewayv2 CreateRouteResponse", response, "ConflictException", "already exists")
	got := a.do("apigatewayv2 GetRouteResponses", route)["Items"].([]any)
	if len(got) != 1 || got[0].(in)["RouteResponseId"] != made["RouteResponseId"] {
		t.Errorf("responses %v, want %v", got, made)
	}
	a.do("apigatewayv2 UpdateRouteResponse", with(route, in{
		"RouteResponseId": made["RouteResponseId"], "ModelSelectionExpression": "$request.body.x",
	}))
	a.refused("apigatewayv2 GetRouteResponses", with(route, in{"RouteId": "gone"}),
		"NotFoundException", "Route")
}

func TestAuthorizer(t *testing.T) {
	a := newAccount(t)
	api := a.api()
	base := with(of(api), in{
		"AuthorizerType": "REQUEST", "Name": "gate", "AuthorizerUri": functionURI,
		"IdentitySource": []any{"route.request.querystring.token"},
	})
	for text, change := range map[string]in{
		"REQUEST":                      {"AuthorizerType": "JWT"},
		"URI":                          {"AuthorizerUri": nil},
		"identity source":              {"IdentitySource": []any{"token"}},
		"AuthorizerResultTtlInSeconds": {"AuthorizerResultTtlInSeconds": 300},
	} {
		a.refused("apigatewayv2 CreateAuthorizer", with(base, change), "BadRequestException", text)
	}
	id := a.do("apigatewayv2 CreateAuthorizer", base)["AuthorizerId"]
	a.refused("apigatewayv2 CreateAuthorizer", base, "BadRequestException", "unique")
	a.do("apigatewayv2 UpdateAuthorizer", with(of(api), in{"AuthorizerId": id, "Name": "gate"}))
	a.refused("apigatewayv2 CreateRoute", with(of(api), in{
		"RouteKey": "$connect", "AuthorizationType": "CUSTOM", "AuthorizerId": "gone",
	}), "BadRequestException", "authorizer")
	route := a.do("apigatewayv2 CreateRoute", with(of(api), in{
		"RouteKey": "$connect", "AuthorizationType": "CUSTOM", "AuthorizerId": id,
	}))
	a.refused("apigatewayv2 DeleteAuthorizer", with(of(api), in{"AuthorizerId": id}),
		"ConflictException", "Cannot delete authorizer 'gate', is referenced in route: $connect")
	a.do("apigatewayv2 UpdateRoute", with(of(api), in{
		"RouteId": route["RouteId"], "AuthorizationType": "NONE",
	}))
	a.do("apigatewayv2 DeleteAuthorizer", with(of(api), in{"AuthorizerId": id}))
}

func TestDeployment(t *testing.T) {
	a := newAccount(t)
	api := a.api()
	a.refused("apigatewayv2 CreateDeployment", of(api), "BadRequestException",
		"At least one route is required")
	a.route(api, "$default")
	first := a.publish(api, "dev")
	one := with(of(api), in{"DeploymentId": first})
	if got := a.do("apigatewayv2 GetDeployment", one)["DeploymentStatus"]; got != "DEPLOYED" {
		t.Errorf("a deployment is %v", got)
	}
	a.refused("apigatewayv2 DeleteDeployment", one, "BadRequestException", "Active stages")
	a.refused("apigatewayv2 CreateDeployment", with(of(api), in{"StageName": "prod"}),
		"NotFoundException", "prod")
	second := a.do("apigatewayv2 CreateDeployment", with(of(api), in{"StageName": "dev"}))
	stage := with(of(api), in{"StageName": "dev"})
	if got := a.do("apigatewayv2 GetStage", stage)["DeploymentId"]; got != second["DeploymentId"] {
		t.Errorf("the stage has deployment %v, want %v", got, second["DeploymentId"])
	}
	a.do("apigatewayv2 DeleteDeployment", one)
	if got := a.do("apigatewayv2 GetDeployments", of(api))["Items"].([]any); len(got) != 1 {
		t.Errorf("%d deployments are left, want 1", len(got))
	}
}

func TestDomainName(t *testing.T) {
	a := newAccount(t)
	api := a.api()
	a.route(api, "$default")
	a.publish(api, "dev")
	certificate := in{"CertificateArn": "arn:aws:acm:us-west-2:123456789012:certificate/1"}
	base := in{"DomainName": "ws.example.com", "DomainNameConfigurations": []any{certificate}}
	edge := with(certificate, in{"EndpointType": "EDGE"})
	elsewhere := in{"CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/1"}
	for text, change := range map[string]in{
		"one configuration":             {"DomainNameConfigurations": nil},
		"must be in 'us-west-2'":        {"DomainNameConfigurations": []any{elsewhere}},
		"are REGIONAL and use TLS_1_2":  {"DomainNameConfigurations": []any{edge}},
		"cannot start with aws: aws:no": {"Tags": in{"aws:no": "x"}},
	} {
		a.refused("apigatewayv2 CreateDomainName", with(base, change), "BadRequestException", text)
	}
	made := a.do("apigatewayv2 CreateDomainName", base)
	a.refused("apigatewayv2 CreateDomainName", base, "ConflictException", "already exists")
	changed := a.do("apigatewayv2 UpdateDomainName", base)
	host := func(d in) any {
		return d["DomainNameConfigurations"].([]any)[0].(in)["ApiGatewayDomainName"]
	}
	if host(made) != host(changed) {
		t.Errorf("an update moves the host from %v to %v", host(made), host(changed))
	}
	name := in{"DomainName": "ws.example.com"}
	if !slices.Contains(a.Resources(), "apigatewayv2 domain ws.example.com") {
		t.Errorf("resources %q", a.Resources())
	}
	a.do("apigatewayv2 DeleteDomainName", name)
	a.refused("apigatewayv2 GetDomainName", name, "NotFoundException", "domain name")
	a.refused("apigatewayv2 GetApiMappings", name, "NotFoundException", "domain name")
}

func TestApiMapping(t *testing.T) {
	a := newAccount(t)
	api := a.api()
	a.route(api, "$default")
	a.publish(api, "dev")
	name := in{"DomainName": "ws.example.com"}
	a.do("apigatewayv2 CreateDomainName", with(name, in{"DomainNameConfigurations": []any{
		in{"CertificateArn": "arn:aws:acm:us-west-2:123456789012:certificate/1"},
	}}))
	base := with(name, in{"ApiId": api["ApiId"], "Stage": "dev"})
	a.refused("apigatewayv2 CreateApiMapping", with(base, in{"Stage": "prod"}),
		"BadRequestException", "stage")
	a.refused("apigatewayv2 CreateApiMapping", with(base, in{"ApiId": "gone"}),
		"NotFoundException", "API")
	a.refused("apigatewayv2 CreateApiMapping", with(base, in{"ApiMappingKey": "a b"}),
		"BadRequestException", "key")
	made := a.do("apigatewayv2 CreateApiMapping", with(base, in{"ApiMappingKey": "(none)"}))
	a.refused("apigatewayv2 CreateApiMapping", base, "ConflictException", "already exists")
	more := a.do("apigatewayv2 CreateApiMapping", with(base, in{"ApiMappingKey": "v2"}))
	id := with(name, in{"ApiMappingId": more["ApiMappingId"], "ApiId": api["ApiId"]})
	a.refused("apigatewayv2 UpdateApiMapping", with(id, in{"ApiMappingKey": ""}),
		"ConflictException", "already exists")
	a.do("apigatewayv2 UpdateApiMapping", with(id, in{"ApiMappingKey": "v2", "Stage": "dev"}))
	a.do("apigatewayv2 DeleteApiMapping", with(name, in{"ApiMappingId": more["ApiMappingId"]}))
	a.do("apigatewayv2 DeleteApi", of(a.api()))
	a.do("apigatewayv2 CreateStage", with(of(api), in{"StageName": "other"}))
	a.do("apigatewayv2 DeleteStage", with(of(api), in{"StageName": "other"}))
	a.refused("apigatewayv2 DeleteApi", of(api), "BadRequestException", "remove all API mappings")
	a.refused("apigatewayv2 DeleteStage", with(of(api), in{"StageName": "dev"}),
		"BadRequestException", "remove all API mappings")
	a.do("apigatewayv2 DeleteApiMapping", with(name, in{"ApiMappingId": made["ApiMappingId"]}))
	a.do("apigatewayv2 DeleteApi", of(api))
}

func TestGatewayTags(t *testing.T) {
	a := newAccount(t)
	api := a.api()
	a.route(api, "$default")
	a.publish(api, "dev")
	a.do("apigatewayv2 CreateDomainName", in{
		"DomainName": "ws.example.com", "DomainNameConfigurations": []any{
			in{"CertificateArn": "arn:aws:acm:us-west-2:123456789012:certificate/1"},
		},
	})
	const all = "arn:aws:apigateway:us-west-2::/"
	base := all + fmt.Sprintf("apis/%v", api["ApiId"])
	for _, arn := range []string{base, base + "/stages/dev", all + "domainnames/ws.example.com"} {
		resource := in{"ResourceArn": arn}
		a.do("apigatewayv2 TagResource", with(resource, in{"Tags": in{"a": "1", "b": "2"}}))
		a.do("apigatewayv2 UntagResource", with(resource, in{"TagKeys": []any{"a"}}))
		if got := fmt.Sprint(a.do("apigatewayv2 GetTags", resource)["Tags"]); got != "map[b:2]" {
			t.Errorf("tags of %s are %s, want b only", arn, got)
		}
	}
	if got := fmt.Sprint(a.do("apigatewayv2 GetApi", of(api))["Tags"]); got != "map[b:2]" {
		t.Errorf("GetApi has tags %s", got)
	}
	many := in{}
	for i := range 50 {
		many[fmt.Sprint(i)] = ""
	}
	for text, tags := range map[string]in{
		"aws:": {"aws:a": "1"}, "up to 256": {"a": strings.Repeat("v", 257)}, "more than 50": many,
	} {
		a.refused("apigatewayv2 TagResource", in{"ResourceArn": base, "Tags": tags},
			"BadRequestException", text)
	}
	a.refused("apigatewayv2 GetTags", in{"ResourceArn": base + "x"}, "NotFoundException", "")
	a.refused("apigatewayv2 GetTags", in{"ResourceArn": "echo"}, "BadRequestException", "ARN")
}
