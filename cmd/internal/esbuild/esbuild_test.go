package esbuild_test

import (
	"archive/zip"
	"bytes"
	"context"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/cmd/internal/esbuild"
)

// serve makes a proxy of modules, in files, that has a module in place of esbuild, and lets the go
// command ask nothing else.
func serve(t *testing.T, program string) {
	t.Helper()
	const module = "github.com/evanw/esbuild"
	dir := t.TempDir()
	at := filepath.Join(dir, filepath.FromSlash(module), "@v")
	if err := os.MkdirAll(at, 0o700); err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	z := zip.NewWriter(&packed)
	mod := "module " + module + "\n\ngo 1.20\n"
	for name, text := range map[string]string{"go.mod": mod, "cmd/esbuild/main.go": program} {
		w, err := z.Create(module + "@" + esbuild.Version + "/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"list": esbuild.Version, esbuild.Version + ".mod": mod,
		esbuild.Version + ".info": `{"Version": "` + esbuild.Version + `"}`,
		esbuild.Version + ".zip":  packed.String(),
	} {
		if err := os.WriteFile(filepath.Join(at, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.ToSlash(dir)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	t.Setenv("GOPROXY", (&url.URL{Scheme: "file", Path: path}).String())
	t.Setenv("GONOSUMDB", "*")
	t.Setenv("GONOPROXY", "none")
	t.Setenv("GOMODCACHE", t.TempDir())
	t.Setenv("GOFLAGS", "-modcacherw")
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
