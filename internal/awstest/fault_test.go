package awstest_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/tyg-dev/tyg/internal/awstest"
)

// createGroup creates a log group, which is one call.
func createGroup(t *testing.T, cfg aws.Config, name string) error {
	t.Helper()
	_, err := cloudwatchlogs.NewFromConfig(cfg).CreateLogGroup(t.Context(),
		&cloudwatchlogs.CreateLogGroupInput{LogGroupName: &name})
	return err
}

func TestFaults(t *testing.T) {
	tests := []struct {
		fault  awstest.Fault
		code   string
		exists bool
	}{
		{awstest.None, "", true},
		{awstest.Refuse, "InternalFailure", false},
		{awstest.Throttle, "", true}, // the client's second attempt
		{awstest.Deny, "AccessDeniedException", false},
		{awstest.Lose, "?", true},
		{awstest.LoseOnce, "ResourceAlreadyExistsException", true},
	}
	for _, tt := range tests {
		c, cfg := start(t)
		c.SetFault(func(n int, service, operation string) awstest.Fault {
			if n == 1 && service == "logs" && operation == "CreateLogGroup" {
				return tt.fault
			}
			return awstest.None
		})
		wantCode(t, "call 0", createGroup(t, cfg, "first"), "")
		wantCode(t, "call 1", createGroup(t, cfg, "second"), tt.code)
		if got := len(c.Resources()) == 2; got != tt.exists {
			t.Errorf("fault %d: %v, want the group to exist: %t", tt.fault, c.Resources(), tt.exists)
		}
		calls := c.Calls()
		if len(calls) != 2 {
			t.Errorf("fault %d: %d calls, want 2: attempts are not calls", tt.fault, len(calls))
		}
		if want := strings.Trim(tt.code, "?"); calls[1].Code != want {
			t.Errorf("fault %d: recorded code %q, want %q", tt.fault, calls[1].Code, want)
		}
	}
}

// A call with the fault Lose takes effect once, a call with LoseOnce again when it is sent again:
// API Gateway allows two APIs of one name.
func TestLoseTakesEffectOnce(t *testing.T) {
	for fault, want := range map[awstest.Fault]int{awstest.Lose: 1, awstest.LoseOnce: 2} {
		c, cfg := start(t)
		c.SetFault(func(int, string, string) awstest.Fault { return fault })
		_, err := apigatewayv2.NewFromConfig(cfg).CreateApi(t.Context(), &apigatewayv2.CreateApiInput{
			Name: aws.String("n"), ProtocolType: types.ProtocolTypeWebsocket,
			RouteSelectionExpression: aws.String("$request.body.action"),
		})
		if lost := err != nil; lost != (fault == awstest.Lose) {
			t.Errorf("fault %d: %v", fault, err)
		}
		if got := c.Resources(); len(got) != want {
			t.Errorf("fault %d: %q, want %d", fault, got, want)
		}
	}
}

func TestCalls(t *testing.T) {
	c, cfg := start(t)
	wantCode(t, "create", createGroup(t, cfg, "a"), "")
	wantCode(t, "create again", createGroup(t, cfg, "a"), "ResourceAlreadyExistsException")
	c.SetFault(func(int, string, string) awstest.Fault { return awstest.Refuse })
	wantCode(t, "refused", createGroup(t, cfg, "b"), "InternalFailure")
	want := []awstest.Call{
		{Service: "logs", Operation: "CreateLogGroup", Attempts: 1},
		{Code: "ResourceAlreadyExistsException", Attempts: 1},
		{Code: "InternalFailure", Attempts: 2},
	}
	calls := c.Calls()
	if len(calls) != len(want) {
		t.Fatalf("%d calls, want %d", len(calls), len(want))
	}
	if calls[0].Service != "logs" || calls[0].Operation != "CreateLogGroup" {
		t.Errorf("call 0 is %s %s", calls[0].Service, calls[0].Operation)
	}
	if got := calls[0].Input["logGroupName"]; got != "a" {
		t.Errorf("input has name %v, want a", got)
	}
	for i := range want {
		if calls[i].Code != want[i].Code || calls[i].Attempts != want[i].Attempts {
			t.Errorf("call %d: %q after %d attempts, want %q after %d", i,
				calls[i].Code, calls[i].Attempts, want[i].Code, want[i].Attempts)
		}
	}
}

// Each service has an error of its own for throttling, which the client must recognise and retry.
func TestThrottleIsKnown(t *testing.T) {
	c, cfg := start(t)
	c.SetFault(func(int, string, string) awstest.Fault { return awstest.Throttle })
	_, err := iam.NewFromConfig(cfg).GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String("x")})
	wantCode(t, "iam", err, "NoSuchEntity")
	_, err = lambda.NewFromConfig(cfg).GetFunction(t.Context(),
		&lambda.GetFunctionInput{FunctionName: aws.String("x")})
	wantCode(t, "lambda", err, "ResourceNotFoundException")
	for _, call := range c.Calls() {
		if call.Attempts != 2 {
			t.Errorf("%s %s: %d attempts, want 2", call.Service, call.Operation, call.Attempts)
		}
	}
}

func TestDenyNamesActionAndResource(t *testing.T) {
	tests := []struct {
		service string
		r       *http.Request
		want    string
	}{
		{
			"iam", form(url.Values{"Action": {"GetRole"}, "RoleName": {"x"}}),
			"iam:GetRole on resource: arn:aws:iam::123456789012:role/x",
		},
		{
			"sts", form(url.Values{"Action": {"GetCallerIdentity"}, "Version": {"2011-06-15"}}),
			"sts:GetCallerIdentity on resource: *",
		},
		{
			"lambda", httptest.NewRequest("GET", "/2015-03-31/functions/x", nil),
			"lambda:GetFunction on resource: arn:aws:lambda:us-west-2:123456789012:function:x",
		},
		{
			"lambda", httptest.NewRequest("POST", "/2015-03-31/functions/x/invocations", nil),
			"lambda:InvokeFunction on resource: arn:aws:lambda:us-west-2:123456789012:function:x",
		},
		{
			"apigateway", httptest.NewRequest("PATCH", "/v2/apis/x", strings.NewReader("{}")),
			"apigateway:PATCH on resource: arn:aws:apigateway:us-west-2::/apis/x",
		},
		{
			"logs", rpc("DeleteLogGroup", object{"logGroupName": "x"}), "logs:DeleteLogGroup on " +
				"resource: arn:aws:logs:us-west-2:123456789012:log-group:x:log-stream:",
		},
		{
			"dynamodb", dynamo("DescribeTable", object{"TableName": "xxx"}),
			"dynamodb:DescribeTable on resource: arn:aws:dynamodb:us-west-2:123456789012:table/xxx",
		},
	}
	for _, tt := range tests {
		c := awstest.New()
		c.SetFault(func(int, string, string) awstest.Fault { return awstest.Deny })
		status, body := send(t, c, tt.service, tt.r)
		want := "User: arn:aws:iam::123456789012:user/tester is not authorized to perform: " +
			tt.want + " because no identity-based policy allows the "
		if status != 400 && status != 403 || !strings.Contains(body, want) {
			t.Errorf("status %d: %s\nwant %s", status, body, want)
		}
		if got := c.Violations(); len(got) > 0 {
			t.Errorf("violations %q", got)
		}
	}
}
