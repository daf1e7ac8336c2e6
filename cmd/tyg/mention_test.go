package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
)

// TestErrorsMentionTheTemplate: a person with a project of another tool learns how it runs here.
func TestErrorsMentionTheTemplate(t *testing.T) {
	fails := func(args ...string) string {
		t.Helper()
		var stderr strings.Builder
		e := &cli.Env{
			Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: &stderr, Getenv: os.Getenv,
		}
		if status := run(context.Background(), args, e); status != cli.ExitFailure {
			t.Errorf("%q exits with %d", args, status)
		}
		return stderr.String()
	}
	for _, name := range []string{"template.yaml", "serverless.yml", "cdk.out"} {
		t.Chdir(t.TempDir())
		write := func(name, text string) {
			if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		write(name, "x: 1\n")
		want := "\n" + name + " is here; tyg local --template " + name + " runs its functions\n"
		for _, args := range [][]string{
			{"local", "--in-process"},
			{"gateway"},
			{"deploy"},
			{"plan"},
			{"package", "out"},
			{"gen-policy"},
			{"config", "check"},
		} {
			if got := fails(args...); !strings.HasSuffix(got, want) {
				t.Errorf("in a directory with %s, %q says %s", name, args, got)
			}
		}
		write(".tyg/config.json", "{")
		for _, args := range [][]string{{"local"}, {"gateway"}, {"config", "check"}, {"config", "show"}} {
			if got := fails(args...); !strings.HasSuffix(got, want) {
				t.Errorf("beside %s, %q says %s", name, args, got)
			}
		}
	}
	if got := fails("local", "--template", "cdk.out"); strings.Contains(got, "is here") {
		t.Errorf("with --template, local says %s", got)
	}
	t.Chdir(t.TempDir())
	if got := fails("gateway"); strings.Contains(got, "--template") {
		t.Errorf("without a template, gateway says %s", got)
	}
}
