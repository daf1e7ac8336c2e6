package template_test

import (
	"encoding/json"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/awstest"
	"github.com/tyg-dev/tyg/internal/deploy"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
	"github.com/tyg-dev/tyg/internal/deploy/template"
	"github.com/tyg-dev/tyg/internal/deploy/template/cfn"
	"github.com/tyg-dev/tyg/internal/deploy/template/tf"
)

// A writer is CloudFormation or Terraform.
type writer struct {
	name  string
	write func(deploy.Application, template.Options) ([]byte, error)
}

func writers() []writer {
	return []writer{{"cloudformation", cfn.Template}, {"terraform", tf.Config}}
}

// echo is the tutorial's first application.
func echo(t testing.TB) deploy.Application {
	return deploy.Application{
		Name: "echo-server", Stage: "dev",
		Functions: []deploy.Function{function(t, "websocket_message")},
		API: deploy.API{
			Stage: "api", Routes: []deploy.Route{{Key: tyg.RouteDefault, Function: "websocket_message"}},
		},
	}
}

// chat is its second, with a table.
func chat(t testing.TB) deploy.Application {
	app := echo(t)
	app.Name = "chat"
	app.Functions = []deploy.Function{
		function(t, "websocket_connect"), function(t, "websocket_message"),
		function(t, "websocket_disconnect"),
	}
	app.API.Routes = []deploy.Route{
		{Key: tyg.RouteConnect, Function: "websocket_connect"},
		{Key: tyg.RouteDefault, Function: "websocket_message"},
		{Key: tyg.RouteDisconnect, Function: "websocket_disconnect"},
	}
	app.Tables = []deploy.Table{{
		LogicalName: "rooms", Name: "chat-dev-rooms", Variable: "TABLE",
		PartitionKey: deploy.Attribute{Name: "PK"}, SortKey: deploy.Attribute{Name: "SK"},
		TTLAttribute: "expires",
	}}
	return app
}

// triggered has a trigger of each source.
func triggered(t testing.TB) deploy.Application {
	app := echo(t)
	app.Name = "shop"
	app.Triggers = []deploy.Trigger{
		{
			Name: "jobs", Source: spec.SQS, From: "jobs", BatchSize: 20, Window: 5, Concurrency: 3,
			Filter: `{"body":{"kind":["a"]}}`,
		},
		{
			Name: "changes", Source: spec.DynamoDB, Window: -1, From: "arn:aws:dynamodb:us-west-2:" +
				"123456789012:table/orders/stream/2026-11-22T09:00:00.000",
		},
		{Name: "nightly", Source: spec.Schedule, From: "rate(5 minutes)", Window: -1},
		{
			Name: "orders", Source: spec.EventBridge, From: "shop", Window: -1,
			Filter: `{"source": ["shop"], "detail": {"n": [{"numeric": [">", 1]}]}}`,
		},
		{Name: "alarms", Source: spec.SNS, From: "alarms", Filter: `{"level":["high"]}`, Window: -1},
		{Name: "hook", Source: spec.HTTP, Public: true, Window: -1},
		{Name: "inner", Source: spec.HTTP, Window: -1},
	}
	for _, tr := range app.Triggers {
		app.Functions = append(app.Functions, function(t, tr.Name))
	}
	return app
}

// boundary is the ARN of the policy that [prepare] makes.
const boundary = "arn:aws:iam::123456789012:policy/limit"

// prepare makes what [full] takes from others.
func prepare(t testing.TB, c *awstest.Cloud) {
	t.Helper()
	c.PutParameter("/chat/key", "parameter-value")
	c.PutSecret("chat/db", `{"password":"secret-value"}`)
	_, err := c.AddPolicy("limit", `{"Version":"2012-10-17","Statement":[`+
		`{"Effect":"Allow","Action":"*","Resource":"*"}]}`)
	if err != nil {
		t.Fatal(err)
	}
}

