package template_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/awstest"
	"github.com/tyg-dev/tyg/internal/deploy"
	"github.com/tyg-dev/tyg/internal/deploy/template"
	"github.com/tyg-dev/tyg/internal/deploy/template/tf"
	"github.com/tyg-dev/tyg/internal/tftest"
)

// A terraform applies the templates of applications.
type terraform struct{ *tftest.Terraform }

func newTerraform(t *testing.T) terraform {
	t.Helper()
	tf := terraform{tftest.New(t)}
	prepare(t, tf.AWS)
	tf.write(echo(t))
	tf.Init()
	return tf
}

// write puts the template of an application, and its code, into the directory.
func (r terraform) write(app deploy.Application) {
	r.Helper()
	text, err := tf.Config(app, template.Options{})
	if err != nil {
		r.Fatal(err)
	}
	r.Write("main.tf.json", text)
	r.Write(template.Zip, app.Functions[0].Bundle.Zip)
}

func (tf terraform) apply(app deploy.Application) {
	tf.Helper()
	tf.write(app)
	tf.Run("validate", "-no-color")
	tf.Apply()
}

// live returns what API Gateway does, of which nothing may be missing.
func (tf terraform) live(stage string) awstest.Live {
	tf.Helper()
	api := strings.TrimSpace(tf.Run("output", "-no-color", "-raw", "websocket_api_id"))
	live, err := tf.AWS.Live(api, stage)
	if err != nil {
		tf.Fatalf("what is live does not work: %v", err)
	}
	for key, route := range live.Routes {
		if !tf.AWS.MayManage(route.Function.Name, api, stage) {
			tf.Errorf("the function of %s may not send", key)
		}
	}
	return live
}

// Terraform applies the templates, and finds afterwards what it has made.
func TestTerraform(t *testing.T) {
	tf := newTerraform(t)
	tf.apply(echo(t))
	if live := tf.live("api"); len(live.Routes) != 1 {
		t.Errorf("live are %d routes, want 1", len(live.Routes))
	}
	url := strings.TrimSpace(tf.Run("output", "-no-color", "-raw", "websocket_connect_endpoint_url"))
	if !strings.HasPrefix(url, "wss://") || !strings.HasSuffix(url, ".us-west-2.amazonaws.com/api/") {
		t.Errorf("the URL is %s", url)
	}
	tf.Run("destroy", "-auto-approve", "-input=false", "-no-color")
	if left := tf.AWS.Resources(); len(left) > 0 {
		t.Errorf("after destroy there is %q", left)
	}
	tf.violations()
}

func (tf terraform) violations() {
	tf.Helper()
	// AWS answers this with null, against its own model.
	const known = "lambda GetFunctionCodeSigningConfig: answer: Value null at 'CodeSigningConfigArn'"
	for _, v := range tf.AWS.Violations() {
		// Terraform asks KMS which key is DynamoDB's own, and the stand-in has no KMS.
		const kms = "not signed for a service that is served: POST /"
		if strings.HasPrefix(v, known) || v == kms {
			continue
		}
		tf.Errorf("AWS would not understand: %s", v)
	}
}

// TestC1TerraformPublishesRoutes: routes that come, change and go are live, come and gone. That of
// a function that is gone would fail for ever.
func TestC1TerraformPublishesRoutes(t *testing.T) {
	tf := newTerraform(t)
	app := chat(t)
	app.Tables = nil
	tf.apply(app)
	if got := len(tf.live("api").Routes); got != 3 {
		t.Errorf("%d routes are live, want 3", got)
	}
	app.API.Routes = append(app.API.Routes,
		deploy.Route{Key: "ask", Function: "websocket_message", Responds: true})
	tf.apply(app)
	if live := tf.live("api"); !live.Routes["ask"].Reply {
		t.Errorf("live is %+v, want a route ask that replies", live.Routes)
	}
	app.Functions = app.Functions[1:2]
	app.API.Routes = []deploy.Route{{Key: tyg.RouteDefault, Function: "websocket_message"}}
	tf.apply(app)
	live := tf.live("api")
	if _, there := live.Routes[tyg.RouteConnect]; there || len(live.Routes) != 1 {
		t.Errorf("live is still %+v", live.Routes)
	}
	tf.violations()
}

// Deploy finds nothing to change in what Terraform has made, but that it publishes routes by
// itself.
func TestTerraformMakesWhatDeployMakes(t *testing.T) {
	tf := newTerraform(t)
	app := full(t)
	tf.AWS.AllowStageLogs()
	tf.apply(app)
	live := tf.live("api")
	want := `${not.me} %{nor.me}`
	if got := live.Routes[tyg.RouteDefault].Function.Environment["GREETING"]; got != want {
		t.Errorf("a variable is %q, want %q", got, want)
	}
	agrees(t, tf.AWS, tf.URL, app)
	before := tf.AWS.Resources()
	out, status := tf.Try("destroy", "-auto-approve", "-input=false", "-no-color")
	if status == 0 || !slices.Equal(tf.AWS.Resources(), before) {
		t.Errorf("destroy has status %d and leaves %q of %q: %s", status, tf.AWS.Resources(), before, out)
	}
	tf.violations()
}
