package gobuild_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/cmd/internal/gobuild"
)

// project writes a module.
func project(t *testing.T, files map[string]string) gobuild.Project {
	t.Helper()
	t.Setenv("GOFLAGS", "")
	t.Setenv("GOWORK", "off")
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		write(t, filepath.Join(dir, filepath.FromSlash(name)), text)
	}
	return gobuild.Project{Dir: dir, Temp: t.TempDir()}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

const gomod = "module demo\n\ngo 1.26\n"

func TestBuildIsTheSameForTheSameSource(t *testing.T) {
	p := project(t, map[string]string{"go.mod": gomod, "main.go": "package main\n\nfunc main() {}\n"})
	first, err := p.Build(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	again, err := p.Build(t.Context())
	if err != nil || again != first {
		t.Errorf("the same source gives %+v, %v, and gave %+v", again, err, first)
	}
	write(t, filepath.Join(p.Dir, "main.go"), "package main\n\nfunc main() { println() }\n")
	other, err := p.Build(t.Context())
	if err != nil || other.Hash == first.Hash || other.Path == first.Path {
		t.Errorf("another source gives %+v, %v, and gave %+v", other, err, first)
	}
	first.Drop()
	for _, program := range []struct {
		path string
		want bool
	}{{first.Path, false}, {other.Path, true}} {
		if _, err := os.Stat(program.path); (err == nil) != program.want {
			t.Errorf("%s is there: %v", program.path, err == nil)
		}
	}
	if left, err := os.ReadDir(p.Temp); err != nil || len(left) != 1 {
		t.Errorf("in the temporary directory are %v, %v", left, err)
	}
}

func TestBuildErrors(t *testing.T) {
	p := project(t, map[string]string{
		"go.mod":  gomod,
		"main.go": "package main\n\nfunc main() { x() }\n",
	})
	_, err := p.Build(t.Context())
	if e, ok := errors.AsType[*gobuild.Error](err); !ok ||
		!strings.Contains(e.Output, "./main.go:3:15: undefined: x") {
		t.Errorf("the error is %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Build(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("without time the error is %v", err)
	}
	if err := (gobuild.Project{Dir: t.TempDir()}).Check(); err == nil ||
		!strings.Contains(err.Error(), "it has no go.mod") {
		t.Errorf("an empty directory: %v", err)
	}
}

func TestSources(t *testing.T) {
	p := project(t, map[string]string{
		"go.mod": "module demo\n\ngo 1.26\n\nrequire other v0.0.0\n\nreplace other => ./other\n",
		"main.go": "package main\n\nimport (\n\t_ \"demo/lib\"\n\t_ \"fmt\"\n\n\t_ " +
			"\"other\"\n)\n\nfunc main() {}\n",
		"lib/lib.go": "package lib\n\nimport \"embed\"\n\n//go:embed page.html files sql/*.sql *.css\n" +
			"var Files embed.FS\n",
		"lib/page.html": "", "lib/a.css": "", "lib/files/a/b": "", "lib/sql/a.sql": "",
		"other/go.mod": "module other\n\ngo 1.26\n", "other/other.go": "package other\n",
		"unused/unused.go": "package unused\n",
	})
	s, err := p.Sources(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{
		"main.go": true, "new.go": true, "go.mod": true, "go.sum": true, "lib/lib.go": true,
		"other/other.go": true, "other/go.mod": true,
		"lib/page.html": true, "lib/files/a/new": true, "lib/sql/b.sql": true, "lib/b.css": true,
		"main_test.go": false, "main.go~": false, ".main.go": false, "README.md": false,
		"unused/unused.go": false, "lib/other.html": false,
	} {
		if got := s.Has(filepath.Join(p.Dir, filepath.FromSlash(name))); got != want {
			t.Errorf("%s is a source: %v, want %v", name, got, want)
		}
	}
	if !s.Packages["other"] || s.Packages["fmt"] {
		t.Errorf("the packages are %v", s.Packages)
	}
}

// A package that is missing is waited for where it would be; what was known before it went missing
// stays known.
func TestSourcesOfABrokenProjectKeepKnownFiles(t *testing.T) {
	p := project(t, map[string]string{
		"go.mod": gomod, "lib/lib.go": "package lib\n",
		"main.go": "package main\n\nimport _ \"demo/lib\"\n\nfunc main() {}\n",
	})
	before, err := p.Sources(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(p.Dir, "main.go"), "package main\n\nimport _ "+
		"\"demo/lib/deep/er\"\n\nfunc main() {}\n")
	s, err := p.Sources(t.Context(), before)
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"", "lib"} {
		if !slices.Contains(s.Dirs, filepath.Join(p.Dir, dir)) {
			t.Errorf("%q is not among %v", dir, s.Dirs)
		}
	}
	if !s.Has(filepath.Join(p.Dir, "lib", "deep")) {
		t.Error("the directory of the missing package is not waited for")
	}
	write(t, filepath.Join(p.Dir, "go.mod"), "nonsense")
	broken, err := p.Sources(t.Context(), before)
	if err != nil {
		t.Fatal(err)
	}
	if !broken.Has(filepath.Join(p.Dir, "go.mod")) {
		t.Error("the broken go.mod is not waited for")
	}
}

// The tags of the user count beside those of the project.
func TestBuildWithTags(t *testing.T) {
	p := project(t, map[string]string{
		"go.mod":   gomod,
		"main.go":  "package main\n\nfunc main() {}\n",
		"both.go":  "//go:build ours && theirs\n\npackage main\n\nimport _ \"embed\"\n",
		"other.go": "//go:build !ours || !theirs\n\npackage main\n\nvar x int = \"\"\n",
	})
	t.Setenv("GOFLAGS", "-trimpath -tags=theirs")
	p.Tags = []string{"ours"}
	if _, err := p.Build(t.Context()); err != nil {
		t.Errorf("Build: %v", err)
	}
	sources, err := p.Sources(t.Context(), nil)
	if err != nil || len(sources.Dirs) != 1 {
		t.Errorf("Sources: %+v, %v", sources, err)
	}
	p.Tags = nil
	if _, err := p.Build(t.Context()); err == nil {
		t.Error("a project without tags was built with some")
	}
}
