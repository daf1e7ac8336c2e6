package awstest_test

import (
	"errors"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/internal/awstest"
)

// A terraform runs Terraform with AWS's provider against a server, in a directory with stack.tf.
type terraform struct {
	*testing.T
	dir string
	env []string
}

// newTerraform skips the test where nobody wants it: it takes a minute. The variable is 1, or the
// directory of a mirror that has the provider.
func newTerraform(t *testing.T) (*terraform, *awstest.Cloud) {
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
	stack, err := os.ReadFile("testdata/stack.tf")
	if err != nil {
		t.Fatal(err)
	}
	bootstrap := archive(t, entry{"bootstrap", 0o755, elfHead(183)})
	for name, data := range map[string][]byte{"stack.tf": stack, "echo.zip": bootstrap} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	none := filepath.Join(dir, "none")
	tf := &terraform{t, dir, append(os.Environ(),
		"AWS_ACCESS_KEY_ID="+id, "AWS_SECRET_ACCESS_KEY="+secret, "AWS_SESSION_TOKEN=",
		"AWS_CONFIG_FILE="+none, "AWS_SHARED_CREDENTIALS_FILE="+none, "CHECKPOINT_DISABLE=1",
		"TF_IN_AUTOMATION=1", "TF_VAR_endpoint="+srv.URL, "TF_VAR_zip="+filepath.Join(dir, "echo.zip"))}
	args := []string{"init", "-input=false", "-no-color"}
	if mirror != "1" {
		args = append(args, "-plugin-dir="+mirror)
	}
	tf.run(args...)
	return tf, c
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

// apply applies the stack, after which there must be nothing left to change.
func (tf *terraform) apply(variables ...string) {
	tf.Helper()
	tf.run(append([]string{"apply", "-auto-approve", "-input=false", "-no-color"}, variables...)...)
	out, status := tf.try(append([]string{
		"plan", "-detailed-exitcode", "-input=false", "-no-color",
	}, variables...)...)
	if status != 0 {
		tf.Errorf("a second plan has status %d: %s", status, out)
	}
}

// Terraform's provider has its own idea of what AWS answers: what it made it must find again, and
// after destroy there is nothing.
func TestTerraform(t *testing.T) {
	tf, c := newTerraform(t)
	tf.apply()
	api := strings.TrimSpace(tf.run("output", "-no-color", "-raw", "api"))
	live, err := c.Live(api, "dev")
	if err != nil || len(live.Routes) != 2 || !live.Routes["$default"].Reply ||
		live.Routes["$connect"].Authorizer == nil {
		t.Errorf("live: %+v, %v", live, err)
	}
	if !c.MayManage("echo-dev", api, "dev") {
		t.Error("the function may not manage connections")
	}
	if n := len(c.Resources()); n != 6 {
		t.Errorf("there are %d resources, want 6: %q", n, c.Resources())
	}
	more := []string{"-var=timeout=20", `-var=routes=["$connect", "$default", "report"]`}
	tf.apply(more...)
	live, err = c.Live(api, "dev")
	if err != nil || live.Routes["report"].Function.Timeout.Seconds() != 20 {
		t.Errorf("live after a change: %+v, %v", live, err)
	}
	tf.run(append([]string{"destroy", "-auto-approve", "-input=false", "-no-color"}, more...)...)
	if left := c.Resources(); len(left) > 0 {
		t.Errorf("after destroy there is %q", left)
	}
	for _, v := range c.Violations() {
		if !slices.Contains(known, v) {
			t.Errorf("violation: %s", v)
		}
	}
}

// known are answers that AWS gives against its own model: that a function has no code signing.
var known = []string{
	"lambda GetFunctionCodeSigningConfig: answer: Value null at 'CodeSigningConfigArn' " +
		"failed to satisfy constraint: Member must not be null",
}
