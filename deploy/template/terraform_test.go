package template_test

import (
	"errors"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/deploy"
	"github.com/tyg-dev/tyg/deploy/template"
	"github.com/tyg-dev/tyg/internal/awstest"
)

// A terraform is a directory in which Terraform applies templates to an account.
type terraform struct {
	*testing.T
	dir string
	env []string
	aws *awstest.Cloud
	url string // of aws
}

// newTerraform skips the test where nobody wants it: it takes a minute. The variable is 1, or the
// directory of a mirror that has AWS's provider.
func newTerraform(t *testing.T) *terraform {
	t.Helper()
	mirror := os.Getenv("TYG_TEST_TERRAFORM")
	if mirror == "" {
		t.Skip("Terraform was not run: TYG_TEST_TERRAFORM is not set")
	}
	c := awstest.New()
	srv := httptest.NewServer(c)
	t.Cleanup(srv.Close)
	id, secret := c.Key()
	dir := t.TempDir()
	none := filepath.Join(dir, "none")
	tf := &terraform{t, dir, append(os.Environ(),
		"AWS_ACCESS_KEY_ID="+id, "AWS_SECRET_ACCESS_KEY="+secret, "AWS_SESSION_TOKEN=",
		"AWS_REGION="+awstest.Region, "AWS_ENDPOINT_URL="+srv.URL, "AWS_EC2_METADATA_DISABLED=true",
		"AWS_CONFIG_FILE="+none, "AWS_SHARED_CREDENTIALS_FILE="+none, "AWS_MAX_ATTEMPTS=2",
		"CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1"), c, srv.URL}
	tf.write(echo(t), nil)
	args := []string{"init", "-input=false", "-no-color"}
	if mirror != "1" {
		args = append(args, "-plugin-dir="+mirror)
	}
	tf.run(args...)
	return tf
}

// write puts the template of an application, and its code, into the directory.
func (tf *terraform) write(app deploy.Application, merge []byte) {
	tf.Helper()
	text, err := template.Terraform(app, template.Options{Merge: merge})
	if err != nil {
		tf.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"main.tf.json": text, template.Zip: app.Functions[0].Bundle.Zip,
	} {
		if err := os.WriteFile(filepath.Join(tf.dir, name), data, 0o600); err != nil {
			tf.Fatal(err)
		}
	}
}

// run runs a command of Terraform, which must do well.
func (tf *terraform) run(args ...string) string {
	tf.Helper()
	out, status := tf.try(args...)
	if status != 0 {
		tf.Fatalf("terraform %q: status %d: %s", args, status, out)
	}
	return out
}

func (tf *terraform) try(args ...string) (out string, status int) {
	tf.Helper()
	cmd := exec.CommandContext(tf.Context(), "terraform", args...)
	cmd.Dir, cmd.Env = tf.dir, tf.env
	text, err := cmd.Output()
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		return string(text) + string(failed.Stderr), failed.ExitCode()
	}
	if err != nil {
		tf.Fatal(err)
	}
	return string(text), 0
}

// apply makes it so, after which there must be nothing left to change.
func (tf *terraform) apply(app deploy.Application, merge []byte) {
	tf.Helper()
	tf.write(app, merge)
	tf.run("validate", "-no-color")
	tf.run("apply", "-auto-approve", "-input=false", "-no-color")
	out, status := tf.try("plan", "-detailed-exitcode", "-input=false", "-no-color")
	if status != 0 {
		tf.Errorf("a second plan has status %d: %s", status, out)
	}
}

// live returns what API Gateway does, of which nothing may be missing.
func (tf *terraform) live(stage string) awstest.Live {
	tf.Helper()
	api := strings.TrimSpace(tf.run("output", "-no-color", "-raw", "websocket_api_id"))
	live, err := tf.aws.Live(api, stage)
	if err != nil {
		tf.Fatalf("what is live does not work: %v", err)
	}
	for key, route := range live.Routes {
		if !tf.aws.MayManage(route.Function.Name, api, stage) {
			tf.Errorf("the function of %s may not send", key)
		}
	}
	return live
}

// Terraform applies the templates, and finds afterwards what it has made.
func TestTerraform(t *testing.T) {
	tf := newTerraform(t)
	tf.apply(echo(t), nil)
	if live := tf.live("api"); len(live.Routes) != 1 {
		t.Errorf("live are %d routes, want 1", len(live.Routes))
	}
	url := strings.TrimSpace(tf.run("output", "-no-color", "-raw", "websocket_connect_endpoint_url"))
	if !strings.HasPrefix(url, "wss://") || !strings.HasSuffix(url, ".us-west-2.amazonaws.com/api/") {
		t.Errorf("the URL is %s", url)
	}
	tf.run("destroy", "-auto-approve", "-input=false", "-no-color")
	if left := tf.aws.Resources(); len(left) > 0 {
		t.Errorf("after destroy there is %q", left)
	}
	tf.violations()
}

func (tf *terraform) violations() {
	tf.Helper()
	// AWS answers this with null, against its own model.
	const known = "lambda GetFunctionCodeSigningConfig: answer: Value null at 'CodeSigningConfigArn'"
	for _, v := range tf.aws.Violations() {
		if strings.HasPrefix(v, known) {
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
	tf.apply(app, nil)
	if got := len(tf.live("api").Routes); got != 3 {
		t.Errorf("%d routes are live, want 3", got)
	}
	app.API.Routes = append(app.API.Routes,
		deploy.Route{Key: "ask", Function: "websocket_message", Responds: true})
	tf.apply(app, nil)
	if live := tf.live("api"); !live.Routes["ask"].Reply {
		t.Errorf("live is %+v, want a route ask that replies", live.Routes)
	}
	app.Functions = app.Functions[1:2]
	app.API.Routes = []deploy.Route{{Key: tyg.RouteDefault, Function: "websocket_message"}}
	tf.apply(app, nil)
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
	tf.aws.AllowStageLogs()
	tf.apply(app, nil)
	live := tf.live("api")
	want := `${not.me} %{nor.me}`
	if got := live.Routes[tyg.RouteDefault].Function.Environment["GREETING"]; got != want {
		t.Errorf("a variable is %q, want %q", got, want)
	}
	agrees(t, tf.aws, tf.url, app)
	before := tf.aws.Resources()
	out, status := tf.try("destroy", "-auto-approve", "-input=false", "-no-color")
	if status == 0 || !slices.Equal(tf.aws.Resources(), before) {
		t.Errorf("destroy has status %d and leaves %q of %q: %s", status, tf.aws.Resources(), before, out)
	}
	tf.violations()
}
