package awstest_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/internal/awstest"
)

// served makes an API whose route $default calls the function f, live at the stage dev.
func (a *account) served() in {
	a.t.Helper()
	a.role("echo", "lambda")
	a.function("f")
	api := a.api()
	a.route(api, "$default")
	a.publish(api, "dev")
	a.permit(api, "/*")
	return api
}

// permit allows API Gateway to invoke f for the sources that begin with an API's identifier.
func (a *account) permit(api in, rest string) {
	a.t.Helper()
	a.do("lambda AddPermission", in{
		"FunctionName": "f", "StatementId": "gateway", "Action": "lambda:InvokeFunction",
		"Principal": "apigateway.amazonaws.com",
		"SourceArn": fmt.Sprintf("arn:aws:execute-api:us-west-2:123456789012:%v%s", api["ApiId"], rest),
	})
}

// live returns what is live at the stage dev.
func (a *account) live(api in) (awstest.Live, error) {
	return a.Live(api["ApiId"].(string), "dev")
}

// wantNotLive fails the test unless Live of the stage dev fails for a reason.
func (a *account) wantNotLive(api in, why string) {
	a.t.Helper()
	if _, err := a.live(api); err == nil || !strings.Contains(err.Error(), why) {
		a.t.Errorf("live: error %v, want %q", err, why)
	}
}

func TestLiveIsTheDeployment(t *testing.T) {
	a := newAccount(t)
	api := a.served()
	a.route(api, "report")
	a.do("apigatewayv2 UpdateApi", with(of(api), in{"RouteSelectionExpression": "$request.body.type"}))
	deployment := a.do("apigatewayv2 GetDeployments", of(api))["Items"].([]any)[0].(in)
	a.do("apigatewayv2 UpdateDeployment", with(of(api), in{
		"DeploymentId": deployment["DeploymentId"], "Description": "later",
	}))
	live, err := a.live(api)
	if err != nil {
		t.Fatal(err)
	}
	if live.RateLimit != nil || live.BurstLimit != nil {
		t.Errorf("a stage without limits has %v and %v", live.RateLimit, live.BurstLimit)
	}
	if got := slices.Collect(maps.Keys(live.Routes)); !slices.Equal(got, []string{"$default"}) {
		t.Errorf("before its deployment a route is live: %q", got)
	}
	if live.RouteSelection != "$request.body.action" {
		t.Errorf("before its deployment a selection is live: %s", live.RouteSelection)
	}
	id := a.do("apigatewayv2 CreateDeployment", of(api))["DeploymentId"]
	a.do("apigatewayv2 UpdateStage", with(of(api), in{"StageName": "dev", "DeploymentId": id}))
	live, err = a.live(api)
	if len(live.Routes) != 2 || live.RouteSelection != "$request.body.type" || err != nil {
		t.Errorf("after its deployment: %+v, %v", live, err)
	}
	for _, route := range a.do("apigatewayv2 GetRoutes", of(api))["Items"].([]any) {
		a.do("apigatewayv2 DeleteRoute", with(of(api), in{"RouteId": route.(in)["RouteId"]}))
	}
	a.do("apigatewayv2 DeleteIntegration", api)
	if live, err = a.live(api); len(live.Routes) != 2 || err != nil {
		t.Errorf("after the deletion of all routes: %+v, %v", live, err)
	}
}