// full has everything that the account of the tests can have.
func full(t testing.TB) deploy.Application {
	app := chat(t)
	app.Name, app.Stage, app.Tags = "full", "prod", map[string]string{"team": "tea"}
	guard := function(t, "websocket_authorizer")
	guard.Role = deploy.Role{LogicalName: "websocket_authorizer_role", Policy: json.RawMessage(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"dynamodb:GetItem",` +
			`"Resource":"arn:aws:dynamodb:*:*:table/${aws:PrincipalTag/team}"}]}`)}
	app.Shards = true
	app.RolePath, app.API.APIKey = "/service/", true
	app.PermissionsBoundary = boundary
	for i := range app.Functions {
		app.Functions[i].Role.Statements = []json.RawMessage{json.RawMessage(
			`{"Effect":"Allow","Action":["s3:GetObject"],"Resource":"arn:aws:s3:::x/${aws:userid}/*"}`)}
	}
	limit := 5
	guard.ReservedConcurrency, guard.Tags = &limit, map[string]string{"team": "guards"}
	app.Functions[0].LogRetention, app.Functions[0].XRay = new(7), true
	on := true
	const key = "arn:aws:kms:us-west-2:123456789012:key/12345678-1234-1234-1234-123456789012"
	app.Functions[1].EphemeralStorage, app.Functions[1].KMSKeyARN = 1024, key
	app.Functions[1].LogFormat, app.Functions[1].ApplicationLogLevel = "JSON", "WARN"
	app.Tables[0].PointInTimeRecovery, app.Tables[0].KMSKeyARN = &on, key
	app.Tables[0].Stream = "NEW_AND_OLD_IMAGES"
	app.Functions[1].Secrets = map[string]deploy.Secret{
		"KEY": {Parameter: "/chat/key", AtDeploy: true}, "START": {Secret: "chat/db"},
		"PASSWORD": {Secret: "chat/db", Key: "password", AtDeploy: true},
	}
	app.Functions[1].Environment = map[string]string{"GREETING": `${not.me} %{nor.me}`}
	app.Functions = append(app.Functions, guard)
	app.API.RouteSelection = "$request.body.kind"
	app.API.Routes = append(app.API.Routes,
		deploy.Route{Key: "send/all", Function: "websocket_message", Responds: true},
		deploy.Route{Key: "send-all", Function: "websocket_message"})
	app.API.Authorizer = &deploy.Authorizer{
		Function: "websocket_authorizer", IdentitySources: []string{"route.request.querystring.token"},
	}
	app.API.Settings.ThrottlingRate = 100
	app.API.Settings.DetailedMetrics = true
	app.API.Settings.AccessLogARN = "arn:aws:logs:us-west-2:123456789012:log-group:access"
	app.API.Settings.AccessLogFormat = `{"id":"$context.requestId"}`
	app.API.Variables = map[string]string{"colour": "blue"}
	app.API.Domain = &deploy.Domain{
		Name: "chat.example.com", Prefix: "/v1/", Tags: map[string]string{"team": "names"},
		CertificateARN: "arn:aws:acm:us-west-2:123456789012:certificate/" +
			"12345678-1234-1234-1234-123456789012",
	}
	app.Tables[0].Name = "full-prod-rooms"
	app.Tables[0].Indexes = []deploy.Index{{
		Name: "ReverseLookup", PartitionKey: deploy.Attribute{Name: "SK"},
		SortKey: deploy.Attribute{Name: "PK"},
	}}
	app.Tables = append(app.Tables, deploy.Table{
		LogicalName: "scores", Name: "full-prod-scores", Variable: "SCORES",
		DeletionProtection: new(true),
		PartitionKey:       deploy.Attribute{Name: "player"}, ReadCapacity: 2, WriteCapacity: 1,
		Actions: []string{"GetItem"}, Tags: map[string]string{"team": "games"},
		Indexes: []deploy.Index{{
			Name: "best", PartitionKey: deploy.Attribute{Name: "game"},
			SortKey: deploy.Attribute{Name: "points", Type: "N"}, ReadCapacity: 3,
		}},
	})
	return app
}

func function(t testing.TB, name string) deploy.Function {
	t.Helper()
	b, err := deploy.NewBundle([]byte("program"))
	if err != nil {
		t.Fatal(err)
	}
	return deploy.Function{
		LogicalName: name, Bundle: b, Architecture: "arm64", Timeout: 29, MemorySize: 128,
		Role: deploy.Role{LogicalName: "default-role"},
	}
}

// written returns a template as JSON has it, and its text.
func written(
	t testing.TB, w writer, app deploy.Application, o template.Options,
) (map[string]any, string) {
	t.Helper()
	text, err := w.write(app, o)
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	return doc, string(text)
}

// at follows keys of objects and indexes of lists.
func at(t testing.TB, v any, path ...any) any {
	t.Helper()
	for _, step := range path {
		switch step := step.(type) {
		case string:
			o, ok := v.(map[string]any)
			if !ok || o[step] == nil {
				t.Fatalf("there is no %v (at %q)", path, step)
			}
			v = o[step]
		case int:
			list, ok := v.([]any)
			if !ok || step >= len(list) {
				t.Fatalf("there is no %v (at %d)", path, step)
			}
			v = list[step]
		}
	}
	return v
}

// walk visits everything in a value of JSON.
func walk(v any, visit func(key string, v any)) {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			visit(key, value)
			walk(value, visit)
		}
	case []any:
		for _, value := range v {
			visit("", value)
			walk(value, visit)
		}
	}
}

// requested has a certificate that is requested, with records in a zone that is a parameter, a
// trigger by the stream of a table of its own, and the keys that the others lack.
func requested(t testing.TB) deploy.Application {
	app := chat(t)
	app.Name = "requested"
	app.API.IPAddressType = "dualstack"
	app.API.Domain = &deploy.Domain{
		Name: "chat.example.com", Request: true, IPAddressType: "dualstack",
	}
	const key = "arn:aws:kms:us-west-2:123456789012:key/12345678-1234-1234-1234-123456789012"
	on := true
	fn := function(t, "changes")
	fn.LogKMSKey, fn.IPv6, fn.SubnetIDs = key, &on, []string{"subnet-0a1b2c3d"}
	fn.SecurityGroupIDs = []string{"sg-0a1b2c3d"}
	app.Functions = append(app.Functions, fn)
	app.Tables[0].Name, app.Tables[0].Stream = "requested-dev-rooms", "NEW_AND_OLD_IMAGES"
	app.Triggers = []deploy.Trigger{
		{Name: "changes", Source: spec.DynamoDB, From: app.Tables[0].LogicalName, Window: -1},
	}
	return app
}
