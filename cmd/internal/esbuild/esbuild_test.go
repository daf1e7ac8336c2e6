package esbuild_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/cmd/internal/cmdtest"
	"github.com/tyg-dev/tyg/cmd/internal/esbuild"
)

// serve makes the go command find a program in place of esbuild.
func serve(t *testing.T, program string) {
	t.Helper()
	cmdtest.ServeModule(t, "github.com/evanw/esbuild", esbuild.Version, map[string]string{
		"go.mod": "module github.com/evanw/esbuild\n\ngo 1.20\n", "cmd/esbuild/main.go": program,
	})
	t.Setenv("GOTOOLCHAIN", "local")
}

// ownCache gives the test a cache of its own.
func ownCache(t *testing.T) {
	t.Helper()
	cache := t.TempDir()
	if out, err := exec.Command("go", "env", "GOCACHE").Output(); err == nil {
		t.Setenv("GOCACHE", strings.TrimSpace(string(out))) // which is below the user's cache
	}
	for _, name := range []string{"XDG_CACHE_HOME", "HOME", "LocalAppData"} {
		t.Setenv(name, cache)
	}
}

func TestBuildOnce(t *testing.T) {
	serve(t, "package main\n\nfunc main() { println(\"built\") }\n")
	ownCache(t)
	var first, second bytes.Buffer
	path, err := esbuild.Build(t.Context(), &first)
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(path).CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != "built" {
		t.Errorf("it says %q, %v", out, err)
	}
	again, err := esbuild.Build(t.Context(), &second)
	if err != nil || again != path || second.Len() > 0 || !strings.Contains(first.String(), "once") {
		t.Errorf("the notices are %q and %q, %v", &first, &second, err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "build-*")); len(left) > 0 {
		t.Errorf("it has left %q", left)
	}
}

func TestBuildFails(t *testing.T) {
	serve(t, "package main\n\nfunc main() { broken }\n")
	ownCache(t)
	_, err := esbuild.Build(t.Context(), &bytes.Buffer{})
	if err == nil || !strings.Contains(err.Error(), "broken") {
		t.Errorf("a program that does not compile: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := esbuild.Build(ctx, &bytes.Buffer{}); err != context.Canceled {
		t.Errorf("canceled: %v", err)
	}
	t.Setenv("PATH", t.TempDir())
	if _, err := esbuild.Build(t.Context(), &bytes.Buffer{}); err == nil ||
		!strings.Contains(err.Error(), "not installed") {
		t.Errorf("without Go: %v", err)
	}
}

func TestFind(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", t.TempDir())
	deep := filepath.Join(dir, "src", "functions")
	bin := filepath.Join(dir, "node_modules", ".bin")
	for _, d := range []string{deep, bin} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if got := esbuild.Find(deep); got != "" {
		t.Errorf("found %s, which is not installed", got)
	}
	name := map[bool]string{true: "esbuild.exe", false: "esbuild"}[runtime.GOOS == "windows"]
	inPath := filepath.Join(os.Getenv("PATH"), name)
	own := filepath.Join(bin, "esbuild")
	for _, path := range []string{inPath, own} { // that of the project goes before the other
		if err := os.WriteFile(path, nil, 0o700); err != nil {
			t.Fatal(err)
		}
		if got := esbuild.Find(deep); got != path {
			t.Errorf("found %q, want %s", got, path)
		}
	}
}
