package template_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/cmd/internal/template"
)

// twoAPIs has one WebSocket API that SAM puts together, and one of CloudFormation.
const twoAPIs = `
Resources:
  Chat:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      StageName: chat
      RouteSelectionExpression: $request.body.chat
      Routes: {$default: {FunctionArn: !GetAtt Say.Arn}}
  News:
    Type: AWS::ApiGatewayV2::Api
    Properties: {ProtocolType: WEBSOCKET, RouteSelectionExpression: $request.body.news}
  NewsStage: {Type: AWS::ApiGatewayV2::Stage, Properties: {ApiId: !Ref News, StageName: news}}
  NewsRoute:
    Type: AWS::ApiGatewayV2::Route
    Properties: {ApiId: !Ref News, RouteKey: read, Target: !Sub "integrations/${To}"}
  To:
    Type: AWS::ApiGatewayV2::Integration
    Properties: {ApiId: !Ref News, IntegrationType: AWS_PROXY, IntegrationUri: !GetAtt Say.Arn}
  Say:
    Type: AWS::Serverless::Function
    Properties: {Runtime: nodejs22.x, Handler: say.handler, InlineCode: exports.handler = 1}
`

func TestChooseAPI(t *testing.T) {
	path := write(t, "template.yaml", twoAPIs)
	for name, want := range map[string][]string{
		"Chat": {"$default=Say", "chat", "$request.body.chat"},
		"News": {"read=Say", "news", "$request.body.news"},
	} {
		c := read(t, path+"#"+name, template.Options{}).Config
		got := []string{routes(c), c.APIGatewayStage, c.RouteSelection}
		if strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("%s gives %q, want %q", name, got, want)
		}
	}
	choice := "; choose one of Chat, News: tyg local --template " + path + "#Chat"
	for end, want := range map[string]string{
		"":     "it has 2 WebSocket APIs" + choice,
		"#Nws": `it has no WebSocket API "Nws"` + choice,
	} {
		if _, err := template.Read(path+end, template.Options{}); err == nil ||
			!strings.HasPrefix(err.Error(), path+":") || !strings.Contains(err.Error(), want) {
			t.Errorf("%q gives %v, want %s", end, err, want)
		}
	}
}

// TestChooseAPIOfOne takes the name of the only one, and a file with a # in its own name.
func TestChooseAPIOfOne(t *testing.T) {
	path := write(t, "a#b.yaml", samTemplate)
	read(t, path, template.Options{})
	read(t, path+"#Api", template.Options{})
	path = write(t, "serverless.yml", "provider: {name: aws}\nfunctions: {}\n")
	if _, err := template.Read(path+"#Chat", template.Options{}); err == nil ||
		!strings.Contains(err.Error(), "leave out #Chat") {
		t.Errorf("an API of Serverless by name: %v", err)
	}
}

// TestMissingTemplateIsNamed has a # in a directory, as C# has it: the error names the whole path.
func TestMissingTemplateIsNamed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "C#", "template.yaml")
	if _, err := template.Read(path, template.Options{}); err == nil ||
		!strings.Contains(err.Error(), path) {
		t.Errorf("a template that is not there: %v, want its path %s", err, path)
	}
}

func TestChooseAPIOfTerraform(t *testing.T) {
	text := example(t, "plan.json")
	const api = `"resources": [`
	second := api + `{"address": "aws_apigatewayv2_api.news", "mode": "managed", "name": "news",
		"type": "aws_apigatewayv2_api", "values": {"name": "news", "protocol_type": "WEBSOCKET"}},`
	path := writePlan(t, strings.Replace(text, api, second, 1))
	_, err := template.Read(path, template.Options{})
	const fault = "it has 2 WebSocket APIs; choose one of aws_apigatewayv2_api.news, aws_apigate"
	if err == nil || !strings.Contains(err.Error(), fault) {
		t.Fatalf("two WebSocket APIs: %v, want %s", err, fault)
	}
	want := routes(read(t, writePlan(t, text), template.Options{}).Config)
	got := routes(read(t, path+"#aws_apigatewayv2_api.ws", template.Options{}).Config)
	if got != want {
		t.Errorf("the API ws has the routes %s, want %s", got, want)
	}
}

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "infra", "app.yaml")
	got := template.Files(path+"#Chat", dir)
	for _, want := range []string{
		path, filepath.Join(dir, "samconfig.toml"), filepath.Join(dir, "infra", "samconfig.yml"),
	} {
		if !slices.Contains(got, want) {
			t.Errorf("the files %q lack %s", got, want)
		}
	}
}
