package deploy_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/internal/deploy"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// TestC7EveryGeneratedRoleMaySend deploys functions with the shared role beside one with its own.
func TestC7EveryGeneratedRoleMaySend(t *testing.T) {
	r := newRig(t)
	app := everything(t)
	app.Functions[0].Role = deploy.Role{LogicalName: "websocket_connect_role", Policy: []byte(
		`{"Version":"2012-10-17","Statement":[` +
			`{"Effect":"Allow","Action":"logs:PutLogEvents","Resource":"*"}]}`)}
	must(t, r.deploy(t.Context(), app))
	state, err := deploy.ReadState(t.Context(), r.store())
	must(t, err)
	api, _ := state.Find(deploy.TypeAPI, "websocket_api")
	for function, may := range map[string]bool{
		"chat-dev-websocket_connect": false, "chat-dev-websocket_message": true,
	} {
		if got := r.aws.MayManage(function, api.APIID, "api"); got != may {
			t.Errorf("%s may send: %v", function, got)
		}
		// The role of connect lacks logs:CreateLogStream.
		if got := r.aws.Log(function, "a line"); got != may {
			t.Errorf("%s may log: %v", function, got)
		}
	}
}

// TestC27FunctionsReachTheirOwnOnly asks what the role of an application may do with what is not of
// it.
func TestC27FunctionsReachTheirOwnOnly(t *testing.T) {
	r := newRig(t)
	app := everything(t)
	app.API.Open = true
	must(t, r.deploy(t.Context(), app))
	state, err := deploy.ReadState(t.Context(), r.store())
	must(t, err)
	api, _ := state.Find(deploy.TypeAPI, "websocket_api")
	const here = "us-west-2:123456789012:"
	tests := []struct {
		action, resource string
		want             bool
	}{
		{"execute-api:ManageConnections", "arn:aws:execute-api:" + here + api.APIID +
			"/api/POST/@connections/x", true},
		{"execute-api:ManageConnections", "arn:aws:execute-api:" + here + api.APIID +
			"/other/POST/@connections/x", false},
		{"execute-api:ManageConnections", "arn:aws:execute-api:" + here +
			"another/api/POST/@connections/x", false},
		{"execute-api:Invoke", "arn:aws:execute-api:" + here + api.APIID + "/api/$connect", false},
		{"dynamodb:GetItem", "arn:aws:dynamodb:" + here + "table/chat-dev-rooms", true},
		{"dynamodb:Query", "arn:aws:dynamodb:" + here + "table/chat-dev-rooms/index/ReverseLookup", true},
		{"dynamodb:Scan", "arn:aws:dynamodb:" + here + "table/chat-dev-rooms", false},
		{"dynamodb:GetItem", "arn:aws:dynamodb:" + here + "table/chat-prod-rooms", false},
		{"dynamodb:DeleteTable", "arn:aws:dynamodb:" + here + "table/chat-dev-rooms", false},
		{"logs:PutLogEvents", "arn:aws:logs:" + here +
			"log-group:/aws/lambda/chat-dev-websocket_connect:log-stream:s", true},
		{"logs:PutLogEvents", "arn:aws:logs:" + here +
			"log-group:/aws/lambda/other:log-stream:s", false},
		{"logs:CreateLogGroup", "arn:aws:logs:" + here +
			"log-group:/aws/lambda/chat-dev-websocket_connect", false},
		{"lambda:InvokeFunction", "arn:aws:lambda:" + here + "function:chat-dev-websocket_connect", true},
		{
			"lambda:InvokeFunction",
			"arn:aws:lambda:" + here + "function:chat-dev-websocket_connect:7", true,
		},
		{
			"lambda:InvokeFunction",
			"arn:aws:lambda:" + here + "function:chat-dev-websocket_message:7", false,
		},
		{"lambda:InvokeFunction", "arn:aws:lambda:" + here +
			"function:chat-dev-websocket_message", false},
		{"xray:PutTraceSegments", "*", true},
		{"ec2:CreateNetworkInterface", "*", false},
	}
	for _, tt := range tests {
		if got := r.aws.Allows("chat-dev", tt.action, tt.resource); got != tt.want {
			t.Errorf("%s on %s is allowed: %v", tt.action, tt.resource, got)
		}
	}
}

// TestShardsInvokeTheFunctionsThemselves deploys an application with groups: each of its functions
// may send to one.
func TestShardsInvokeTheFunctionsThemselves(t *testing.T) {
	r := newRig(t)
	app := everything(t)
	app.Shards = true
	must(t, r.deploy(t.Context(), app))
	const arn = "arn:aws:lambda:us-west-2:123456789012:function:"
	for function, want := range map[string]bool{
		"chat-dev-websocket_connect": true, "chat-dev-websocket_message": true,
		"other-dev-websocket_message": false,
	} {
		if got := r.aws.Allows("chat-dev", "lambda:InvokeFunction", arn+function); got != want {
			t.Errorf("%s may be invoked: %v", function, got)
		}
	}
}

// TestDeployerPolicyIsEnough makes each call of deploy, change and delete, and looks each up in the
// policy for deployers.
func TestDeployerPolicyIsEnough(t *testing.T) {
	r := newRig(t)
	app := everything(t)
	must(t, r.deploy(t.Context(), app))
	must(t, r.deploy(t.Context(), changed(t)))
	must(t, r.delete(t.Context(), app))
	var allowed []string
	account := deploy.Account{ID: "123456789012", Region: "us-west-2", Partition: "aws"}
	for _, s := range deploy.DeployerPolicy(app, account).Statement {
		allowed = append(allowed, s.Action...)
	}
	for _, call := range r.aws.Calls() {
		// API Gateway's actions are the methods of HTTP, all of which are allowed.
		action := call.Service + ":" + call.Operation
		if call.Service != "apigatewayv2" && !slices.Contains(allowed, action) &&
			!actionOf(allowed, action) {
			t.Errorf("%s is called and not in the policy", action)
		}
	}
}

// actionOf knows the operations that are allowed by an action of another name.
// (https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html)
func actionOf(allowed []string, operation string) bool {
	other := map[string]string{
		"lambda:GetFunctionConcurrency": "lambda:GetFunction", "lambda:Invoke": "lambda:InvokeFunction",
	}
	return slices.Contains(allowed, other[operation])
}

func TestTrustPolicyIsLambdasOnly(t *testing.T) {
	text := spec.TrustPolicy()
	if !strings.Contains(text, `"Service": "lambda.amazonaws.com"`) ||
		strings.Contains(text, "AWS\"") {
		t.Errorf("the trust policy is %s", text)
	}
}

// TestOnlyOpenInvokesFunctions deploys an application without OnOpen: its role may invoke nothing.
func TestOnlyOpenInvokesFunctions(t *testing.T) {
	r := newRig(t)
	must(t, r.deploy(t.Context(), everything(t)))
	const function = "arn:aws:lambda:us-west-2:123456789012:function:chat-dev-websocket_connect"
	if r.aws.Allows("chat-dev", "lambda:InvokeFunction", function) {
		t.Error("a role of an application without OnOpen may invoke its function")
	}
}
