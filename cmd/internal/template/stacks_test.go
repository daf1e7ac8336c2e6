package template_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/cmd/internal/template"
)

// TestCDKStacks reads an API whose functions are in another stack, which imports from a third.
func TestCDKStacks(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"Api.template.json": `{"Resources": {
  "Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"ProtocolType": "WEBSOCKET"}},
  "Int": {"Type": "AWS::ApiGatewayV2::Integration", "Properties": {"IntegrationUri":
    {"Fn::Join": ["", ["arn:x/", {"Fn::ImportValue": "Functions:Say"}, "/invocations"]]}}},
  "Route": {"Type": "AWS::ApiGatewayV2::Route", "Properties": {"ApiId": {"Ref": "Api"},
    "RouteKey": "$default", "Target": {"Fn::Sub": "integrations/${Int}"}}}}}`,
		"Functions.template.json": `{"Resources": {
  "Say": {"Type": "AWS::Lambda::Function", "Metadata": {"aws:asset:path": "asset.1"},
    "Properties": {"Handler": "a.b", "Runtime": "nodejs22.x", "Environment": {"Variables":
      {"TABLE": {"Fn::ImportValue": "Tables:People"}, "OTHER": {"Fn::ImportValue": "none"}}}}}},
  "Outputs": {"Out": {"Value": {"Fn::GetAtt": ["Say", "Arn"]}, "Export": {"Name": "Functions:Say"}},
    "Loop": {"Value": {"Fn::Sub": ["${A}", {"A": {"Fn::ImportValue": "none"}}]},
      "Export": {"Name": "none"}}}}`,
		"Tables.template.json": `{"Resources": {
  "People": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "people",
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}}},
  "Outputs": {"Out": {"Value": {"Ref": "People"}, "Export": {"Name": "Tables:People"}}}}`,
		"Web.template.json": `{"Resources": {
  "Page": {"Type": "AWS::Lambda::Function", "Properties": {"Handler": "page.b"}}}}`,
		"asset.1/a.js": "",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := read(t, dir, template.Options{})
	say := r.Config.Functions["Say"]
	if got := routes(r.Config); got != "$default=Say" || len(r.Config.Functions) != 1 ||
		say.Environment["TABLE"].Text != "people" || len(r.Tables) != 1 {
		t.Errorf("routes %s, functions %v, tables %v", got, r.Config.Functions, r.Tables)
	}
	if len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "function Say misses OTHER") {
		t.Errorf("notes %q", r.Notes)
	}
}
