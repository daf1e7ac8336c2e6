package template_test

import (
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/cmd/internal/template"
)

// readServerless reads a service whose one function has these events.
func readServerless(t *testing.T, top, events string, o template.Options) (template.Result, error) {
	t.Helper()
	return template.Read(write(t, "serverless.yml", top+`
functions:
  say:
    handler: src/say.handler
    events:
`+events), o)
}

const provider = "provider: {name: aws, runtime: nodejs22.x}"

// TestPluginRoutes reads routes and expressions as a plugin named them before the framework did.
func TestPluginRoutes(t *testing.T) {
	r, err := readServerless(t,
		"provider: {name: aws, websocketApiRouteSelectionExpression: $request.body.do}",
		"      - websocket: {routeKey: $connect}\n      - websocket: {routeKey: say}\n",
		template.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := routes(r.Config); got != "$connect=say say=say" ||
		r.Config.RouteSelection != "$request.body.do" {
		t.Errorf("routes %s by %s", got, r.Config.RouteSelection)
	}
}

func TestWebSocketEventWithKeysBesideIt(t *testing.T) {
	_, err := readServerless(t, provider, "      - websocket:\n        route: $connect\n",
		template.Options{})
	if err == nil || !strings.Contains(err.Error(), "serverless.yml:6: the websocket event") ||
		!strings.Contains(err.Error(), "indent them") {
		t.Errorf("it says %v", err)
	}
}

// TestOtherEvents says of each kind of event that does not happen here how to call the function.
func TestOtherEvents(t *testing.T) {
	r, err := readServerless(t, provider, `
      - websocket: $default
      - http: {path: /a, method: get}
      - http: {path: /b, method: get}
      - s3: uploads
`, template.Options{})
	if err != nil {
		t.Fatal(err)
	}
	notes := strings.Join(r.Notes, "\n")
	for _, kind := range []string{"http", "s3"} {
		want := "function say gets no events of the kind " + kind +
			" here; call it by: tyg invoke --local --name say"
		if strings.Count(notes, want) != 1 {
			t.Errorf("of %s it notes %q", kind, r.Notes)
		}
	}
}

// TestStageOfVariables resolves ${sls:stage} and parameters by the stage that is in force.
func TestStageOfVariables(t *testing.T) {
	top := `
provider:
  name: aws
  stage: ${opt:stage, 'test'}
  environment: {STAGE: '${sls:stage}', A: '${param:a}', B: '${param:b}', C: '${param:c, "none"}'}
params:
  default: {a: 1, b: all}
  live: {a: 2}
stages:
  test: {params: {b: "${self:provider.stage}ing"}}`
	for stage, want := range map[string]string{"": "test 1 testing none", "live": "live 2 all none"} {
		r, err := readServerless(t, top, "      - websocket: $default\n", template.Options{Stage: stage})
		if err != nil {
			t.Fatal(err)
		}
		env := r.Config.Functions["say"].Environment.Plain()
		got := strings.Join([]string{env["STAGE"], env["A"], env["B"], env["C"]}, " ")
		if got != want {
			t.Errorf("stage %q gives %q, want %q", stage, got, want)
		}
	}
	r, err := readServerless(t, "provider: {name: aws, stage: '${sls:stage}'}",
		"      - websocket: $default\n", template.Options{})
	if err != nil || r.Config.APIGatewayStage != "dev" {
		t.Errorf("a stage that refers to itself is %q, %v", r.Config.APIGatewayStage, err)
	}
}

func TestEnvironmentThatIsNotResolved(t *testing.T) {
	r, err := readServerless(t, "provider: {name: aws, environment: '${ssm:/all}'}",
		"      - websocket: $default\n", template.Options{})
	if err != nil || len(r.Notes) != 1 ||
		!strings.Contains(r.Notes[0], "function say misses its environment") {
		t.Errorf("it notes %q, %v", r.Notes, err)
	}
}

// TestVariablesWithoutValue runs functions all the same, and names all variables at once.
func TestVariablesWithoutValue(t *testing.T) {
	r, err := readServerless(t, "provider: {name: aws, environment: {A: '${env:A}', B: '${opt:b}'}}",
		"      - websocket: $default\n", template.Options{})
	if err != nil || len(r.Notes) != 2 {
		t.Fatalf("it notes %q, %v", r.Notes, err)
	}
	for i, want := range []string{"misses A, which you can set", "misses B, which you can set"} {
		if !strings.Contains(r.Notes[i], want) || !strings.Contains(r.Notes[i], "has no value") {
			t.Errorf("it notes %q, want %q", r.Notes[i], want)
		}
	}
}

// TestRegionOfServerless takes the region of the file where the surroundings have none.
func TestRegionOfServerless(t *testing.T) {
	for given, want := range map[string]string{
		"": "eu-north-1 eu-north-1", "us-west-2": "us-west-2 ",
	} {
		r, err := readServerless(t, "provider: {name: aws, region: '${opt:region, \"eu-north-1\"}', "+
			"environment: {R: !Ref AWS::Region}}", "      - websocket: $default\n",
			template.Options{Region: given})
		got := r.Config.Functions["say"].Environment["R"].Text + " " + r.Config.Region
		if err != nil || got != want {
			t.Errorf("with the region %q it is %q, %v, want %q", given, got, err, want)
		}
	}
}

// TestBasePath finds handlers below the directory that a plugin puts before them.
func TestBasePath(t *testing.T) {
	r, err := readServerless(t, provider+`
plugins: [serverless-functions-base-path]
custom: {functionsBasePath: lib/functions}`, "      - websocket: $default\n", template.Options{})
	if got := r.Config.Functions["say"].Handler; err != nil || got != "lib/functions/src/say.handler" {
		t.Errorf("the handler is %s, %v", got, err)
	}
}

// TestOptions takes options of a project, which tyg has not, from the environment.
func TestOptions(t *testing.T) {
	given := func(name string) string { return map[string]string{"tenant": "blue"}[name] }
	r, err := readServerless(t, "provider: {name: aws, environment: {T: '${opt:tenant}'}}",
		"      - websocket: $default\n", template.Options{Getenv: given})
	if got := r.Config.Functions["say"].Environment["T"].Text; err != nil || got != "blue" {
		t.Errorf("the option is %q, %v", got, err)
	}
}

// TestNameOfService knows both places of the name under both of its paths.
func TestNameOfService(t *testing.T) {
	for _, service := range []string{"service: chat", "service: {name: chat}"} {
		r, err := readServerless(t, service+`
custom: {a: b}
provider:
  name: aws
  stackName: '${self:custom}-x'
  environment: {A: '${self:service}', B: 'x-${self:service.name}'}`,
			"      - websocket: $default\n", template.Options{})
		env := r.Config.Functions["say"].Environment.Plain()
		if err != nil || env["A"] != "chat" || env["B"] != "x-chat" {
			t.Errorf("%s: %q, %v", service, env, err)
		}
	}
}
