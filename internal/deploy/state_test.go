package deploy_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/tyg-dev/tyg/internal/deploy"
)

func TestReadState(t *testing.T) {
	file := filepath.Join(t.TempDir(), "dev.json")
	read := func(file string) (deploy.State, error) {
		return deploy.ReadState(t.Context(), deploy.FileStore{Name: file})
	}
	if s, err := read(file); err != nil || len(s.Resources) > 0 {
		t.Errorf("without a file: %v, %v", s, err)
	}
	for text, want := range map[string]string{
		``:                        "is not JSON",
		`{"resources":`:           "is not JSON",
		`[]`:                      "is not JSON",
		`{"resources":[]}`:        `schema version ""`,
		`{"schema_version":"3"}`:  `schema version "3"`,
		`{"schema_version":"2.0"`: "is not JSON",
	} {
		writeFile(t, file, []byte(text))
		if _, err := read(file); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	if _, err := read(filepath.Dir(file)); err == nil {
		t.Error("a directory was read")
	}
}

// TestNothingIsCreatedIfTheStateCannotBeWritten ends before anything is made: what is not written
// down would be lost.
func TestNothingIsCreatedIfTheStateCannotBeWritten(t *testing.T) {
	r := newRig(t)
	writeFile(t, filepath.Dir(r.file), nil) // where the directory would be
	if err := r.deploy(t.Context(), echo(t)); err == nil {
		t.Error("the deploy went well")
	}
	r.empty(t)
}

// TestSecondOfTwoConcurrentDeploysFails plans two, and applies the one after the other.
func TestSecondOfTwoConcurrentDeploysFails(t *testing.T) {
	r := newRig(t)
	first, err := r.deployer(t.Context())
	must(t, err)
	second, err := r.deployer(t.Context())
	must(t, err)
	plan, err := first.Plan(t.Context(), echo(t))
	must(t, err)
	other, err := second.Plan(t.Context(), echo(t))
	must(t, err)
	must(t, first.Apply(t.Context(), plan))
	before := r.aws.Resources()
	err = second.Apply(t.Context(), other)
	if err == nil || !strings.Contains(err.Error(), "another process is deploying") {
		t.Errorf("the second says %v", err)
	}
	if after := r.aws.Resources(); !slices.Equal(after, before) {
		t.Errorf("there is %v, and was %v", after, before)
	}
	r.settled(t, echo(t))
	if temp, _ := filepath.Glob(filepath.Join(filepath.Dir(r.file), ".state-*")); len(temp) > 0 {
		t.Errorf("left behind: %v", temp)
	}
}

// TestForeignTagsStay has a program of the account's put a tag on a function, and the
// application's own tags come and go.
func TestForeignTagsStay(t *testing.T) {
	r := newRig(t)
	app := echo(t)
	app.Tags = map[string]string{"team": "tea"}
	must(t, r.deploy(t.Context(), app))
	arn := "arn:aws:lambda:us-west-2:123456789012:function:echo-server-dev-websocket_message"
	client := lambda.NewFromConfig(r.config())
	_, err := client.TagResource(t.Context(), &lambda.TagResourceInput{
		Resource: &arn, Tags: map[string]string{"CreatedBy": "billing"},
	})
	must(t, err)
	r.settled(t, app)
	app.Tags = nil
	must(t, r.deploy(t.Context(), app))
	r.settled(t, app)
	out, err := client.ListTags(t.Context(), &lambda.ListTagsInput{Resource: &arn})
	must(t, err)
	if out.Tags["CreatedBy"] != "billing" || out.Tags["team"] != "" ||
		out.Tags["tyg"] != "echo-server/dev" {
		t.Errorf("the tags are %v", out.Tags)
	}
}

// TestStateFileIsReadableByAll has a file that others of a team may read.
func TestStateFileIsReadableByAll(t *testing.T) {
	r := newRig(t)
	must(t, r.deploy(t.Context(), echo(t)))
	info, err := os.Stat(r.file)
	must(t, err)
	if info.Mode().Perm()&0o444 != 0o444 {
		t.Errorf("the file's mode is %v", info.Mode())
	}
}
