package template_test

import (
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/internal/deploy"
	"github.com/tyg-dev/tyg/internal/deploy/template"
)

// released returns an application with releases.
func released(app deploy.Application) deploy.Application {
	app.Releases = 5
	return app
}

// All events of a stack reach versions, by the alias, and deploy has nothing to do but to write
// down which release they are.
func TestCloudFormationMakesReleases(t *testing.T) {
	for _, app := range []deploy.Application{released(full(t)), released(triggered(t))} {
		t.Run(app.Name, func(t *testing.T) {
			s := newStack(t, app)
			for id := range s.resources {
				s.make(id)
			}
			agrees(t, s.aws, s.url, app, deploy.TypePermission, deploy.TypeFunction, deploy.TypeVersion,
				deploy.TypeAlias)
			live, err := s.aws.Live(s.make("WebsocketAPI")[""], app.API.Stage)
			if err != nil {
				t.Fatal(err)
			}
			for key, route := range live.Routes {
				if route.Function.Version != "1" ||
					route.Authorizer != nil && route.Authorizer.Function.Version != "1" {
					t.Errorf("route %s leads to version %s", key, route.Function.Version)
				}
			}
			for _, tr := range app.Triggers {
				if tr.Source == "http" && tr.Public {
					f, err := s.aws.AtURL(s.make("HookURL")["FunctionUrl"])
					if err != nil || f.Version != "1" {
						t.Errorf("the URL of %s leads to version %s, %v", tr.Name, f.Version, err)
					}
				}
			}
		})
	}
}

// versionID returns the id of the version of the first function in a template.
func versionID(t *testing.T, app deploy.Application, o template.Options) string {
	t.Helper()
	doc, _ := written(t, writers()[0], app, o)
	for id, r := range at(t, doc, "Resources").(map[string]any) {
		if at(t, r, "Type") == "AWS::Lambda::Version" && strings.HasPrefix(id, "WebsocketMessage") {
			alias := at(t, doc, "Resources", "WebsocketMessageAlias", "Properties", "FunctionVersion")
			if got := strs(at(t, alias, "Fn::GetAtt"))[0]; got != id {
				t.Errorf("the alias leads to %s, want %s", got, id)
			}
			if at(t, r, "DeletionPolicy") != "Retain" {
				t.Error("the version goes with its resource")
			}
			return id
		}
	}
	t.Fatal("the template has no version")
	return ""
}

// A version has another id whenever Lambda would publish another version, and only then.
func TestVersionsOfStacksHaveIDs(t *testing.T) {
	first := versionID(t, released(echo(t)), template.Options{})
	changed := func(change func(*deploy.Application)) string {
		app := released(echo(t))
		change(&app)
		return versionID(t, app, template.Options{})
	}
	if got := changed(func(app *deploy.Application) {
		app.Tags = map[string]string{"a": "b"}
		five := 5
		app.Functions[0].ReservedConcurrency = &five
	}); got != first {
		t.Errorf("tags and concurrency have made %s of %s", got, first)
	}
	memory := func(app *deploy.Application) { app.Functions[0].MemorySize = 256 }
	if got := changed(memory); got == first {
		t.Error("another size of the memory has the same version")
	}
	merge := template.Options{Merge: []byte(
		`{"Resources":{"WebsocketMessage":{"Properties":{"Timeout":7}}}}`)}
	if got := versionID(t, released(echo(t)), merge); got == first {
		t.Error("a patch of the function has the same version")
	}
}

// All that calls a function in a configuration of Terraform calls its alias.
func TestTerraformMakesReleases(t *testing.T) {
	for _, app := range []deploy.Application{released(full(t)), released(triggered(t))} {
		_, text := written(t, writers()[1], app, template.Options{})
		if n := strings.Count(text, `"publish": true`); n != len(app.Functions) {
			t.Errorf("%d of %d functions publish versions", n, len(app.Functions))
		}
		if strings.Contains(text, `functions/${aws_lambda_function.`) {
			t.Error("an integration calls a function without its alias")
		}
		testTerraformReferences(t, app)
	}
	_, text := written(t, writers()[1], released(triggered(t)), template.Options{})
	const alias = `"qualifier": "${aws_lambda_alias.`
	if got := strings.Count(text, alias); got != 8 {
		t.Errorf("%d permissions and URLs are those of an alias", got)
	}
}