func TestLiveFunction(t *testing.T) {
	a := newAccount(t)
	api := a.served()
	a.Settle = 0
	a.do("lambda UpdateFunctionConfiguration", in{
		"FunctionName": "f", "Timeout": 29, "Environment": in{"Variables": in{"TABLE": "chat"}},
	})
	a.do("apigatewayv2 UpdateStage", with(of(api), in{
		"StageName": "dev", "StageVariables": in{"v": "1"},
		"DefaultRouteSettings": in{"ThrottlingRateLimit": 0, "ThrottlingBurstLimit": 7},
	}))
	live, err := a.live(api)
	if err != nil {
		t.Fatal(err)
	}
	if live.RateLimit == nil || live.BurstLimit == nil {
		t.Fatalf("live without limits: %+v", live)
	}
	route := live.Routes["$default"]
	f := route.Function
	got := fmt.Sprintln(f.Name, f.Role, f.Runtime, f.Handler, f.Architecture, f.Timeout, f.Memory,
		f.Environment, route.Timeout, live.Variables, *live.RateLimit, *live.BurstLimit)
	want := fmt.Sprintln("f", "echo", "provided.al2023", "bootstrap", "x86_64", 29*time.Second, 128,
		"map[TABLE:chat]", 29*time.Second, "map[v:1]", 0, 7)
	if got != want {
		t.Errorf("live is %s, want %s", got, want)
	}
	if want := newFunction(t, "f")["Code"].(in)["ZipFile"].([]byte); !slices.Equal(f.Zip, want) {
		t.Errorf("the zip has %d bytes, want %d", len(f.Zip), len(want))
	}
}

func TestLiveNeedsPermission(t *testing.T) {
	for rest, allowed := range map[string]bool{
		"/*": true, "/*/*": true, "/dev/$default": true, "/*/$default": true,
		"/prod/*": false, "/*/$connect": false, "x/*": false, "/authorizers/*": false,
	} {
		t.Run(rest, func(t *testing.T) {
			a := newAccount(t)
			api := a.served()
			a.do("lambda RemovePermission", in{"FunctionName": "f", "StatementId": "gateway"})
			a.wantNotLive(api, "no permission to invoke function f")
			a.permit(api, rest)
			if _, err := a.live(api); (err == nil) != allowed {
				t.Errorf("live: error %v, want allowed %v", err, allowed)
			}
		})
	}
}

func TestLiveNeedsPermissionForAPIGateway(t *testing.T) {
	for name, row := range map[string]struct {
		change  in
		allowed bool
	}{
		"for any source":      {in{}, true},
		"of this account":     {in{"SourceAccount": awstest.Account}, true},
		"of another account":  {in{"SourceAccount": "210987654321"}, false},
		"for another service": {in{"Principal": "s3.amazonaws.com"}, false},
		"to look":             {in{"Action": "lambda:GetFunction"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAccount(t)
			api := a.served()
			a.do("lambda RemovePermission", in{"FunctionName": "f", "StatementId": "gateway"})
			a.do("lambda AddPermission", with(in{
				"FunctionName": "f", "StatementId": "s", "Action": "lambda:InvokeFunction",
				"Principal": "apigateway.amazonaws.com",
			}, row.change))
			if _, err := a.live(api); (err == nil) != row.allowed {
				t.Errorf("live: error %v, want allowed %v", err, row.allowed)
			}
		})
	}
}

func TestLiveNeedsAllItsParts(t *testing.T) {
	a := newAccount(t)
	api := a.served()
	if _, err := a.Live("gone", "dev"); err == nil {
		t.Error("an API that is gone is live")
	}
	_, err := a.Live(api["ApiId"].(string), "prod")
	if err == nil || !strings.Contains(err.Error(), "has no stage prod") {
		t.Errorf("a stage that is not there: %v", err)
	}
	a.do("lambda DeleteFunction", in{"FunctionName": "f"})
	a.wantNotLive(api, "there is no function")
	a.do("lambda CreateFunction", newFunction(t, "f"))
	a.permit(api, "/*")
	a.wantNotLive(api, "function f is Pending")
	a.do("lambda GetFunction", in{"FunctionName": "f"})
	if _, err := a.live(api); err != nil {
		t.Errorf("an Active function is not live: %v", err)
	}
	a.do("iam DeleteRole", in{"RoleName": "echo"})
	a.wantNotLive(api, "the role of function f cannot be assumed")
	a.role("echo", "ec2")
	a.wantNotLive(api, "the role of function f cannot be assumed")
	a.do("apigatewayv2 CreateRoute", with(of(api), in{"RouteKey": "lost"}))
	a.do("apigatewayv2 CreateDeployment", with(of(api), in{"StageName": "dev"}))
	a.wantNotLive(api, "route lost: it has no integration")
	mock := a.do("apigatewayv2 CreateIntegration", with(of(api), in{"IntegrationType": "MOCK"}))
	a.do("apigatewayv2 CreateRoute", with(of(api), in{
		"RouteKey": "mock", "Target": fmt.Sprintf("integrations/%v", mock["IntegrationId"]),
	}))
	a.do("apigatewayv2 CreateDeployment", with(of(api), in{"StageName": "dev"}))
	a.wantNotLive(api, `route mock: "" is no function`)
	a.do("apigatewayv2 DeleteStage", with(of(api), in{"StageName": "dev"}))
	a.do("apigatewayv2 CreateStage", with(of(api), in{"StageName": "dev"}))
	a.wantNotLive(api, "has no deployment")
}

