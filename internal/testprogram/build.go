// Package testprogram builds programs for tests.
package testprogram

import (
	"bytes"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"testing"
)

// Build builds the program in the directory pkg, such as "../../cmd/tyg", with flags of the go
// command, and returns its path in dir.
//
// To link a program takes a second or two. The go command keeps linked programs in its cache if it
// is to run them, and links them again each time if it is to build them. So Build has it run the
// program by one that copies it.
func Build(t testing.TB, dir, pkg string, flags ...string) string {
	t.Helper()
	program := filepath.Join(dir, path.Base(pkg))
	args := append([]string{"run", "-exec", "cp"}, flags...)
	args = append(args, pkg, program)
	if runtime.GOOS == "windows" { // which has no program that copies
		program += ".exe"
		args = append(append([]string{"build", "-ldflags", "-s", "-o", program}, flags...), pkg)
	}
	var errs bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Stderr = &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("go %q: %v\n%s", args, err, errs.Bytes())
	}
	return program
}
