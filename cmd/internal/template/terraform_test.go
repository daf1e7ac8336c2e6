package template_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/cmd/internal/template"
	"github.com/tyg-dev/tyg/internal/dynamodb"
)

// writePlan writes a plan with the code that the one in testdata names.
func writePlan(t *testing.T, text string) string {
	t.Helper()
	path := write(t, "plan.json", text)
	dir := filepath.Dir(path)
	for _, name := range []string{
		"src/app.py", "lambda/on-send/package.zip", "lambda/on-send/index.js",
	} {
		full := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(full), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

func TestTerraformPlan(t *testing.T) {
	r := read(t, writePlan(t, example(t, "plan.json")), template.Options{})
	if got := routes(r.Config); got != "$connect=on-connect send=on-send+" {
		t.Errorf("routes %s", got)
	}
	c := r.Config
	if c.APIGatewayStage != "live" || c.RouteSelection != "$request.body.action" ||
		c.StageVariables["colour"] != "blue" || c.Authorizer == nil || c.Authorizer.Function != "gate" ||
		!slices.Equal(c.Authorizer.IdentitySources, []string{"route.request.querystring.token"}) {
		t.Errorf("the stage is %+v", c.StageConfig)
	}
	for name, want := range map[string]string{
		"on-connect": "src", "on-send": "lambda/on-send", "gate": "src",
	} {
		if got := c.Functions[name].Directory; got != want {
			t.Errorf("the code of %s is in %q, want %q", name, got, want)
		}
	}
	f := c.Functions["on-connect"]
	if f.Handler != "app.connect" || f.Timeout != 7 ||
		!maps.Equal(f.Environment.Plain(), map[string]string{"TABLE": "things"}) {
		t.Errorf("the function is %+v", f)
	}
	notes := strings.Join(r.Notes, "\n")
	if !strings.Contains(notes, "aws_sqs_queue.jobs (aws_sqs_queue) is not made here") ||
		!strings.Contains(notes, "function on-send lacks ENDPOINT") {
		t.Errorf("notes %s", notes)
	}
	var engine dynamodb.Server
	if len(r.Tables) != 1 || r.Tables[0].TTL != "ttl" {
		t.Fatalf("tables %+v", r.Tables)
	}
	if err := engine.CreateTable(r.Tables[0].Request); err != nil {
		t.Errorf("%v in %s", err, r.Tables[0].Request)
	}
}

const state = `{"format_version": "1.0", "terraform_version": "1.11.4", "values": {"root_module": {
"resources": [
 {"address": "aws_apigatewayv2_api.ws", "type": "aws_apigatewayv2_api",
  "values": {"id": "abc123", "protocol_type": "WEBSOCKET"}},
 {"address": "aws_apigatewayv2_route.r", "type": "aws_apigatewayv2_route",
  "values": {"api_id": "abc123", "route_key": "$default", "target": "integrations/xyz"}},
 {"address": "aws_apigatewayv2_integration.i", "type": "aws_apigatewayv2_integration",
  "values": {"id": "xyz", "integration_type": "AWS_PROXY", "integration_uri":
   "arn:aws:apigateway:r:lambda:path/functions/arn:aws:lambda:r:1:function:f/invocations"}},
 {"address": "aws_lambda_function.f", "type": "aws_lambda_function", "values":
  {"function_name": "f", "arn": "arn:aws:lambda:r:1:function:f", "handler": "app.f",
  "runtime": "python3.12",
  "filename": "src.zip"}}
]}}}`

func TestTerraformState(t *testing.T) {
	r := read(t, writePlan(t, state), template.Options{})
	if got := routes(r.Config); got != "$default=f" || r.Config.Functions["f"].Directory != "src" {
		t.Errorf("routes %s, functions %+v", got, r.Config.Functions)
	}
	for _, tt := range []struct{ old, new, want string }{
		{`"WEBSOCKET"`, `"HTTP"`, "it has no WebSocket API"},
		{"integrations/xyz", "integrations/other", "plan.json:6: route $default has no target"},
		{`"src.zip"`, `"lost.zip"`, ":11: the code of function f is in lost.zip"},
		{`"filename": "src.zip"`, `"s3_key": "x"`, ":11: the code of function f is not on this"},
		{`"handler"`, `"package_type": "Image", "x"`, "function f is a container image"},
	} {
		path := writePlan(t, strings.Replace(state, tt.old, tt.new, 1))
		if _, err := template.Read(path, template.Options{}); err == nil ||
			!strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want %s", tt.new, err, tt.want)
		}
	}
}

// TestTerraformModulesByIndex has routes to functions in modules whose names begin alike, and to
// one of several that the reference names by an index.
func TestTerraformModulesByIndex(t *testing.T) {
	module := func(address, function string) string {
		return `{"address": "` + address + `", "resources": [{"address": "` + address +
			`.aws_lambda_function.this", "type": "aws_lambda_function", "values": {"function_name": "` +
			function + `", "handler": "app.x", "runtime": "python3.12", "filename": "src.zip"}}]}`
	}
	integration := func(name, ref string) (planned, configured string) {
		address := "aws_apigatewayv2_integration." + name
		return `{"address": "` + address + `", "type": "aws_apigatewayv2_integration", "values": ` +
				`{"integration_type": "AWS_PROXY"}}, {"address": "aws_apigatewayv2_route.` + name +
				`", "type": "aws_apigatewayv2_route", "values": {"route_key": "` + name + `"}}`,
			`{"address": "` + address + `", "expressions": {"integration_uri": {"references": [` + ref +
				`]}}}, {"address": "aws_apigatewayv2_route.` + name + `", "expressions": {"target": ` +
				`{"references": ["` + address + `.id"]}}}`
	}
	p1, c1 := integration("one", `"module.ws.invoke_arn"`)
	p2, c2 := integration("two", `"module.all[\"b.c\"].arn", "module.all"`)
	path := writePlan(t, `{"terraform_version": "1.11.4",
		"planned_values": {"root_module": {"resources": [
		{"address": "aws_apigatewayv2_api.a", "type": "aws_apigatewayv2_api",
		"values": {"protocol_type": "WEBSOCKET"}}, `+p1+`, `+p2+`], "child_modules": [`+
		module("module.ws_other", "wrong")+`,`+module("module.ws", "right")+`,`+
		module(`module.all[\"a\"]`, "first")+`,`+module(`module.all[\"b.c\"]`, "second")+`]}},
		"configuration": {"root_module": {"resources": [`+c1+`, `+c2+`]}}}`)
	if got := routes(read(t, path, template.Options{}).Config); got != "one=right two=second" {
		t.Errorf("routes %s", got)
	}
}

// TestTerraformZipAlone has a zip with no source beside it, which is unpacked.
func TestTerraformZipAlone(t *testing.T) {
	path := writePlan(t, example(t, "printed.json"))
	dir := filepath.Dir(path)
	if err := os.Rename(filepath.Join(dir, "src"), filepath.Join(dir, "elsewhere")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "src.zip"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	f := read(t, path, template.Options{}).Config.Functions["ws-echo"]
	if filepath.Clean(f.Directory) != "src.zip" {
		t.Errorf("the code is in %q, want src.zip", f.Directory)
	}
}
