package template_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/cmd/internal/template"
)

// readVariables reads a template of SAM whose one function has a variable X.
func readVariables(t *testing.T, x string, o template.Options) (template.Result, error) {
	t.Helper()
	return template.Read(write(t, "template.yaml", `
Parameters:
  Secret: {Type: String, NoEcho: true}
  Stored: {Type: "AWS::SSM::Parameter::Value<String>", Default: /app/key}
  Empty: {Type: String, Default: ''}
  Zones: {Type: CommaDelimitedList, Default: "a,b,c"}
Conditions:
  Yes: !Equals [1, 1]
Resources:
  Api: {Type: AWS::ApiGatewayV2::Api, Properties: {ProtocolType: WEBSOCKET}}
  Nested: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: other.yaml}}
  Say:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src
      Handler: say.handler
      Runtime: nodejs22.x
      Environment: {Variables: {X: `+x+`}}
  Int: {Type: AWS::ApiGatewayV2::Integration, Properties: {IntegrationUri: !GetAtt Say.Arn}}
  Route:
    Type: AWS::ApiGatewayV2::Route
    Properties: {ApiId: !Ref Api, RouteKey: $default, Target: !Ref Int}
`), o)
}

// TestValuesOnAWS notes variables whose value only AWS has, and runs the function.
func TestValuesOnAWS(t *testing.T) {
	for x, want := range map[string]string{
		"!ImportValue shared-url":                  "template.yaml:18: Fn::ImportValue",
		"!GetAtt Nested.Outputs.Url":               "Nested.Outputs.Url, of a nested stack,",
		`"{{resolve:ssm:/app/key}}"`:               "{{resolve:ssm:/app/key}}",
		`!Sub "a{{resolve:ssm:/${AWS::Region}}}"`:  "{{resolve:ssm:/us-east-1}}",
		"!Transform {Name: Macro, Parameters: {}}": "Fn::Transform",
	} {
		r, err := readVariables(t, x, template.Options{})
		found := slices.ContainsFunc(r.Notes, func(note string) bool {
			return strings.HasPrefix(note,
				"function Say misses X, which you can set in the environment: ") &&
				strings.Contains(note, want+" is not resolved here")
		})
		if _, set := r.Config.Functions["Say"].Environment["X"]; err != nil || !found || set {
			t.Errorf("%s: notes %q, %v", x, r.Notes, err)
		}
		given := func(name string) string { return map[string]string{"X": "mine"}[name] }
		if r, err = readVariables(t, x, template.Options{Getenv: given}); err != nil || len(r.Notes) > 0 {
			t.Errorf("%s, which the environment has: notes %q, %v", x, r.Notes, err)
		}
	}
}

// TestParametersWithoutValue names those that something asks for.
func TestParametersWithoutValue(t *testing.T) {
	for x, want := range map[string]string{
		"!Ref Secret": "Secret", "!Sub 'a-${Stored}'": "Stored", "!Ref Empty": "", "none": "",
	} {
		r, err := readVariables(t, x, template.Options{})
		if err != nil {
			t.Fatal(err)
		}
		notes := strings.Join(r.Notes, "\n")
		if want == "" && notes != "" || want != "" &&
			!strings.Contains(notes, "parameter "+want+" has no value; set it in the environment: "+want) {
			t.Errorf("%s: notes %q", x, r.Notes)
		}
	}
}

// TestLists evaluates expressions that amount to lists, and names that frameworks make.
func TestLists(t *testing.T) {
	for x, want := range map[string]string{
		"!Join ['-', !Ref Zones]":                                   "a-b-c",
		"!Join ['+', !Split ['.', 'x.y']]":                          "x+y",
		"!Select [1, !Ref Zones]":                                   "b",
		"!Select ['0', !GetAZs '']":                                 "us-east-1a",
		"!Join [',', !If [Yes, [1, 2], [3]]]":                       "1,2",
		"!Sub 'https://${ServerlessRestApi}.x'":                     "https://ServerlessRestApi.x",
		"!Ref SayRole":                                              "SayRole",
		"!Join ['', [!Select [0, [!Ref 'AWS::Region', x]], '.x']] ": "us-east-1.x",
	} {
		r, err := readVariables(t, x, template.Options{})
		if got := r.Config.Functions["Say"].Environment["X"].Text; err != nil || got != want {
			t.Errorf("%s is %q, %v, want %q", x, got, err, want)
		}
	}
	if _, err := readVariables(t, "!Ref Nothing", template.Options{}); err == nil {
		t.Error("a resource that is missing has a name")
	}
}

// TestModulesOfLayers finds modules that were installed before sam build, and says if they are not.
func TestModulesOfLayers(t *testing.T) {
	path := write(t, "template.yaml", strings.Replace(samAPI, "AUTH", "Name: chat", 1)+`
  Shared: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: layer}}
`)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	layered := strings.Replace(string(text), "CodeUri: src}",
		"CodeUri: src, Layers: [!Ref Shared]}", 1)
	layer := filepath.Join(filepath.Dir(path), "layer")
	for name, text := range map[string]string{
		path: layered, filepath.Join(layer, "package.json"): "{}",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	modules := filepath.Join(layer, "node_modules")
	r := read(t, path, template.Options{})
	if env := r.Config.Functions["Say"].Environment.Plain(); len(r.Notes) != 1 ||
		!strings.HasSuffix(r.Notes[0], "run npm install in "+layer) ||
		!strings.Contains(env["NODE_PATH"], string(filepath.ListSeparator)+modules) {
		t.Errorf("notes %q, variables %q", r.Notes, env)
	}
	if err := os.Mkdir(modules, 0o700); err != nil {
		t.Fatal(err)
	}
	if r = read(t, path, template.Options{}); len(r.Notes) > 0 {
		t.Errorf("with the modules it notes %q", r.Notes)
	}
}
