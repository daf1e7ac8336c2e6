package local

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/cmd/internal/backend"
	"github.com/tyg-dev/tyg/cmd/internal/gobuild"
	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/internal/functions"
)

// tree writes files with their text into a directory.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// planOf returns the plan of a project with one function.
func planOf(dir string, f project.Function) (Plan, error) {
	c := project.Config{}
	c.Functions = map[string]project.Function{"f": f}
	c.Routes = map[string]backend.Route{"$default": {Target: backend.Target{Function: "f"}}}
	return NewPlan(c, dir, "dev")
}

func TestGoFunctions(t *testing.T) {
	const program = "package main\n\nfunc main() {}\n"
	dir := tree(t, map[string]string{
		"go.mod": "module x\n\ngo 1.24\n", "cmd/send/main.go": program, "hello/main.go": program,
		"lib/lib.go": "package lib\n", "rust/bootstrap": "", "old/main": "",
		"old/bin/there": "", "root/main.go": program,
		"cmd/send/main_test.go": "package main\n", "root/sub/x.go": "package sub\n",
	})
	for _, tt := range []struct{ runtime, directory, handler, build, command string }{
		{"go1.x", "cmd/send", "send", "cmd/send", ""},
		{"provided.al2023", "cmd/send", "bootstrap", "cmd/send", ""},
		{"go1.x", "", "bin/hello", "hello", ""},
		{"provided.al2", "", "build/send/bootstrap", "cmd/send", ""},
		{"go1.x", "root", "bin/app", "root", ""},
		{"go", "", "./cmd/send", "cmd/send", ""},
		{"provided", "rust", "any", "", "./bootstrap"},
		{"go1.x", "old", "main", "", "./main"},
		{"go1.x", "old", "bin/there", "", "./bin/there"},
	} {
		p, err := planOf(dir, project.Function{
			Runtime: tt.runtime, Directory: tt.directory, Handler: tt.handler,
		})
		if err != nil {
			t.Fatal(err)
		}
		b, command := p.Builds["f"], strings.Join(p.Routes.Functions[0].Command, " ")
		want := ""
		if tt.build != "" {
			want = filepath.Join(dir, filepath.FromSlash(tt.build))
		}
		if b.Go != want || command != tt.command {
			t.Errorf("%+v: built from %q, runs %q", tt, b.Go, command)
		}
	}
	p, err := planOf(dir, project.Function{Runtime: "go1.x", Directory: "cmd/send"})
	if err != nil {
		t.Fatal(err)
	}
	s := &server{project: gobuild.Project{Temp: t.TempDir()}}
	built, hash, err := s.build(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	fn := p.Builds["f"].built(p.Routes.Functions[0], built["f"])
	if out, err := exec.Command(fn.Command[0]).CombinedOutput(); err != nil || hash == "" {
		t.Errorf("the program fails: %v, %s", err, out)
	}
	if f := filesOf(p.Routes.Functions, p.Builds); !f.has(filepath.Join(dir, "lib", "lib.go")) {
		t.Error("a package of the module is not watched")
	}
	if _, err := planOf(dir, project.Function{
		Runtime: "go1.x", Directory: "lib", Handler: "bin/lost",
	}); err == nil || !strings.Contains(err.Error(), "there is no program "+filepath.Join(dir, "lib",
		"bin", "lost")+", and no package main for it near ") {
		t.Errorf("without a program: %v", err)
	}
	alone := tree(t, map[string]string{"main.go": program})
	if _, err := planOf(alone, project.Function{Runtime: "go1.x"}); err == nil ||
		!strings.Contains(err.Error(), "there is no go.mod in "+alone) {
		t.Errorf("without a module: %v", err)
	}
}

// TestOldLambdaLibraries: versions of aws-lambda-go that do not know the Runtime API are named,
// since a function with one would never ask for an event.
func TestOldLambdaLibraries(t *testing.T) {
	for version, old := range map[string]bool{
		"v1.9.0": true, "v1.17.0": true, "v1.18.0": false, "v1.47.0": false, "v2.0.0": false,
		"(devel)": false, "v1.2.0-0.20180101000000-abcdefabcdef": true,
	} {
		err := checkLambdaGo([]*debug.Module{
			{Path: "example.com/x", Version: "v1.0.0"}, {Path: lambdaGo, Version: version},
		})
		if (err != nil) != old {
			t.Errorf("%s: %v", version, err)
		}
		want := "it is built with " + lambdaGo + " " + version + ", which knows the retired runtime " +
			"go1.x only; run: go get " + lambdaGo + "@latest"
		if old && err.Error() != want {
			t.Errorf("%s: %v, want %s", version, err, want)
		}
	}
	own := &debug.Module{
		Path: lambdaGo, Version: "v1.9.0", Replace: &debug.Module{Path: "../lambda-go"},
	}
	if err := checkLambdaGo([]*debug.Module{own}); err != nil {
		t.Errorf("a module in its place: %v", err)
	}
	if err := checkRuntimeAPI(filepath.Join(t.TempDir(), "none")); err != nil {
		t.Errorf("no program: %v", err)
	}
}

// TestTypeScript builds with a program that stands for esbuild, from a directory of the project.
func TestTypeScript(t *testing.T) {
	const tool = `#!/bin/sh
for arg; do case $arg in --outfile=*) out=${arg#--outfile=};; esac; done
grep -q error "$1" && { echo "$1:1: error"; exit 1; }
mkdir -p "$(dirname "$out")" && cp "$1" "$out"
`
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skipf("TypeScript was not built: %v", err)
	}
	dir := tree(t, map[string]string{
		"src/app.ts": "exports.handler = 1", "src/wrong.ts": "error",
		"src/plain.js": "", "src/plain.ts": "", "node_modules/.bin/esbuild": tool,
	})
	function := func(handler string) (functions.Function, error) {
		p, err := planOf(dir, project.Function{Runtime: "nodejs22.x", Handler: handler})
		if err != nil {
			return functions.Function{}, err
		}
		fn := p.Routes.Functions[0]
		b, ok := p.Builds["f"]
		if !ok {
			return fn, nil
		}
		s := &server{project: gobuild.Project{Temp: t.TempDir()}, out: &printer{err: io.Discard}}
		built, _, err := s.build(t.Context(), p)
		return b.built(fn, built["f"]), err
	}
	fn, err := function("src/app.handler")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(fn.Dir, "src", "app.js"))
	if err != nil || string(text) != "exports.handler = 1" ||
		!strings.Contains(fn.Env["NODE_PATH"], filepath.Join(dir, "node_modules")) {
		t.Errorf("built %q, %v, environment %v", text, err, fn.Env)
	}
	if fn, err = function("src/plain.handler"); err != nil || fn.Dir != dir {
		t.Errorf("JavaScript beside TypeScript runs in %s, %v", fn.Dir, err)
	}
	_, err = function("src/wrong.handler")
	if build, ok := errors.AsType[*gobuild.Error](err); !ok ||
		!strings.Contains(build.Output, "wrong.ts:1: error") {
		t.Errorf("a source that is wrong: %v", err)
	}
	if err := os.RemoveAll(filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir() // there is Node.js, and neither esbuild nor Go to build it
	if err := os.WriteFile(filepath.Join(bin, "node"), []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin)
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	if _, err := function("src/app.handler"); err == nil ||
		!strings.Contains(err.Error(), "npm install --save-dev esbuild\nthe go command, which") {
		t.Errorf("without esbuild: %v", err)
	}
}

