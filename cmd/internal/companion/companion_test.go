package companion_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/cmd/internal/buildinfo"
	"github.com/tyg-dev/tyg/cmd/internal/cmdtest"
	"github.com/tyg-dev/tyg/cmd/internal/companion"
)

const goMod = "module github.com/tyg-dev/tyg\n\ngo 1.26\n"

func program(text string) string {
	return "package main\n\nfunc main() { print(`" + text + "`) }\n"
}

// write writes files below dir.
func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o777); err != nil {
			t.Fatal(err)
		}
	}
}

// finder returns a Finder with folders of the test.
func finder(t *testing.T) *companion.Finder {
	t.Helper()
	return &companion.Finder{
		Dirs: []string{t.TempDir()}, Cache: t.TempDir(), Stderr: io.Discard,
		Version: buildinfo.Version{Version: buildinfo.Devel},
	}
}

// says finds a companion, runs it and checks what it prints.
func says(t *testing.T, f *companion.Finder, want string) companion.Program {
	t.Helper()
	p, err := f.Find(t.Context(), "tyg-aws")
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(p.Path).CombinedOutput()
	if err != nil || string(out) != want {
		t.Errorf("%s printed %q, %v; want %q", p.Path, out, err, want)
	}
	return p
}

func TestFindPrefersTheProgramBesideTyg(t *testing.T) {
	f := finder(t)
	name := "tyg-aws"
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	want := filepath.Join(f.Dirs[0], name)
	write(t, f.Dirs[0], map[string]string{name: ""})
	f.Checkout = t.TempDir()
	p, err := f.Find(t.Context(), "tyg-aws")
	if err != nil || p.Path != want || p.Version != buildinfo.Devel {
		t.Errorf("found %+v, %v; want %s", p, err, want)
	}
}

// A program beside tyg that was built before the source changed, and tyg after that, is not used.
func TestFindDoesNotUseAStaleProgram(t *testing.T) {
	name := "tyg-aws"
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	at := func(hour int) time.Time { return time.Date(2026, 1, 1, hour, 0, 0, 0, time.UTC) }
	for _, test := range []struct {
		name                   string
		program, changed, self int // hours
		file                   string
		stale                  bool
	}{
		{"changed between the builds", 1, 2, 3, "cmd/tyg-aws/main.go", true},
		{"new dependency", 1, 2, 3, "go.sum", true},
		{"changed before both", 2, 1, 3, "cmd/tyg-aws/main.go", false},
		{"changed after both", 1, 3, 2, "cmd/tyg-aws/main.go", false},
		{"tyg is the older one", 3, 2, 1, "cmd/tyg-aws/main.go", false},
		{"no source", 1, 2, 3, "cmd/tyg-aws/main_test.go", false},
		{"not of a package", 1, 2, 3, ".git/main.go", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := finder(t)
			f.Checkout, f.Cache, f.Built = t.TempDir(), "", at(test.self)
			var stderr bytes.Buffer
			f.Stderr = &stderr
			write(t, f.Checkout, map[string]string{test.file: ""})
			write(t, f.Dirs[0], map[string]string{name: ""})
			for file, hour := range map[string]int{
				filepath.Join(f.Checkout, test.file): test.changed,
				filepath.Join(f.Dirs[0], name):       test.program,
			} {
				if err := os.Chtimes(file, at(hour), at(hour)); err != nil {
					t.Fatal(err)
				}
			}
			_, err := f.Find(t.Context(), "tyg-aws") // which cannot build another one
			if (err != nil) != test.stale {
				t.Errorf("the error is %v", err)
			}
			if said := strings.Contains(stderr.String(), "is older than this tyg"); said != test.stale {
				t.Errorf("on standard error is %q", stderr.String())
			}
		})
	}
}

func TestFindBuildsWhatTheCheckoutHas(t *testing.T) {
	cmdtest.SetGoEnviron(t)
	t.Setenv("GOARCH", "wasm") // of another build of the user
	f := finder(t)
	f.Checkout = t.TempDir()
	write(t, f.Checkout, map[string]string{"go.mod": goMod, "cmd/tyg-aws/main.go": program("one")})
	first := says(t, f, "one")
	before, err := os.Stat(first.Path)
	if err != nil {
		t.Fatal(err)
	}
	says(t, f, "one")
	if now, err := os.Stat(first.Path); err != nil || !os.SameFile(before, now) {
		t.Errorf("a program that is up to date was replaced, %v", err)
	}
	write(t, f.Checkout, map[string]string{"cmd/tyg-aws/main.go": program("two")})
	says(t, f, "two")

	write(t, f.Checkout, map[string]string{"cmd/tyg-aws/main.go": "nonsense"})
	_, err = f.Find(t.Context(), "tyg-aws")
	if err == nil || !strings.Contains(err.Error(), "build tyg-aws: ") ||
		!strings.Contains(err.Error(), "expected 'package'") {
		t.Errorf("the error of a build that fails is %v", err)
	}
}

