package template_test

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/cmd/internal/template"
	"github.com/tyg-dev/tyg/internal/tftest"
)

// zipped returns an archive of one file.
func zipped(t *testing.T, name string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	if _, err := z.Create(name); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestTerraformItself reads what Terraform prints of testdata/main.tf: its plan, and its state
// after it was applied to a stand-in for AWS. The configuration has for_each, a module with
// variables and a layer, in the forms in which the documentation of the provider has them.
func TestTerraformItself(t *testing.T) {
	tf := tftest.New(t)
	for name, file := range map[string]string{"main.tf": "main.tf", "route/main.tf": "route.tf"} {
		if err := os.MkdirAll(filepath.Join(tf.Dir, "route"), 0o700); err != nil {
			t.Fatal(err)
		}
		tf.Write(name, []byte(example(t, file)))
	}
	for _, name := range []string{"src/app.py", "layer/python/shared.py"} {
		if err := os.MkdirAll(filepath.Join(tf.Dir, filepath.Dir(name)), 0o700); err != nil {
			t.Fatal(err)
		}
		tf.Write(name, nil)
	}
	tf.Write("src.zip", zipped(t, "app.py"))
	tf.Write("layer.zip", zipped(t, "python/shared.py"))
	tf.Init()
	tf.Run("plan", "-input=false", "-out=plan")
	tf.Write("plan.json", []byte(tf.Run("show", "-json", "plan")))
	checkTerraform(t, filepath.Join(tf.Dir, "plan.json"), filepath.Join(tf.Dir, "layer", "python"))
	// The stand-in has no layers.
	text := example(t, "main.tf")
	from := strings.Index(text, `resource "aws_lambda_layer_version"`)
	to := strings.Index(text, `resource "aws_lambda_function"`)
	text = regexp.MustCompile(`(?m)^ *layers +=.*$`).ReplaceAllString(text[:from]+text[to:], "")
	tf.Write("main.tf", []byte(text))
	tf.Run("apply", "-auto-approve", "-input=false")
	tf.Write("state.json", []byte(tf.Run("show", "-json")))
	checkTerraform(t, filepath.Join(tf.Dir, "state.json"), "")
}

// TestTerraformPlanAsPrinted reads what Terraform has printed of the same configuration, less what
// no reader looks at: for machines that do not have it.
func TestTerraformPlanAsPrinted(t *testing.T) {
	path := writePlan(t, example(t, "printed.json"))
	dir := filepath.Dir(path)
	if err := os.MkdirAll(filepath.Join(dir, "layer", "python"), 0o700); err != nil {
		t.Fatal(err)
	}
	checkTerraform(t, path, filepath.Join(dir, "layer", "python"))
}

// checkTerraform reads a plan or a state. Unless it is empty, modules is a directory in which
// functions look for modules.
func checkTerraform(t *testing.T, path, modules string) {
	t.Helper()
	file := filepath.Base(path)
	r := read(t, path, template.Options{})
	const want = "$connect=ws-connect $default=ws-echo join=ws-connect send=ws-echo"
	if got := routes(r.Config); got != want {
		t.Errorf("%s: routes %s, want %s", file, got, want)
	}
	c := r.Config
	if c.APIGatewayStage != "live" || c.StageVariables["colour"] != "blue" || len(r.Tables) != 1 ||
		r.Tables[0].Name != "clients" {
		t.Errorf("%s: stage %q with %v, tables %v", file, c.APIGatewayStage, c.StageVariables,
			r.Tables)
	}
	for _, name := range []string{"ws-connect", "ws-echo"} {
		f := c.Functions[name]
		python := strings.Split(f.Environment["PYTHONPATH"].Text, string(filepath.ListSeparator))
		if filepath.Clean(f.Directory) != "src" || f.Environment["TABLE"].Text != "clients" ||
			!slices.Contains(python, modules) {
			t.Errorf("%s: function %s is %+v", file, name, f)
		}
	}
}
