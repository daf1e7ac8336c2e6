// Package tftest runs Terraform on a stand-in for AWS, for tests.
package tftest

import (
	"errors"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/tyg-dev/tyg/internal/awstest"
)

// Variable is the environment variable without which Terraform is not run, because that takes a
// minute: 1, or the directory of a mirror that has the provider for AWS.
const Variable = "TYG_TEST_TERRAFORM"

// A Terraform is a directory in which Terraform manages an account.
type Terraform struct {
	*testing.T
	Dir string
	AWS *awstest.Cloud
	URL string // of AWS

	mirror string
	env    []string
}

// New returns an empty directory and account. It skips the test if [Variable] is not set.
func New(t *testing.T) *Terraform {
	t.Helper()
	mirror := os.Getenv(Variable)
	if mirror == "" {
		t.Skip("Terraform was not run: " + Variable + " is not set")
	}
	tf := &Terraform{T: t, Dir: t.TempDir(), AWS: awstest.New(), mirror: mirror}
	srv := httptest.NewServer(tf.AWS)
	t.Cleanup(srv.Close)
	tf.URL = srv.URL
	id, secret := tf.AWS.Key()
	none := filepath.Join(tf.Dir, "none")
	tf.env = append(os.Environ(),
		"AWS_ACCESS_KEY_ID="+id, "AWS_SECRET_ACCESS_KEY="+secret, "AWS_SESSION_TOKEN=",
		"AWS_REGION="+awstest.Region, "AWS_ENDPOINT_URL="+tf.URL, "AWS_EC2_METADATA_DISABLED=true",
		"AWS_CONFIG_FILE="+none, "AWS_SHARED_CREDENTIALS_FILE="+none, "AWS_MAX_ATTEMPTS=2",
		"CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1", "TF_VAR_endpoint="+tf.URL)
	return tf
}

// Init runs terraform init, for which a configuration must exist.
func (tf *Terraform) Init() {
	tf.Helper()
	args := []string{"init", "-input=false", "-no-color"}
	if tf.mirror != "1" {
		args = append(args, "-plugin-dir="+tf.mirror)
	}
	tf.Run(args...)
}

// Write puts a file into the directory.
func (tf *Terraform) Write(name string, data []byte) {
	tf.Helper()
	if err := os.WriteFile(filepath.Join(tf.Dir, name), data, 0o600); err != nil {
		tf.Fatal(err)
	}
}

// Run runs a command of Terraform, which must succeed.
func (tf *Terraform) Run(args ...string) string {
	tf.Helper()
	out, status := tf.Try(args...)
	if status != 0 {
		tf.Fatalf("terraform %q: status %d: %s", args, status, out)
	}
	return out
}

// Try runs a command of Terraform and returns what it prints, and its exit status.
func (tf *Terraform) Try(args ...string) (out string, status int) {
	tf.Helper()
	cmd := exec.CommandContext(tf.Context(), "terraform", args...)
	cmd.Dir, cmd.Env = tf.Dir, tf.env
	text, err := cmd.Output()
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		return string(text) + string(failed.Stderr), failed.ExitCode()
	}
	if err != nil {
		tf.Fatal(err)
	}
	return string(text), 0
}

// Apply applies the configuration. A second plan must then have no changes.
func (tf *Terraform) Apply(args ...string) {
	tf.Helper()
	usual := append([]string{"-input=false", "-no-color"}, args...)
	tf.Run(append([]string{"apply", "-auto-approve"}, usual...)...)
	out, status := tf.Try(append([]string{"plan", "-detailed-exitcode"}, usual...)...)
	if status != 0 {
		tf.Errorf("a second plan has status %d: %s", status, out)
	}
}
