//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The go command of these tests keeps the programs that it links. A build writes what the real one
// writes: into a directory that is there or not, over a program, and as a file.
func TestGoCommandOfTestsBuilds(t *testing.T) {
	t.Parallel()
	dir := writeProgram(t, "package main\n\nfunc main() { print(\"built\") }\n")
	build := func(out string) (string, error) {
		cmd := exec.Command("go", "build", "-buildvcs=false", "-o", out, ".")
		cmd.Dir = dir
		text, err := cmd.CombinedOutput()
		return string(text), err
	}
	for _, test := range []struct{ out, path string }{
		{"new/dir/", "new/dir/program"},
		{"new/dir/", "new/dir/program"},
		{"other/name", "other/name"},
		{filepath.Join(dir, "name"), "name"},
		{"plain", "plain"},
	} {
		if text, err := build(test.out); err != nil || text != "" {
			t.Fatalf("go build -o %s: %v, printed %q", test.out, err, text)
		}
		out, err := exec.Command(filepath.Join(dir, test.path)).CombinedOutput()
		if err != nil || string(out) != "built" {
			t.Errorf("the program of -o %s: %v, printed %q", test.out, err, out)
		}
	}
	broken := []byte("package main\n\nfunc main() { nonsense() }\n")
	if err := os.WriteFile(filepath.Join(dir, "main.go"), broken, 0o666); err != nil {
		t.Fatal(err)
	}
	const want = "# program\n./main.go:3:15: undefined: nonsense\n"
	if text, err := build("new/dir/"); err == nil || !strings.HasSuffix(text, want) {
		t.Errorf("a build of a broken program: %v, printed %q; want %q", err, text, want)
	}
}
