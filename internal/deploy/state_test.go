package deploy_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

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
	r.durable = true
	writeFile(t, filepath.Dir(r.file), nil) // where the directory would be
	if err := r.deploy(t.Context(), echo(t)); err == nil {
		t.Error("the deploy went well")
	}
	r.empty(t)
}

// TestSecondOfTwoConcurrentDeploysFails plans two, and applies the one after the other.
func TestSecondOfTwoConcurrentDeploysFails(t *testing.T) {
	r := newRig(t)
	r.durable = true
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

// TestStateFileIsReadableByAll has a file that others of a team may read.
func TestStateFileIsReadableByAll(t *testing.T) {
	r := newRig(t)
	r.durable = true
	must(t, r.deploy(t.Context(), echo(t)))
	info, err := os.Stat(r.file)
	must(t, err)
	if info.Mode().Perm()&0o444 != 0o444 {
		t.Errorf("the file's mode is %v", info.Mode())
	}
}