// The first 20 bytes of an ELF file, with a machine.
func elfHead(machine byte) string {
	return "\x7fELF\x02\x01\x01" + strings.Repeat("\x00", 9) + "\x02\x00" + string([]byte{machine, 0})
}

func TestLiveNeedsItsArchitecture(t *testing.T) {
	const arm64, x86 = 183, 62
	for _, row := range []struct {
		architecture string
		machine      byte
		runs         bool
	}{{"arm64", arm64, true}, {"arm64", x86, false}, {"x86_64", arm64, false}, {"x86_64", x86, true}} {
		a := newAccount(t)
		api := a.served()
		a.Settle = 0
		a.do("lambda UpdateFunctionCode", in{
			"FunctionName": "f", "Architectures": []any{row.architecture},
			"ZipFile": archive(t, entry{"bootstrap", 0o755, elfHead(row.machine)}),
		})
		if _, err := a.live(api); (err == nil) != row.runs {
			t.Errorf("machine %d on %s: error %v, want runs %v", row.machine, row.architecture, err,
				row.runs)
		}
	}
}

func TestLiveReplies(t *testing.T) {
	a := newAccount(t)
	api := a.served()
	route := with(of(api), in{
		"RouteId": a.do("apigatewayv2 GetRoutes", of(api))["Items"].([]any)[0].(in)["RouteId"],
	})
	publish := func() bool {
		a.do("apigatewayv2 CreateDeployment", with(of(api), in{"StageName": "dev"}))
		live, err := a.live(api)
		if err != nil {
			t.Fatal(err)
		}
		return live.Routes["$default"].Reply
	}
	a.do("apigatewayv2 UpdateRoute", with(route, in{"RouteResponseSelectionExpression": "$default"}))
	if publish() {
		t.Error("a route replies without a route response")
	}
	a.do("apigatewayv2 CreateRouteResponse", with(route, in{"RouteResponseKey": "$default"}))
	if !publish() {
		t.Error("a route with a route response does not reply")
	}
}

func TestLiveAuthorizer(t *testing.T) {
	a := newAccount(t)
	api := a.served()
	id := a.do("apigatewayv2 CreateAuthorizer", with(of(api), in{
		"AuthorizerType": "REQUEST", "Name": "gate", "AuthorizerUri": functionURI,
		"IdentitySource": []any{"route.request.querystring.token"},
	}))["AuthorizerId"]
	a.do("apigatewayv2 CreateRoute", with(of(api), in{
		"RouteKey": "$connect", "AuthorizationType": "CUSTOM", "AuthorizerId": id,
		"Target": fmt.Sprintf("integrations/%v", api["IntegrationId"]),
	}))
	a.do("apigatewayv2 CreateDeployment", with(of(api), in{"StageName": "dev"}))
	live, err := a.live(api)
	if err != nil {
		t.Fatal(err)
	}
	gate := live.Routes["$connect"].Authorizer
	if gate == nil || gate.Name != "gate" || gate.Function.Name != "f" ||
		!slices.Equal(gate.Identity, []string{"route.request.querystring.token"}) {
		t.Errorf("authorizer %+v", gate)
	}
	a.do("lambda RemovePermission", in{"FunctionName": "f", "StatementId": "gateway"})
	a.permit(api, "/dev/*")
	a.wantNotLive(api, fmt.Sprintf("authorizer gate: no permission to invoke function f for "+
		"arn:aws:execute-api:us-west-2:123456789012:%v/authorizers/%v", api["ApiId"], id))
}

