package template_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/internal/deploy/template"
)

// The examples of RFC 7396, appendix A, as far as the target can be an object.
func TestMergeFollowsRFC7396(t *testing.T) {
	rows := []struct{ target, patch, want string }{
		{`{"a":"b"}`, `{"a":"c"}`, `{"a":"c"}`},
		{`{"a":"b"}`, `{"b":"c"}`, `{"a":"b","b":"c"}`},
		{`{"a":"b"}`, `{"a":null}`, `{}`},
		{`{"a":"b","b":"c"}`, `{"a":null}`, `{"b":"c"}`},
		{`{"a":["b"]}`, `{"a":"c"}`, `{"a":"c"}`},
		{`{"a":"c"}`, `{"a":["b"]}`, `{"a":["b"]}`},
		{`{"a":{"b":"c"}}`, `{"a":{"b":"d","c":null}}`, `{"a":{"b":"d"}}`},
		{`{"a":[{"b":"c"}]}`, `{"a":[1]}`, `{"a":[1]}`},
		{`{"e":null}`, `{"a":1}`, `{"e":null,"a":1}`},
		{`{}`, `{"a":{"bb":{"ccc":null}}}`, `{"a":{"bb":{}}}`},
		{`{"a":1}`, ``, `{"a":1}`},
		{`{"a":{"b":1}}`, `{"a":{"c":12345678901234567890}}`, `{"a":{"b":1,"c":12345678901234567890}}`},
	}
	for _, row := range rows {
		got, err := template.Patch(exact(t, row.target), []byte(row.patch))
		if want := exact(t, row.want); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s with %s is %v, %v, want %v", row.target, row.patch, got, err, want)
		}
	}
}

// exact reads an object whose numbers stay as they are written.
func exact(t *testing.T, text string) (o map[string]any) {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(&o); err != nil {
		t.Fatal(err)
	}
	return o
}

func TestMergeRefusesAllButObjects(t *testing.T) {
	rows := []struct{ patch, want string }{
		{`[1]`, "not a JSON object"},
		{`"text"`, "not a JSON object"},
		{`{"a":`, "the end is missing"},
		{`{} {}`, "text after its end"},
		{`Resources:`, "not JSON"},
	}
	for _, row := range rows {
		for _, w := range writers() {
			_, err := w.write(echo(t), template.Options{Merge: []byte(row.patch)})
			if err == nil || !strings.Contains(err.Error(), row.want) ||
				!strings.HasPrefix(err.Error(), "merge template: ") {
				t.Errorf("%s, %s: the error is %v, want one with %q", w.name, row.patch, err, row.want)
			}
		}
	}
}

// What is merged in is there, what it says null of is not, and a route of it is in the first
// deployment.
func TestMergeChangesATemplate(t *testing.T) {
	merge := `{"Resources": {
	  "ExtraRoute": {"Type": "AWS::ApiGatewayV2::Route", "Properties": {"RouteKey": "extra"}},
	  "WebsocketMessageLogGroup": null, "WebsocketMessage": {
	    "DependsOn": null,
	    "Properties": {"Environment": {"Variables": {"BUCKET": {"Ref": "Bucket"}}}}},
	  "Bucket": {"Type": "AWS::S3::Bucket"}}}`
	doc, _ := written(t, writers()[0], echo(t), template.Options{Merge: []byte(merge)})
	resources := at(t, doc, "Resources").(map[string]any)
	if resources["WebsocketMessageLogGroup"] != nil || resources["Bucket"] == nil {
		t.Error("the patch did not add one resource and take away another")
	}
	vars := at(t, resources, "WebsocketMessage", "Properties", "Environment", "Variables")
	if at(t, vars, "BUCKET", "Ref") != "Bucket" || at(t, vars, "TYG_ENDPOINT") == nil {
		t.Errorf("the variables are %v", vars)
	}
	waits := strs(at(t, resources, "WebsocketAPIStage", "DependsOn"))
	if len(waits) != 2 || waits[0] != "ExtraRoute" {
		t.Errorf("the stage waits for %q", waits)
	}

	merge = `{"provider": {"aws": {"region": "eu-central-1"}}, "resource": {
	  "aws_apigatewayv2_stage": null, "aws_lambda_function": {"websocket_message": {"timeout": 5}}}}`
	doc, _ = written(t, writers()[1], echo(t), template.Options{Merge: []byte(merge)})
	if got := at(t, doc, "resource", "aws_lambda_function", "websocket_message",
		"timeout"); got != 5.0 {
		t.Errorf("the timeout is %v, want 5", got)
	}
	if at(t, doc, "provider", "aws", "region") != "eu-central-1" {
		t.Error("there is no provider")
	}
}

// Whatever is merged, the result is a template or an error, and merging it again changes nothing.
func FuzzMerge(f *testing.F) {
	for _, text := range []string{`{}`, `null`, `{"Resources":null}`, `{"resource":{"a":[{}]}}`} {
		f.Add([]byte(text))
	}
	app := echo(f)
	f.Fuzz(func(t *testing.T, merge []byte) {
		for _, w := range writers() {
			if text, err := w.write(app, template.Options{Merge: merge}); err == nil && !json.Valid(text) {
				t.Errorf("%s is not JSON: %s", w.name, text)
			}
		}
		once, err := template.Patch(map[string]any{"a": map[string]any{"b": 1}, "Resources": "c"}, merge)
		if err != nil {
			return
		}
		twice, err := template.Patch(once, merge)
		if err != nil || !reflect.DeepEqual(once, twice) {
			t.Errorf("once it is %v, twice %v, %v", once, twice, err)
		}
	})
}
