package testprogram_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/tyg-dev/tyg/internal/testprogram"
)

// A program is that of the sources as they are, also after a change, and with its flags.
func TestBuildFollowsTheSources(t *testing.T) {
	t.Setenv("GOWORK", "off")
	t.Setenv("GOFLAGS", "")
	dir := t.TempDir()
	t.Chdir(dir)
	files := map[string]string{
		"go.mod":         "module example.com/hello\n\ngo 1.26\n",
		"hello/main.go":  "package main\n\nfunc main() { println(text) }\n",
		"hello/text.go":  "//go:build !other\n\npackage main\n\nconst text = \"one\"\n",
		"hello/other.go": "//go:build other\n\npackage main\n\nconst text = \"other\"\n",
	}
	if err := os.Mkdir("hello", 0o777); err != nil {
		t.Fatal(err)
	}
	write := func() {
		for name, text := range files {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	says := func(want string, flags ...string) {
		t.Helper()
		program := testprogram.Build(t, t.TempDir(), "./hello", flags...)
		out, err := exec.Command(program).CombinedOutput()
		if err != nil || string(out) != want+"\n" {
			t.Errorf("the program says %q, %v; want %q", out, err, want)
		}
	}
	write()
	says("one")
	says("other", "-tags", "other")
	files["hello/text.go"] = "//go:build !other\n\npackage main\n\nconst text = \"two\"\n"
	write()
	says("two")
}