func TestMayManage(t *testing.T) {
	for name, row := range map[string]struct {
		statements string
		allowed    bool
	}{
		"this stage":     {allow("execute-api:ManageConnections", "API/dev/*"), true},
		"this API":       {allow("execute-api:ManageConnections", "API/*/@connections/*"), true},
		"every action":   {allow("execute-api:*", "API/*"), true},
		"another stage":  {allow("execute-api:ManageConnections", "API/prod/*"), false},
		"another API":    {allow("execute-api:ManageConnections", "other/*"), false},
		"only POST":      {allow("execute-api:ManageConnections", "API/dev/POST/*"), false},
		"another action": {allow("execute-api:Invoke", "API/*"), false},
		"denied for DELETE": {
			allow("execute-api:*", "API/*") + "," + strings.Replace(
				allow("execute-api:ManageConnections", "API/dev/DELETE/*"), "Allow", "Deny", 1), false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAccount(t)
			id := a.served()["ApiId"].(string)
			if a.MayManage("f", id, "dev") {
				t.Error("without a policy it may")
			}
			a.do("iam PutRolePolicy", in{
				"RoleName": "echo", "PolicyName": "p", "PolicyDocument": strings.ReplaceAll(
					`{"Version":"2012-10-17","Statement":[`+row.statements+`]}`, "API", id),
			})
			if got := a.MayManage("f", id, "dev"); got != row.allowed {
				t.Errorf("it may: %v, want %v", got, row.allowed)
			}
			if a.MayManage("g", id, "dev") {
				t.Error("a function that is not there may")
			}
			a.do("iam DeleteRolePolicy", in{"RoleName": "echo", "PolicyName": "p"})
			a.do("iam DeleteRole", in{"RoleName": "echo"})
			if a.MayManage("f", id, "dev") {
				t.Error("a function whose role is gone may")
			}
		})
	}
}

// allow returns a statement that allows an action on something of execute-api.
func allow(action, resource string) string {
	return fmt.Sprintf(`{"Effect":"Allow","Action":%q,
		"Resource":"arn:aws:execute-api:us-west-2:123456789012:%s"}`, action, resource)
}

func TestAllows(t *testing.T) {
	a := newAccount(t)
	a.role("echo", "lambda")
	const table = "arn:aws:dynamodb:us-west-2:123456789012:table/chat"
	a.do("iam PutRolePolicy", in{
		"RoleName": "echo", "PolicyName": "p",
		"PolicyDocument": `{"Version":"2012-10-17","Statement":{"Effect":"Allow",
			"Action":["dynamodb:GetItem","dynamodb:Query"],
			"Resource":["` + table + `","` + table + `/index/*"]}}`,
	})
	for _, row := range []struct {
		role, action, resource string
		want                   bool
	}{
		{"echo", "dynamodb:GetItem", table, true},
		{"echo", "dynamodb:Query", table + "/index/ReverseLookup", true},
		{"echo", "dynamodb:Scan", table, false},
		{"echo", "dynamodb:GetItem", table + "2", false},
		{"other", "dynamodb:GetItem", table, false},
	} {
		if got := a.Allows(row.role, row.action, row.resource); got != row.want {
			t.Errorf("%s may %s on %s: %v, want %v", row.role, row.action, row.resource, got, row.want)
		}
	}
}
