package template_test

import (
	"bytes"
	"flag"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/awstest"
	"github.com/tyg-dev/tyg/internal/deploy"
	"github.com/tyg-dev/tyg/internal/deploy/template"
	"github.com/tyg-dev/tyg/internal/deploy/template/tf"
)

var update = flag.Bool("update", false, "rewrite the templates in testdata")

func TestGolden(t *testing.T) {
	apps := map[string]deploy.Application{"echo": echo(t), "chat": chat(t)}
	for name, app := range apps {
		for _, w := range writers() {
			t.Run(name+" "+w.name, func(t *testing.T) {
				file := filepath.Join("testdata", name+"."+w.name+".json")
				_, text := written(t, w, app, template.Options{})
				if *update {
					if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if text != string(want) {
					t.Errorf("the template is not %s; look at it, and rewrite it with -update\n%s", file, text)
				}
			})
		}
	}
}

// What deploy would make is in the template, under the name that deploy would give it.
func TestTemplatesUseTheNamesOfDeploy(t *testing.T) {
	app := full(t)
	empty := awstest.New()
	prepare(t, empty)
	srv := httptest.NewServer(empty)
	defer srv.Close()
	steps := planned(t, empty, srv.URL, app)
	if len(steps) < 20 {
		t.Errorf("the plan has %d steps only", len(steps))
	}
	for _, w := range writers() {
		doc, _ := written(t, w, app, template.Options{})
		found := make(map[any]bool)
		walk(doc, func(_ string, v any) {
			if s, ok := v.(string); ok {
				found[s] = true
			}
		})
		for _, step := range steps {
			name := step.Name
			switch step.Type {
			case deploy.TypeMapping:
				_, name, _ = strings.Cut(name, "/")
			case deploy.TypeDeployment:
				continue // the stage makes it
			}
			if !found[name] {
				t.Errorf("%s has no %q of %v", w.name, name, step)
			}
		}
	}
}

// TestC11NewRoutesGoLive: the stage deploys what changes, and it is made after all routes. Nothing
// calls a function without the permission.
func TestC11NewRoutesGoLive(t *testing.T) {
	cfn, _ := written(t, writers()[0], full(t), template.Options{})
	tf, _ := written(t, writers()[1], full(t), template.Options{})
	resources := at(t, cfn, "Resources").(map[string]any)
	stage := resources["WebsocketAPIStage"]
	waits := strs(at(t, stage, "DependsOn"))
	routes := 0
	for id, r := range resources {
		kind, _ := strings.CutPrefix(at(t, r, "Type").(string), "AWS::ApiGatewayV2::")
		switch kind {
		case "Route", "RouteResponse":
			if routes++; !slices.Contains(waits, id) {
				t.Errorf("the stage does not wait for %s", id)
			}
		case "Integration", "Authorizer":
			if need := strs(at(t, r, "DependsOn")); len(need) != 1 || resources[need[0]] == nil {
				t.Errorf("%s waits for %v", id, need)
			}
		case "Deployment":
			t.Errorf("there is a deployment, %s", id)
		}
	}
	if at(t, stage, "Properties", "AutoDeploy") != true || len(waits) != routes || routes != 6 {
		t.Errorf("of %d routes the stage is %v", routes, stage)
	}
	stage = at(t, tf, "resource", "aws_apigatewayv2_stage", "websocket_api_stage")
	if n := len(strs(at(t, stage, "depends_on"))); at(t, stage, "auto_deploy") != true || n != routes {
		t.Errorf("of %d routes the stage of Terraform is %v", routes, stage)
	}
}

func strs(v any) []string {
	var list []string
	for _, s := range v.([]any) {
		list = append(list, s.(string))
	}
	return list
}

// A limit of 0 lets no message through. Terraform's provider sends 0 for a limit that is missing.
func TestNoLimitIsZero(t *testing.T) {
	app := echo(t)
	app.API.Settings.LoggingLevel = "ERROR"
	for _, w := range writers() {
		doc, _ := written(t, w, app, template.Options{})
		limits := 0
		walk(doc, func(key string, v any) {
			if !strings.Contains(strings.ToLower(key), "throttling") {
				return
			}
			limits++
			if v == 0.0 {
				t.Errorf("%s: %s is 0", w.name, key)
			}
		})
		if want := map[string]int{"cloudformation": 0, "terraform": 2}[w.name]; limits != want {
			t.Errorf("%s has %d limits, want %d", w.name, limits, want)
		}
	}
}

// TestTerraformLimitsAreThoseOfTheRegion: what stands for the limits of the account differs by
// region.
func TestTerraformLimitsAreThoseOfTheRegion(t *testing.T) {
	app := echo(t)
	app.API.Settings.LoggingLevel = "ERROR"
	doc, _ := written(t, writers()[1], app, template.Options{})
	settings := at(t, doc, "resource", "aws_apigatewayv2_stage", "websocket_api_stage",
		"default_route_settings")
	for key, want := range map[string]string{
		"throttling_rate_limit": "? 2500 : 10000}", "throttling_burst_limit": "? 1250 : 5000}",
	} {
		got := at(t, settings, key).(string)
		if !strings.HasPrefix(got, `${contains(["af-south-1", `) || !strings.HasSuffix(got, want) ||
			!strings.Contains(got, `"], data.aws_region.tyg.id)`) {
			t.Errorf("%s is %s", key, got)
		}
	}
}

func TestTemplatesRefuseInvalidApplications(t *testing.T) {
	other, err := deploy.NewBundle([]byte("another program"))
	if err != nil {
		t.Fatal(err)
	}
	rows := []struct {
		name   string
		change func(*deploy.Application)
		want   string
	}{
		{"two programs", func(a *deploy.Application) { a.Functions[1].Bundle = other }, "different code"},
		{"names that become one", func(a *deploy.Application) {
			a.Tables = append(a.Tables, a.Tables[0])
			a.Tables[0].LogicalName, a.Tables[1].LogicalName = "rooms.", "rooms "
			a.Tables[1].Name, a.Tables[1].Variable = "others", "OTHERS"
		}, "rename one of them"},
		{"a policy that is none", func(a *deploy.Application) {
			a.Functions[0].Role = deploy.Role{LogicalName: "x_role", Policy: []byte("{")}
		}, "policy"},
		{"no name", func(a *deploy.Application) { a.Name = "" }, ""},
	}
	for _, row := range rows {
		for _, w := range writers() {
			app := chat(t)
			row.change(&app)
			text, err := w.write(app, template.Options{})
			if err == nil || !strings.Contains(err.Error(), row.want) || text != nil {
				t.Errorf("%s, %s: the error is %v, want one with %q", row.name, w.name, err, row.want)
			}
		}
	}
	if _, err := tf.Config(echo(t), template.Options{CodeParameters: true}); err == nil {
		t.Error("Terraform has parameters for the code")
	}
}

// New code is at another key, whatever the parameters of the stack: an update keeps their values.
func TestCodeKeyIsNoParameter(t *testing.T) {
	app := echo(t)
	before := codeKey(t, app)
	other, err := deploy.NewBundle([]byte("another program"))
	if err != nil {
		t.Fatal(err)
	}
	app.Functions[0].Bundle = other
	if after := codeKey(t, app); after == before {
		t.Errorf("two programs have the key %s", after)
	}
}

func codeKey(t *testing.T, app deploy.Application) string {
	t.Helper()
	key, err := template.CodeKey(app)
	if err != nil {
		t.Fatal(err)
	}
	doc, _ := written(t, writers()[0], app, template.Options{CodeParameters: true})
	code := at(t, doc, "Resources", "WebsocketMessage", "Properties", "Code")
	if got := at(t, code, "S3Key", "Fn::Sub"); got != "${CodePrefix}"+key {
		t.Errorf("the code is at %v, want %s after the prefix", got, key)
	}
	if got := at(t, code, "S3Bucket", "Ref"); got != "CodeBucket" {
		t.Errorf("the bucket is %v", got)
	}
	parameters := at(t, doc, "Parameters").(map[string]any)
	if got := at(t, parameters, "CodePrefix", "Default"); got != "" || len(parameters) != 2 {
		t.Errorf("the parameters are %v", parameters)
	}
	return key
}

// Both are the same for the same application, whatever the order of maps.
func TestTemplatesAreReproducible(t *testing.T) {
	for _, w := range writers() {
		_, first := written(t, w, full(t), template.Options{})
		for range 5 {
			if _, text := written(t, w, full(t), template.Options{}); text != first {
				t.Fatalf("%s differs from one time to the next", w.name)
			}
		}
		if !bytes.HasSuffix([]byte(first), []byte("}\n")) || strings.Contains(first, `\u003c`) {
			t.Errorf("%s is not written for people", w.name)
		}
	}
}

func TestAuthorizerGuardsTheHandshakeOnly(t *testing.T) {
	doc, _ := written(t, writers()[0], full(t), template.Options{})
	for id, r := range at(t, doc, "Resources").(map[string]any) {
		if at(t, r, "Type") != "AWS::ApiGatewayV2::Route" {
			continue
		}
		want := "NONE"
		if at(t, r, "Properties", "RouteKey") == tyg.RouteConnect {
			want = "CUSTOM"
		}
		if got := at(t, r, "Properties", "AuthorizationType"); got != want {
			t.Errorf("%s has authorization %v, want %s", id, got, want)
		}
	}
}
