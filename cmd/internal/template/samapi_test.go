package template_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/cmd/internal/template"
)

// samAPI is an API that SAM makes the resources of.
const samAPI = `
Globals:
  Function: {Runtime: nodejs22.x, CodeUri: src}
  WebSocketApi: {RouteSelectionExpression: $request.body.do}
Resources:
  Chat:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      AUTH
      Routes:
        $connect: {FunctionArn: !GetAtt Join.Arn}
        say: {FunctionArn: !GetAtt Say.Arn, RouteResponseSelectionExpression: $default}
  Join: {Type: AWS::Serverless::Function, Properties: {Handler: join.handler}}
  Say:
    Type: AWS::Serverless::Function
    Properties:
      Handler: say.handler
      Environment: {Variables: {URL: !Sub "https://${Chat}.example.com/${Chat.Stage}"}}
`

func readSAMAPI(t *testing.T, auth string) template.Result {
	t.Helper()
	text := strings.Replace(samAPI, "AUTH", auth, 1)
	return read(t, write(t, "template.yaml", text), template.Options{})
}

func TestSAMWebSocketAPI(t *testing.T) {
	r := readSAMAPI(t, "StageVariables: {colour: red}")
	c := r.Config
	if got := routes(c); got != "$connect=Join say=Say+" || c.RouteSelection != "$request.body.do" ||
		c.APIGatewayStage != "default" || c.StageVariables["colour"] != "red" || c.Authorizer != nil {
		t.Errorf("routes %s of %+v", got, c.StageConfig)
	}
	if got := c.Functions["Say"].Environment["URL"].Text; got != "https://local.example.com/default" {
		t.Errorf("URL is %s", got)
	}
	auth := "Auth: {AuthType: CUSTOM, AuthArn: !GetAtt Join.Arn, IdentitySource: [route.request." +
		"querystring.token]}"
	a := readSAMAPI(t, auth).Config.Authorizer
	if a == nil || a.Function != "Join" || len(a.IdentitySources) != 1 {
		t.Errorf("the authorizer is %+v", a)
	}
	notes := readSAMAPI(t, "Auth: {AuthType: AWS_IAM}").Notes
	if len(notes) != 1 || !strings.Contains(notes[0], "each client is accepted") {
		t.Errorf("with IAM it notes %q", notes)
	}
	bad := strings.NewReplacer("AUTH", "Name: chat", "!GetAtt Join.Arn", "!GetAtt Other.Arn")
	_, err := template.Read(write(t, "template.yaml", bad.Replace(samAPI)), template.Options{})
	if err == nil || !strings.Contains(err.Error(), ":11: route $connect has no FunctionArn") {
		t.Errorf("without the function it says %v", err)
	}
}

// TestAuthorizerByName finds functions that an ARN of text names, and says when it finds none.
func TestAuthorizerByName(t *testing.T) {
	for name, want := range map[string]string{"gate": "Gate", "elsewhere": ""} {
		path := write(t, "template.yaml", `
Resources:
  Api: {Type: AWS::ApiGatewayV2::Api, Properties: {ProtocolType: WEBSOCKET}}
  Gate:
    Type: AWS::Serverless::Function
    Properties: {FunctionName: gate, CodeUri: src, Handler: a.b, Runtime: python3.13}
  Auth:
    Type: AWS::ApiGatewayV2::Authorizer
    Properties:
      AuthorizerUri: !Sub "arn:aws:lambda:${AWS::Region}:1:function:`+name+`/invocations"
  Int: {Type: AWS::ApiGatewayV2::Integration, Properties: {IntegrationUri: !GetAtt Gate.Arn}}
  Route:
    Type: AWS::ApiGatewayV2::Route
    Properties: {ApiId: !Ref Api, RouteKey: $connect, AuthorizerId: !Ref Auth, Target: !Ref Int}
`)
		r := read(t, path, template.Options{})
		got := ""
		if a := r.Config.Authorizer; a != nil {
			got = a.Function
		}
		noted := slices.ContainsFunc(r.Notes, func(note string) bool {
			return strings.Contains(note, "template.yaml:10: the authorizer is left out")
		})
		if got != want || noted != (want == "") {
			t.Errorf("function %s: the authorizer is %q, notes %q", name, got, r.Notes)
		}
	}
}