func TestFindBuildsAPublishedVersionOnce(t *testing.T) {
	cmdtest.SetGoEnviron(t)
	cmdtest.ServeModule(t, buildinfo.Module, "v0.1.0", map[string]string{
		"go.mod": goMod, "cmd/tyg-aws/main.go": program("published"),
	})
	f := finder(t)
	f.Version = buildinfo.Version{Version: "v0.1.0", Installed: true}
	var notices [2]bytes.Buffer
	var both sync.WaitGroup
	for i := range notices { // one builds, the other waits for it
		g := *f
		g.Stderr = &notices[i]
		both.Go(func() {
			if _, err := g.Find(t.Context(), "tyg-aws"); err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	if text := notices[0].String() + notices[1].String(); strings.Count(text, "built tyg-aws") != 1 {
		t.Errorf("two at once print %q", text)
	}
	if p := says(t, f, "published"); p.Version != "v0.1.0" {
		t.Errorf("the version is %q", p.Version)
	}
	t.Setenv("PATH", "") // it is in the cache
	if _, err := f.Find(t.Context(), "tyg-aws"); err != nil {
		t.Error(err)
	}
	left, err := filepath.Glob(filepath.Join(f.Cache, "v0.1.0", "build-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("the build has left %q, %v", left, err)
	}
	f.Cache = t.TempDir()
	_, err = f.Find(t.Context(), "tyg-aws")
	const want = "tyg-aws is missing, and there is no go command in PATH to build it; install Go " +
		"from " +
		"https://go.dev/dl/, or put tyg-aws v0.1.0 into "
	if err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("without Go the error is %v", err)
	}
}

// A full disk or a crash may have cut a program short: it is built again.
func TestFindReplacesDamagedPrograms(t *testing.T) {
	cmdtest.SetGoEnviron(t)
	cmdtest.ServeModule(t, buildinfo.Module, "v0.1.0", map[string]string{
		"go.mod": goMod, "cmd/tyg-aws/main.go": program("whole"),
	})
	checkout, published := finder(t), finder(t)
	checkout.Checkout = t.TempDir()
	write(t, checkout.Checkout, map[string]string{
		"go.mod": goMod, "cmd/tyg-aws/main.go": program("whole"),
	})
	published.Version = buildinfo.Version{Version: "v0.1.0", Installed: true}
	for name, f := range map[string]*companion.Finder{"checkout": checkout, "version": published} {
		t.Run(name, func(t *testing.T) {
			p := says(t, f, "whole")
			for _, size := range []int64{1000, 0} {
				if err := os.Truncate(p.Path, size); err != nil {
					t.Fatal(err)
				}
				says(t, f, "whole")
			}
		})
	}
}

func TestFindBuildsNothingWithoutACacheFolder(t *testing.T) {
	f := finder(t)
	f.Cache, f.Checkout = "", t.TempDir()
	_, err := f.Find(t.Context(), "tyg-aws")
	if err == nil || !strings.Contains(err.Error(), "set HOME or XDG_CACHE_HOME") {
		t.Errorf("without a cache folder the error is %v", err)
	}
}

func TestFindSaysHowLongABuildTakes(t *testing.T) {
	cmdtest.SetGoEnviron(t)
	cmdtest.ServeModule(t, buildinfo.Module, "v0.1.0", map[string]string{
		"go.mod": goMod, "cmd/tyg-aws/main.go": program(""),
	})
	f := finder(t)
	var stderr bytes.Buffer
	f.Stderr, f.Version = &stderr, buildinfo.Version{Version: "v0.1.0"}
	says(t, f, "")
	lines := strings.Split(stderr.String(), "\n")
	if len(lines) != 3 || lines[0] != "tyg: building tyg-aws, once for version v0.1.0 …" ||
		!strings.HasPrefix(lines[1], "tyg: built tyg-aws in ") {
		t.Errorf("on standard error is %q", stderr.String())
	}
}

func TestFindReportsADevelopmentBuildWithoutSource(t *testing.T) {
	f := finder(t)
	_, err := f.Find(t.Context(), "tyg-aws")
	if err == nil || !strings.Contains(err.Error(), "put tyg-aws of the same source into "+f.Dirs[0]) {
		t.Errorf("the error is %v", err)
	}
}

func TestFindEndsWithItsContext(t *testing.T) {
	cmdtest.SetGoEnviron(t)
	f := finder(t)
	f.Checkout = t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.Find(ctx, "tyg-aws"); err != context.Canceled {
		t.Errorf("the error is %v", err)
	}
}

func TestCheckVersionReportsAMismatch(t *testing.T) {
	have := buildinfo.Read().Version
	for want, text := range map[string]string{
		"": "", have: "", "v9.9.9": "run go install github.com/tyg-dev/tyg/cmd/tyg-aws@v9.9.9",
		"v9.9.9+dirty":                       "install both from the same source",
		"v0.0.0-20260102030405-abcdefabcdef": "install both from the same source",
	} {
		t.Setenv("TYG_COMPANION_VERSION", want)
		err := companion.CheckVersion("tyg-aws")
		if text == "" && err != nil || text != "" &&
			(err == nil || !strings.HasSuffix(err.Error(), text)) {
			t.Errorf("for %q the error is %v", want, err)
		}
		if left, set := os.LookupEnv("TYG_COMPANION_VERSION"); set {
			t.Errorf("the environment still has %q", left)
		}
	}
}
