package template_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/cmd/internal/template"
	"github.com/tyg-dev/tyg/internal/dynamodb"
)

// write writes a template, and the directories and files that it names, into a new directory.
func write(t *testing.T, name, text string) string {
	t.Helper()
	dir := t.TempDir()
	for _, sub := range []string{"src", "layer", "asset.1"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func example(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func read(t *testing.T, path string, o template.Options) template.Result {
	t.Helper()
	r, err := template.Read(path, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// routes returns the routes of a configuration as KEY=TARGET, with a + if the client is answered.
func routes(c project.Config) string {
	var all []string
	for _, key := range slices.Sorted(maps.Keys(c.Routes)) {
		r := c.Routes[key]
		text := key + "=" + r.Function + r.URL
		if r.Mock != nil {
			text += *r.Mock
		}
		if r.Response {
			text += "+"
		}
		all = append(all, text)
	}
	return strings.Join(all, " ")
}

func TestSAM(t *testing.T) {
	path := write(t, "template.yaml", example(t, "sam.yaml"))
	r := read(t, path, template.Options{Region: "eu-west-1"})
	if got := routes(r.Config); got != "$connect=OnConnectFunction sendmessage=SendFunction" {
		t.Errorf("routes %s", got)
	}
	if r.Config.APIGatewayStage != "Prod" || r.Config.RouteSelection != "$request.body.message" ||
		r.Config.StageVariables["colour"] != "blue" {
		t.Errorf("the stage is %+v", r.Config.StageConfig)
	}
	f := r.Config.Functions["OnConnectFunction"]
	if f.Runtime != "python3.12" || f.Handler != "app.connect" || f.Directory != "src/" ||
		f.Timeout != 5 || f.MemorySize != 256 ||
		!maps.Equal(f.Environment.Plain(),
			map[string]string{"LEVEL": "info", "TABLE_NAME": "simplechat"}) {
		t.Errorf("the function is %+v", f)
	}
	env := r.Config.Functions["SendFunction"].Environment.Plain()
	if env["ENDPOINT"] != "https://local.execute-api.eu-west-1.amazonaws.com/Prod" ||
		!strings.HasPrefix(env["PYTHONPATH"], filepath.Join(r.Dir, "layer", "python")) {
		t.Errorf("the environment is %v", env)
	}
	if len(r.Notes) != 0 || len(r.Tables) != 1 || r.Tables[0].Name != "simplechat" {
		t.Errorf("notes %q, tables %v", r.Notes, r.Tables)
	}
	values := func(name string) string { return map[string]string{"TableName": "mine"}[name] }
	r = read(t, path, template.Options{Getenv: values})
	if got := r.Config.Functions["OnConnectFunction"].Environment["TABLE_NAME"]; got.Text != "mine" {
		t.Errorf("with the parameter in the environment the table is %s", got)
	}
}

// TestCDK reads an assembly: JSON, with assets and nested expressions.
func TestCDK(t *testing.T) {
	path := write(t, "App.template.json", `{
  "Conditions": {"Never": {"Fn::Not": [{"Fn::Equals": [{"Ref": "AWS::Partition"}, "aws"]}]}},
  "Resources": {
    "Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"ProtocolType": "WEBSOCKET",
      "RouteSelectionExpression": "$request.body.action"}},
    "Http": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"ProtocolType": "HTTP"}},
    "HttpRoute": {"Type": "AWS::ApiGatewayV2::Route", "Properties": {"ApiId": {"Ref": "Http"}}},
    "Off": {"Type": "AWS::Lambda::Function", "Condition": "Never", "Properties": {"Code": "none"}},
    "Fn": {"Type": "AWS::Lambda::Function", "Metadata": {"aws:asset:path": "asset.1"},
      "Properties": {"Handler": "index.handler", "Runtime": "nodejs20.x",
        "Code": {"S3Bucket": {"Fn::Sub": "cdk-${AWS::AccountId}"}, "S3Key": "1.zip"},
        "Environment": {"Variables":
          {"QUEUE": {"Ref": "Jobs"}, "ARN": {"Fn::GetAtt": ["Fn", "Arn"]}}}}},
    "Live": {"Type": "AWS::Lambda::Alias", "Properties": {"FunctionName": {"Ref": "Fn"}}},
    "Jobs": {"Type": "AWS::SQS::Queue"},
    "Int": {"Type": "AWS::ApiGatewayV2::Integration", "Properties": {"IntegrationType": "AWS_PROXY",
      "IntegrationUri":
        {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":", {"Ref": "Live"}]]}}},
    "Web": {"Type": "AWS::ApiGatewayV2::Integration", "Properties":
      {"IntegrationType": "HTTP_PROXY", "IntegrationUri": "http://127.0.0.1:9000/x"}},
    "Mock": {"Type": "AWS::ApiGatewayV2::Integration", "Properties": {"IntegrationType": "MOCK"}},
    "Pong": {"Type": "AWS::ApiGatewayV2::IntegrationResponse", "Properties":
      {"IntegrationId": {"Ref": "Mock"}, "ResponseTemplates": {"$default": "pong"}}},
    "Odd": {"Type": "AWS::ApiGatewayV2::Integration", "Properties": {"IntegrationType": "AWS"}},
    "R4": {"Type": "AWS::ApiGatewayV2::Route", "Properties": {"ApiId": {"Ref": "Api"},
      "RouteKey": "odd", "Target": {"Fn::Sub": "integrations/${Odd}"}}},
    "R1": {"Type": "AWS::ApiGatewayV2::Route", "Properties": {"ApiId": {"Ref": "Api"},
      "RouteKey": "$connect", "AuthorizerId": {"Ref": "Auth"},
      "Target": {"Fn::Join": ["", ["integrations/", {"Ref": "Int"}]]}}},
    "R2": {"Type": "AWS::ApiGatewayV2::Route", "Properties": {"ApiId": {"Ref": "Api"},
      "RouteKey": "$default", "RouteResponseSelectionExpression": "$default",
      "Target": {"Fn::Sub": "integrations/${Web}"}}},
    "R3": {"Type": "AWS::ApiGatewayV2::Route", "Properties": {"ApiId": {"Ref": "Api"},
      "RouteKey": "ping", "Target": {"Fn::Sub": "integrations/${Mock}"}}},
    "Auth": {"Type": "AWS::ApiGatewayV2::Authorizer", "Properties": {"IdentitySource":
      ["route.request.querystring.token"], "AuthorizerUri": {"Fn::GetAtt": ["Fn", "Arn"]}}}
  }
}`)
	r := read(t, filepath.Dir(path), template.Options{})
	if got := routes(r.Config); got != "$connect=Fn $default=http://127.0.0.1:9000/x+ ping=pong" {
		t.Errorf("routes %s", got)
	}
	f := r.Config.Functions["Fn"]
	if len(r.Config.Functions) != 1 || f.Directory != "asset.1" || f.Timeout != 3 ||
		f.Environment["QUEUE"].Text != "Jobs" ||
		f.Environment["ARN"].Text != "arn:aws:lambda:us-east-1:000000000000:function:Fn" {
		t.Errorf("functions %+v", r.Config.Functions)
	}
	// Without the metadata, which only the command cdk writes.
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	bare := write(t, "App.template.json", strings.Replace(string(text), "aws:asset:path", "other", 1))
	if got := read(t, bare, template.Options{}).Config.Functions["Fn"].Directory; got != "asset.1" {
		t.Errorf("without metadata the code is in %q", got)
	}
	if a := r.Config.Authorizer; a == nil || a.Function != "Fn" || len(a.IdentitySources) != 1 {
		t.Errorf("authorizer %+v", a)
	}
	if notes := strings.Join(r.Notes, "\n"); !strings.Contains(notes, "route odd is left out") ||
		!strings.Contains(notes, "Jobs (AWS::SQS::Queue) is not made here") {
		t.Errorf("notes %s", notes)
	}
}

func TestServerless(t *testing.T) {
	path := write(t, "serverless.yml", example(t, "serverless.yml"))
	values := func(name string) string { return map[string]string{"HOME": "/home/ann"}[name] }
	for stage, want := range map[string]string{"": "prod", "qa": "qa"} {
		r := read(t, path, template.Options{Stage: stage, Getenv: values})
		if got := routes(r.Config); got != "$connect=conn $default=def+ $disconnect=conn" {
			t.Errorf("routes %s", got)
		}
		f := r.Config.Functions["def"]
		if r.Config.APIGatewayStage != want || f.Runtime != "nodejs20.x" || f.Timeout != 9 ||
			f.Handler != "src/app.def" || r.Config.Functions["conn"].Timeout != 6 ||
			!maps.Equal(f.Environment.Plain(), map[string]string{
				"TABLE": "conns-" + want, "API": "local", "HOMEDIR": "/home/ann", "EXTRA": "eu-west-1-x",
			}) {
			t.Errorf("stage %s: %s, %+v", stage, r.Config.APIGatewayStage, f)
		}
		a := r.Config.Authorizer
		if a == nil || a.Function != "auth" ||
			!slices.Equal(a.IdentitySources, []string{"route.request.querystring.token"}) {
			t.Errorf("authorizer %+v", a)
		}
	}
}

// TestErrorsHaveALine: what is wrong is said in one line, with the file and the line in it.
func TestErrorsHaveALine(t *testing.T) {
	sam, sls := example(t, "sam.yaml"), example(t, "serverless.yml")
	for _, tt := range []struct{ name, text, old, new, want string }{
		{"cut", "Resources:\n  A: {Type: [\n", "", "", "template.yaml:"},
		{"no object", "- a\n", "", "", "template.yaml:1: it is no object"},
		{"empty", "", "", "", "template.yaml:1: it is no object"},
		{"another file", "a: b\n", "", "", `:1: it has neither "Resources"`},
		{"no API", sam, "ProtocolType: WEBSOCKET", "ProtocolType: HTTP", "it has no WebSocket API"},
		{
			"unknown intrinsic", sam, "Handler: app.connect", "Handler: !Cidr [a, b]",
			"template.yaml:35: Fn::Cidr is not resolved here",
		},
		{
			"unknown resource", sam, "TABLE_NAME: !Ref TableName", "TABLE_NAME: !Ref Nothing",
			`template.yaml:35: there is no parameter and no resource "Nothing"`,
		},
		{
			"circle", sam, "{TableName: !Ref TableName,", "{TableName: !Ref ConnectionsTable,",
			"refers to itself",
		},
		{"missing code", sam, "CodeUri: src/", "CodeUri: lost/", "template.yaml:35: there is no "},
		{"image", sam, "MemorySize: 256", "PackageType: Image", "template.yaml:35: function OnConnect"},
		{
			"no integration", sam, "Target: !Sub 'integrations/${SendInteg}'", "Target: x",
			"route sendmessage has no Target",
		},
		{"no keys", sam, "KeySchema:", "Keys:", ":31: table ConnectionsTable has no KeySchema"},
		{"empty GetAtt", sam, "TABLE_NAME: !Ref TableName", "TABLE_NAME: !GetAtt []", ":35: Fn::GetAtt"},
		{"empty Sub", sam, "TABLE_NAME: !Ref TableName", "TABLE_NAME: !Sub []", ":35: Fn::Sub has no"},
		{"list", sam, "TABLE_NAME: !Ref TableName", "TABLE_NAME: [a]", ":35: want a text"},
		{"variable without value", sls, "src/app.def", "${env:NONE}", "${env:NONE} has no value; set N"},
		{"circle of variables", sls, "conns-${self:custom.stage}", "${self:custom.table}", "circle"},
		{"variable of AWS in use", sls, "src/app.def", "${cf:x.y}", "${cf:x.y} is not resolved here"},
		{"no handler", sls, "    handler: src/app.def\n", "", "function def has no handler"},
		{"authorizer elsewhere", sls, "{name: auth,", "{name: none,", "the authorizer is no function"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if !strings.Contains(tt.text, tt.old) {
				t.Fatalf("the template lacks %q", tt.old)
			}
			path := write(t, "template.yaml", strings.Replace(tt.text, tt.old, tt.new, 1))
			values := func(name string) string { return map[string]string{"HOME": "/"}[name] }
			_, err := template.Read(path, template.Options{Getenv: values})
			if err == nil || !strings.Contains(err.Error(), tt.want) ||
				!strings.HasPrefix(err.Error(), path+":") {
				t.Errorf("error %v, want %s", err, tt.want)
			}
		})
	}
}

// TestUnusedVariables: what only a deployment needs is no error.
func TestUnusedVariables(t *testing.T) {
	text := strings.Replace(example(t, "serverless.yml"), "custom:\n",
		"custom:\n  bucket: ${cf:${self:provider.stage}.Bucket}\n  key: ${ssm:/key}\n", 1)
	text = strings.Replace(text, "EXTRA:", "ROOM: '${opt:stage}', EXTRA:", 1)
	path := write(t, "serverless.yml", text)
	home := func(name string) string { return map[string]string{"HOME": "/"}[name] }
	r := read(t, path, template.Options{Getenv: home})
	if got := r.Config.Functions["def"].Environment["ROOM"]; got.Text != "dev" {
		t.Errorf("without an option the stage is %q", got)
	}
}

// TestIncludes reads a service in several files, as larger ones are.
func TestIncludes(t *testing.T) {
	path := write(t, "serverless.yml", `service: split
provider:
  {name: aws, runtime: python3.12, environment: "${file(env.json):dev, file(none.yml):x, 'no'}"}
functions:
  - ${file(src/functions.yml)}
  - other: {handler: app.other}
resources:
  - ${file(./src/tables.yml)}
  - Resources: {Jobs: {Type: AWS::SQS::Queue}}
`)
	dir := filepath.Dir(path)
	for name, text := range map[string]string{
		"env.json":          `{"dev": {"LEVEL": "debug"}}`,
		"src/functions.yml": "talk:\n  handler: app.talk\n  events: [websocket: $default]\n",
		"src/tables.yml": "Resources:\n  T:\n    Type: AWS::DynamoDB::Table\n    Properties:\n" +
			"      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]\n" +
			"      KeySchema: [{AttributeName: id, KeyType: HASH}]\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	r := read(t, path, template.Options{})
	if got := routes(r.Config); got != "$default=talk" || len(r.Config.Functions) != 2 ||
		r.Config.Functions["talk"].Environment["LEVEL"].Text != "debug" || len(r.Tables) != 1 ||
		len(r.Notes) != 1 {
		t.Errorf("routes %s, %+v, tables %v, notes %q", got, r.Config.Functions, r.Tables, r.Notes)
	}
	broken := "provider: {name: aws}\nfunctions:\n  - ${file(src/wrong.yml)}\n"
	path = write(t, "serverless.yml", broken)
	wrong := filepath.Join(filepath.Dir(path), "src", "wrong.yml")
	if err := os.WriteFile(wrong, []byte("# a comment\ntalk:\n  timeout: 3\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := template.Read(path, template.Options{}); err == nil ||
		!strings.HasPrefix(err.Error(), wrong+":3: function talk has no handler") {
		t.Errorf("an included function without a handler: %v", err)
	}
	again := "service: x\nprovider: {name: aws}\nfunctions: ${file(serverless.yml):functions}\n"
	path = write(t, "serverless.yml", again)
	if _, err := template.Read(path, template.Options{}); err == nil ||
		!strings.Contains(err.Error(), "circle") && !strings.Contains(err.Error(), "includes more") {
		t.Errorf("a file that includes itself: %v", err)
	}
}

func TestInlineCode(t *testing.T) {
	text := example(t, "sam.yaml")
	text = strings.Replace(text, "CodeUri: src/, Handler", "InlineCode: x = 1, Handler", 1)
	text = strings.Replace(text, "CodeUri: src/\n", "Code: {ZipFile: !Sub 'y = ${TableName}'}\n", 1)
	r := read(t, write(t, "template.yaml", text), template.Options{})
	want := map[string]string{"OnConnectFunction": "x = 1", "SendFunction": "y = simplechat"}
	if !maps.Equal(r.Inline, want) {
		t.Errorf("code in the template is %q, want %q", r.Inline, want)
	}
}

func TestFind(t *testing.T) {
	if got := template.Find(t.TempDir(), ""); got != "" {
		t.Errorf("an empty directory has the template %s", got)
	}
	path := write(t, "serverless.yml", "")
	if got := template.Find(filepath.Dir(path), ""); got != path {
		t.Errorf("found %s, want %s", got, path)
	}
	none := filepath.Join(filepath.Dir(path), "none")
	if _, err := template.Read(none, template.Options{}); err == nil {
		t.Error("a file that is missing was read")
	}
	if _, err := template.Read(filepath.Dir(path), template.Options{}); err == nil ||
		!strings.Contains(err.Error(), "run cdk synth") {
		t.Errorf("a directory without an assembly: %v", err)
	}
}

// FuzzRead must not panic, and takes no longer than a template is long.
func FuzzRead(f *testing.F) {
	for _, name := range []string{"sam.yaml", "serverless.yml", "plan.json"} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(data))
	}
	f.Add("a: &a [*a]\nResources: *a\n")
	f.Add("Resources: {A: {Type: AWS::ApiGatewayV2::Api, Properties: {ProtocolType: !If []}}}")
	f.Fuzz(func(t *testing.T, text string) {
		path := filepath.Join(t.TempDir(), "template.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, _ = template.Read(path, template.Options{}) // most are wrong
	})
}

// TestTables makes the tables of templates in the engine of tyg local.
func TestTables(t *testing.T) {
	simple := strings.Replace(example(t, "sam.yaml"), "  ConnectionsTable:", `  Sessions:
    Type: AWS::Serverless::SimpleTable
    Properties: {PrimaryKey: {Name: token, Type: Number}}
  Plain: {Type: AWS::Serverless::SimpleTable}
  ConnectionsTable:`, 1)
	for name, text := range map[string]string{
		"Plain,Sessions,simplechat": simple, "conns-dev": example(t, "serverless.yml"),
	} {
		path := write(t, "template.yaml", text)
		home := func(name string) string { return map[string]string{"HOME": "/"}[name] }
		r := read(t, path, template.Options{Getenv: home, Stage: "dev"})
		var engine dynamodb.Server
		for _, table := range r.Tables {
			if err := engine.CreateTable(table.Request); err != nil {
				t.Errorf("%s: %v in %s", table.Name, err, table.Request)
			}
		}
		c := r.Config.Tables["T"]
		if name == "conns-dev" && (c.Name != name || r.Tables[0].TTL != "ttl" ||
			c.PartitionKey.Name != "id" || c.Indexes["byRoom"].PartitionKey.Name != "room") {
			t.Errorf("the configuration of %s is %+v", name, c)
		}
		if got := strings.Join(engine.Tables(), ","); got != name {
			t.Errorf("tables %s, want %s", got, name)
		}
	}
}

const chaliceApp = `from chalice import Chalice
app = Chalice(app_name="a")

# @app.on_ws_disconnect()
@app.on_ws_connect(name="x")
# with a comment
@other
def hello(event): pass

@app.on_ws_message()
async def talk(event): pass
`

const chaliceConfig = `{"version": "2.0", "app_name": "demo", "unknown": 1,
  "environment_variables": {"A": "top", "B": "top"}, "lambda_memory_size": 256,
  "lambda_functions": {"websocket_message":
    {"lambda_timeout": 9, "environment_variables": {"A": "no"}}},
  "stages": {"prod": {"api_gateway_stage": "live", "environment_variables": {"B": "stage"},
    "lambda_functions": {"websocket_message": {"environment_variables": {"C": "own"}}}}}}`

// chalice writes a project of Chalice and returns its directory.
func chalice(t *testing.T, config, app string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, ".chalice"), 0o777); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{".chalice/config.json": config, "app.py": app} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestChalice(t *testing.T) {
	dir := chalice(t, chaliceConfig, chaliceApp)
	for stage, want := range map[string]string{"": "api", "prod": "live"} {
		r := read(t, dir, template.Options{Stage: stage})
		if got := routes(r.Config); got != "$connect=websocket_connect $default=websocket_message" {
			t.Errorf("routes %s", got)
		}
		f, env := r.Config.Functions["websocket_message"], map[string]string{"A": "top", "B": "top"}
		if stage != "" {
			env = map[string]string{"A": "top", "B": "stage", "C": "own"}
		}
		if r.Config.APIGatewayStage != want || r.Config.AppName != "demo" || r.Dir != dir ||
			f.Handler != "app.talk" || f.Runtime != "chalice" || f.Timeout != 9 || f.MemorySize != 256 ||
			!maps.Equal(f.Environment.Plain(), env) || !r.UsesTables {
			t.Errorf("stage %q: %+v, %+v", stage, r, f)
		}
	}
	if got := template.Find(dir, ""); got != filepath.Join(dir, ".chalice", "config.json") {
		t.Errorf("found %q", got)
	}
	for _, tt := range []struct{ config, app, want string }{
		{`{"version": "2.0"`, chaliceApp, "config.json:1:"},
		{`{}`, "app = 1", "config.json:1: "},
		{"{\n\"lambda_timeout\": \"x\"}", chaliceApp, "config.json:2: lambda_timeout is"},
		{"{\n\"environment_variables\": {\"A\": []}}", chaliceApp, ":2: environment variable A is"},
	} {
		if _, err := template.Read(chalice(t, tt.config, tt.app), template.Options{}); err == nil ||
			!strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want %s", tt.config, err, tt.want)
		}
	}
	if err := os.Remove(filepath.Join(dir, "app.py")); err != nil {
		t.Fatal(err)
	}
	if _, err := template.Read(dir, template.Options{}); err == nil ||
		!strings.Contains(err.Error(), "there is no "+filepath.Join(dir, "app.py")) {
		t.Errorf("without app.py: %v", err)
	}
}

// FuzzChalice must not panic, whatever a project has.
func FuzzChalice(f *testing.F) {
	f.Add(chaliceConfig, chaliceApp)
	f.Add(`{"stages": []}`, "@app.on_ws_message()\n\n\n@x\ndef f(e): pass")
	f.Fuzz(func(t *testing.T, config, app string) {
		_, _ = template.Read(chalice(t, config, app), template.Options{}) // most are wrong
	})
}

// TestServerlessLayers has layers of all functions and of one, and one that is elsewhere.
func TestServerlessLayers(t *testing.T) {
	path := write(t, "serverless.yml", `service: x
provider: {name: aws, runtime: python3.12, layers: [{Ref: SharedLambdaLayer}]}
layers:
  shared: {path: shared}
  in-common: {path: common}
functions:
  a:
    handler: app.a
    events: [{websocket: $default}]
  b:
    handler: app.b
    environment: {PYTHONPATH: own}
    layers: [{Ref: SharedLambdaLayer}, !Ref InDashcommonLambdaLayer, "arn:aws:lambda:x:1:layer:y:1"]
`)
	dir := filepath.Dir(path)
	for _, name := range []string{"shared", "common"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	r := read(t, path, template.Options{})
	list := func(parts ...string) string {
		for i, part := range parts {
			if part != "own" {
				parts[i] = filepath.Join(r.Dir, filepath.FromSlash(part))
			}
		}
		return strings.Join(parts, string(filepath.ListSeparator))
	}
	for name, want := range map[string]string{
		"a": list("shared/python", "shared"),
		"b": list("common/python", "common", "shared/python", "shared", "own"),
	} {
		if got := r.Config.Functions[name].Environment["PYTHONPATH"].Text; got != want {
			t.Errorf("PYTHONPATH of %s is %q, want %q", name, got, want)
		}
	}
	if notes := strings.Join(r.Notes, " "); strings.Count(notes, "a layer is left out") != 1 {
		t.Errorf("notes %q", r.Notes)
	}
	if err := os.RemoveAll(filepath.Join(dir, "common")); err != nil {
		t.Fatal(err)
	}
	r = read(t, path, template.Options{})
	own := list("shared/python", "shared", "own")
	if got := r.Config.Functions["b"].Environment["PYTHONPATH"].Text; got != own {
		t.Errorf("without the directory of a layer PYTHONPATH is %q", got)
	}
	if notes := strings.Join(r.Notes, " "); !strings.Contains(notes, "there is no "+
		filepath.Join(r.Dir, "common")+"; what functions need of it must be installed") {
		t.Errorf("notes %q", r.Notes)
	}
}

// TestBuildMethods has functions that the SAM CLI builds with make and with esbuild.
func TestBuildMethods(t *testing.T) {
	text := example(t, "sam.yaml")
	const code = "      CodeUri: src/\n"
	if strings.Count(text, code) != 1 {
		t.Fatal("the example has changed")
	}
	const function = "    Type: AWS::Serverless::Function\n"
	made := strings.Replace(text, function, function+"    Metadata: {BuildMethod: makefile}\n", 1)
	r := read(t, write(t, "template.yaml", made), template.Options{})
	if len(r.Makes) != 1 || r.Makes["OnConnectFunction"] != "build-OnConnectFunction" {
		t.Errorf("targets of make are %v", r.Makes)
	}
	bundled := strings.Replace(text, function, function+"    Metadata: {BuildMethod: esbuild, "+
		"BuildProperties: {EntryPoints: [lib/x.ts, src/app.ts]}}\n", 1)
	before := read(t, write(t, "template.yaml", text), template.Options{}).Config
	after := read(t, write(t, "template.yaml", bundled), template.Options{}).Config
	const name = "OnConnectFunction"
	if want := "src/" + before.Functions[name].Handler; after.Functions[name].Handler != want {
		t.Errorf("the handler is %q, want %q", after.Functions[name].Handler, want)
	}
}

// TestServerlessJSON reads a configuration of Serverless in JSON.
func TestServerlessJSON(t *testing.T) {
	path := write(t, "serverless.json", `{"service": "x", "provider": {"name": "aws"}, "functions":
		{"f": {"handler": "app.f", "events": [{"websocket": "$default"}]}}}`)
	if got := routes(read(t, template.Find(filepath.Dir(path), ""), template.Options{}).Config); got !=
		"$default=f" {
		t.Errorf("routes %s", got)
	}
}