func TestInlineFunctions(t *testing.T) {
	fn := functions.Function{Name: "f", Dir: "elsewhere"}
	b := Build{Inline: "x = 1", Name: "index.py"}
	p := Plan{
		Routes: &backend.Set{Functions: []functions.Function{fn}}, Builds: map[string]Build{"f": b},
	}
	s := &server{project: gobuild.Project{Temp: t.TempDir()}}
	built, hash, err := s.build(t.Context(), p)
	if err != nil || hash == "" {
		t.Fatal(hash, err)
	}
	text, err := os.ReadFile(filepath.Join(b.built(fn, built["f"]).Dir, "index.py"))
	if err != nil || string(text) != b.Inline {
		t.Errorf("the function has %q, %v", text, err)
	}
}

// TestMakeFunctions has a Makefile that copies the source and says something.
func TestMakeFunctions(t *testing.T) {
	if _, err := exec.LookPath("make"); err != nil {
		t.Skipf("functions were not built with make: %v", err)
	}
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("app.py", "x = 1")
	write("Makefile", "build-f:\n\tcp app.py $(ARTIFACTS_DIR)\n"+
		"build-bad:\n\techo no such source; exit 3\nbuild-empty:\n\ttrue\n")
	fn := functions.Function{Name: "f", Dir: dir}
	s := &server{project: gobuild.Project{Temp: t.TempDir()}}
	build := func(target string) (text, hash string, err error) {
		b := Build{Make: target, Entry: dir}
		p := Plan{
			Routes: &backend.Set{Functions: []functions.Function{fn}}, Builds: map[string]Build{"f": b},
		}
		built, hash, err := s.build(t.Context(), p)
		if err != nil {
			return "", "", err
		}
		made := b.built(fn, built["f"])
		if got := made.Env["NODE_PATH"]; !strings.HasPrefix(got, filepath.Join(dir, "node_modules")) {
			t.Errorf("NODE_PATH is %s", got)
		}
		data, err := os.ReadFile(filepath.Join(made.Dir, "app.py"))
		return string(data), hash, err
	}
	text, first, err := build("build-f")
	if err != nil || text != "x = 1" {
		t.Errorf("made %q, %v", text, err)
	}
	if _, same, _ := build("build-f"); same != first {
		t.Error("the same source has another hash")
	}
	write("app.py", "x = 2")
	if _, other, _ := build("build-f"); other == first {
		t.Error("another source has the same hash")
	}
	_, _, err = build("build-bad")
	if e, ok := errors.AsType[*gobuild.Error](err); !ok ||
		!strings.Contains(e.Output, "no such source") {
		t.Errorf("a target that fails: %v", err)
	}
	if _, _, err = build("build-empty"); err == nil ||
		!strings.Contains(err.Error(), "ARTIFACTS_DIR") {
		t.Errorf("a target that makes nothing: %v", err)
	}
}

