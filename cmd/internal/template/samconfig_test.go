package template_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/cmd/internal/template"
)

// samTemplate has a function whose variables are what a configuration can say.
const samTemplate = `
Parameters:
  A: {Type: String, Default: d}
  B: {Type: String, Default: d}
  C: {Type: String}
Resources:
  Api:
    Type: AWS::Serverless::WebSocketApi
    Properties: {Routes: {$default: {FunctionArn: !GetAtt Say.Arn}}}
  Say:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: nodejs22.x
      Handler: say.handler
      InlineCode: exports.handler = 1
      Environment:
        Variables: {V: !Sub "${A} ${B} ${C} ${AWS::Region} ${AWS::StackName}"}
`

// samProject writes a template and a configuration of the SAM CLI, and returns the directory.
func samProject(t *testing.T, at, name, config string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{at: samTemplate, name: config} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const samTOML = `version = 0.1
[default.global.parameters]
stack_name = "chat"
region = "eu-central-1"
[default.deploy.parameters]
parameter_overrides = "A=\"two words\" B=deploy ParameterKey"
region = "eu-west-1"
template_file = "packaged.yaml"
[default.local_start_api.parameters]
parameter_overrides = ["B=here", "C=c"]
[live.deploy.parameters]
parameter_overrides = "ParameterKey=A,ParameterValue=1 ParameterKey=C,ParameterValue=2"
`

const samYAML = `
version: 0.1
default:
  deploy:
    parameters:
      region: eu-west-1
      stack_name: chat
      parameter_overrides: [A="two words", B=here, C=c]
live:
  global: {parameters: {stack_name: live, parameter_overrides: {A: 1, C: 2}}}
`

func TestSAMConfig(t *testing.T) {
	good := strings.Replace(samTOML, " ParameterKey\"", "\"", 1)
	variables := func(name string) string { return map[string]string{"B": "mine"}[name] }
	mine := template.Options{Region: "r", Getenv: variables}
	for _, tt := range []struct {
		name, config string
		o            template.Options
		want         string
	}{
		{"samconfig.toml", good, template.Options{}, "two words here c eu-west-1 chat"},
		{"samconfig.toml", good, template.Options{Stage: "dev"}, "two words here c eu-west-1 chat"},
		{"samconfig.toml", good, mine, "two words mine c r chat"},
		{"samconfig.toml", good, template.Options{Stage: "live"}, "1 d 2 us-east-1 "},
		{"samconfig.yaml", samYAML, template.Options{}, "two words here c eu-west-1 chat"},
		{"samconfig.yml", samYAML, template.Options{Stage: "live"}, "1 d 2 us-east-1 live"},
		{"samconfig.toml", "version = 0.1\n", template.Options{}, "d d  us-east-1 "},
	} {
		dir := samProject(t, "template.yaml", tt.name, tt.config)
		r := read(t, filepath.Join(dir, "template.yaml"), tt.o)
		want := tt.want
		if strings.HasSuffix(want, " ") {
			want += filepath.Base(r.Dir)
		}
		if got := r.Config.Functions["Say"].Environment.Plain()["V"]; got != want {
			t.Errorf("%s with %+v gives %q, want %q", tt.name, tt.o.Stage, got, want)
		}
	}
}

// TestSAMConfigNamesTemplate finds a template elsewhere; one that is deployed does not count.
func TestSAMConfigNamesTemplate(t *testing.T) {
	const config = "[default.global.parameters]\ntemplate_file = \"infra/app.yaml\"\n" +
		"stack_name = \"chat\"\n[default.deploy.parameters]\ntemplate_file = \"samconfig.toml\"\n"
	dir := samProject(t, "infra/app.yaml", "samconfig.toml", config)
	path := template.Find(dir, "")
	if want := filepath.Join(dir, "infra", "app.yaml"); path != want {
		t.Fatalf("found %q, want %q", path, want)
	}
	r := read(t, path, template.Options{Dir: dir})
	if got := r.Config.Functions["Say"].Environment.Plain()["V"]; !strings.HasSuffix(got, " chat") {
		t.Errorf("the variable is %q, want the name of the stack at its end", got)
	}
	other := samProject(t, "app.yaml", "none", "")
	r = read(t, filepath.Join(other, "app.yaml"), template.Options{Dir: dir})
	if got := r.Config.Functions["Say"].Environment.Plain()["V"]; strings.HasSuffix(got, " chat") {
		t.Errorf("the variable is %q, of a configuration that names another template", got)
	}
}

func TestSAMConfigUnknownParameter(t *testing.T) {
	const config = "[default.deploy.parameters]\nparameter_overrides = \"C=1 Old=2\"\n"
	dir := samProject(t, "template.yaml", "samconfig.toml", config)
	r := read(t, filepath.Join(dir, "template.yaml"), template.Options{})
	want := []string{"samconfig.toml sets Old, which is no parameter of template.yaml"}
	if !slices.Equal(r.Notes, want) {
		t.Errorf("the notes are %q, want %q", r.Notes, want)
	}
}

func TestSAMConfigErrors(t *testing.T) {
	for _, tt := range []struct{ name, config, want string }{
		{
			"samconfig.toml", samTOML,
			`samconfig.toml:6: default.deploy.parameters.parameter_overrides: "ParameterKey"`,
		},
		{"samconfig.toml", "[default]\nx = \n", "samconfig.toml:2: "},
		{
			"samconfig.toml", "[default.deploy.parameters]\nregion = 1\n",
			"samconfig.toml:2: default.deploy.parameters.region: ",
		},
		{
			"samconfig.toml", "[default.deploy.parameters]\nparameter_overrides = 1\n",
			"want a text or a list of texts, not 1",
		},
		{"samconfig.yaml", "default:\n  deploy: [\n", "samconfig.yaml:"},
		{"samconfig.yaml", "default:\n  deploy: 1\n", "samconfig.yaml:2: "},
		{
			"samconfig.yaml", "default:\n  deploy:\n    parameters:\n      parameter_overrides: x\n",
			`samconfig.yaml:4: parameter_overrides: "x": want NAME=VALUE`,
		},
	} {
		dir := samProject(t, "template.yaml", tt.name, tt.config)
		_, err := template.Read(filepath.Join(dir, "template.yaml"), template.Options{})
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q gives %v, want %s", tt.config, err, tt.want)
		}
	}
}
