package awstest_test

import (
	"fmt"
	"testing"
)

const logGroup = "arn:aws:logs:us-west-2:123456789012:log-group:/ws/access"

func TestCreateStageRefuses(t *testing.T) {
	settings := func(s in) in { return in{"DefaultRouteSettings": s} }
	access := func(destination, format string) in {
		return in{"AccessLogSettings": in{"DestinationArn": destination, "Format": format}}
	}
	for name, row := range map[string]struct {
		change     in
		code, text string
	}{
		"a name that is taken": {in{"StageName": "dev"}, "ConflictException", "Stage already exists"},
		"a name with a dot":    {in{"StageName": "v1.0"}, "BadRequestException", "Stage name"},
		"no such deployment":   {in{"DeploymentId": "none"}, "BadRequestException", "none"},
		"a deployment and autoDeploy": {
			in{"AutoDeploy": true}, "BadRequestException", "auto deploy is enabled",
		},
		"too much": {settings(in{"ThrottlingRateLimit": 10001.5}), "BadRequestException", "rate"},
		"a wave":   {settings(in{"ThrottlingBurstLimit": 5001}), "BadRequestException", "burst"},
		"no such route": {
			in{"RouteSettings": in{"none": in{}}}, "NotFoundException", "Unable to find Route by key none",
		},
		"a log elsewhere": {
			access("arn:aws:s3:::bucket", "$context.requestId"), "BadRequestException", "Invalid ARN",
		},
		"a log with a wildcard": {
			access(logGroup+":*", "$context.requestId"), "BadRequestException", "Invalid ARN",
		},
		"a log without the request": {
			access(logGroup, "$context.status"), "BadRequestException", "$context.requestId",
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAccount(t)
			a.AllowStageLogs()
			api := a.api()
			a.route(api, "$default")
			base := with(of(api), in{"StageName": "new", "DeploymentId": a.publish(api, "dev")})
			a.refused("apigatewayv2 CreateStage", with(base, row.change), row.code, row.text)
			if got := a.do("apigatewayv2 GetStages", of(api))["Items"].([]any); len(got) != 1 {
				t.Errorf("there are %d stages", len(got))
			}
		})
	}
}

func TestStageLogsNeedTheRoleOfTheAccount(t *testing.T) {
	a := newAccount(t)
	api := a.api()
	a.route(api, "$default")
	a.publish(api, "dev")
	stage := with(of(api), in{"StageName": "dev"})
	for _, change := range []in{
		{"AccessLogSettings": in{"DestinationArn": logGroup, "Format": "$context.requestId"}},
		{"DefaultRouteSettings": in{"LoggingLevel": "INFO"}},
	} {
		a.refused("apigatewayv2 UpdateStage", with(stage, change), "BadRequestException",
			"CloudWatch Logs role ARN must be set in account settings")
	}
	a.AllowStageLogs()
	a.do("apigatewayv2 UpdateStage", with(stage, in{"AccessLogSettings": in{
		"DestinationArn": logGroup, "Format": "$context.requestId",
	}}))
	a.do("apigatewayv2 DeleteAccessLogSettings", stage)
	if got := a.do("apigatewayv2 GetStage", stage)["AccessLogSettings"]; got != nil {
		t.Errorf("the access log is still %v", got)
	}
}

func TestStageRefusesTags(t *testing.T) {
	a := newAccount(t)
	a.refused("apigatewayv2 CreateStage", with(of(a.api()), in{
		"StageName": "dev", "Tags": in{"aws:x": "y"},
	}), "BadRequestException", "aws:")
}

func TestUpdateStage(t *testing.T) {
	a := newAccount(t)
	api := a.api()
	a.route(api, "$default")
	first := a.publish(api, "dev")
	stage := with(of(api), in{"StageName": "dev"})
	a.do("apigatewayv2 UpdateStage", with(stage, in{
		"StageVariables": in{"a": "1", "b": "2"},
		"RouteSettings":  in{"$default": in{"ThrottlingBurstLimit": 5}},
	}))
	a.do("apigatewayv2 UpdateStage", with(stage, in{
		"StageVariables": in{"a": "", "c": "3"}, "DefaultRouteSettings": in{"ThrottlingRateLimit": 0.5},
	}))
	got := a.do("apigatewayv2 GetStage", stage)
	for name, want := range map[string]string{
		"StageVariables": "map[b:2 c:3]", "DeploymentId": fmt.Sprint(first),
		"RouteSettings": "map[$default:map[ThrottlingBurstLimit:5]]",
		"DefaultRouteSettings": "map[DataTraceEnabled:false DetailedMetricsEnabled:false " +
			"LoggingLevel:OFF ThrottlingRateLimit:0.5]",
	} {
		if fmt.Sprint(got[name]) != want {
			t.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
	a.do("apigatewayv2 DeleteRouteSettings", with(stage, in{"RouteKey": "$default"}))
	a.refused("apigatewayv2 DeleteRouteSettings", with(stage, in{"RouteKey": "$default"}),
		"NotFoundException", "$default")
	if got := a.do("apigatewayv2 GetStage", stage)["RouteSettings"]; len(got.(in)) > 0 {
		t.Errorf("route settings %v are left", got)
	}
	a.do("apigatewayv2 DeleteStage", stage)
	a.refused("apigatewayv2 UpdateStage", stage, "NotFoundException", "Stage")
}

func TestAutoDeploy(t *testing.T) {
	a := newAccount(t)
	api := a.api()
	a.do("apigatewayv2 CreateStage", with(of(api), in{"StageName": "dev", "AutoDeploy": true}))
	stage := with(of(api), in{"StageName": "dev"})
	if got := a.do("apigatewayv2 GetStage", stage)["DeploymentId"]; got != nil {
		t.Errorf("without routes there is deployment %v", got)
	}
	a.route(api, "$default")
	first := a.do("apigatewayv2 GetStage", stage)["DeploymentId"]
	a.route(api, "more")
	second := a.do("apigatewayv2 GetStage", stage)["DeploymentId"]
	if first == nil || first == second {
		t.Errorf("deployment %v, then %v", first, second)
	}
}