// TestZippedFunctions has a function whose code is in a zip, such as chalice package makes.
func TestZippedFunctions(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "deployment.zip")
	pack := func(text string) {
		t.Helper()
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		w, err := z.Create("lib/app.py")
		if err == nil {
			_, err = w.Write([]byte(text))
		}
		if err = errors.Join(err, z.Close(), os.WriteFile(file, b.Bytes(), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	pack("x = 1")
	fn := functions.Function{Name: "f", Dir: file}
	b, err := setCommand(&fn, project.Function{Runtime: "provided", Handler: "x"})
	if err != nil || b == nil || fn.Dir != dir {
		t.Fatal(b, fn, err)
	}
	s := &server{project: gobuild.Project{Temp: t.TempDir()}}
	p := Plan{
		Routes: &backend.Set{Functions: []functions.Function{fn}}, Builds: map[string]Build{"f": *b},
	}
	built, first, err := s.build(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(b.built(fn, built["f"]).Dir, "lib", "app.py"))
	if err != nil || string(text) != "x = 1" {
		t.Errorf("the function has %q, %v", text, err)
	}
	if !s.files(p).has(file) {
		t.Error("the zip is not watched")
	}
	pack("x = 2")
	if _, other, err := s.build(t.Context(), p); err != nil || other == first {
		t.Errorf("another zip has the same hash, or %v", err)
	}
	if err := os.WriteFile(file, []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.build(t.Context(), p); err == nil ||
		!strings.Contains(err.Error(), "not a valid zip") {
		t.Errorf("a file that is no zip: %v", err)
	}
}
