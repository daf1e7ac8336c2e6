// Package companion finds the programs that tyg is split into, and builds them where they are
// missing. tyg itself has what most users run; tyg-aws has the clients of AWS, tyg-nats a NATS
// server.
//
// A companion is looked for
//
//  1. beside tyg, unless the checkout shows that it was built from older source than tyg;
//  2. in the user's cache, in a folder for each version;
//  3. or else the go command builds it there: from the checkout in which tyg was built, whenever
//     the source has changed, or from the published version of tyg.
package companion

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"

	"github.com/tyg-dev/tyg/cmd/internal/buildinfo"
)

// A Finder finds companions.
type Finder struct {
	Dirs     []string // of tyg itself; its companions may be there
	Cache    string   // folder for programs that are built; empty: none are
	Version  buildinfo.Version
	Checkout string    // in which tyg was built, or empty
	Built    time.Time // when tyg was
	Stderr   io.Writer // for what a build takes
}

// NewFinder returns a Finder for the companions of this program.
func NewFinder(stderr io.Writer) (*Finder, error) {
	f := &Finder{Version: buildinfo.Read(), Stderr: stderr}
	exe, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find companions of tyg: %w", err)
	}
	if info, err := os.Stat(exe); err == nil {
		f.Built = info.ModTime()
	}
	f.Dirs = []string{filepath.Dir(exe)}
	if real, err := filepath.EvalSymlinks(exe); err == nil && real != exe {
		f.Dirs = append(f.Dirs, filepath.Dir(real))
	}
	if !f.Version.Installed {
		f.Checkout = buildinfo.Checkout()
	}
	// Without one there is no cache: a folder that other users may write to would run their programs.
	if cache, err := os.UserCacheDir(); err == nil {
		f.Cache = filepath.Join(cache, "tyg")
	}
	return f, nil
}

// A Program is a companion that was found.
type Program struct {
	Path string // absolute

	// Version is what the program must say that it is; empty if it was built from the checkout.
	Version string

	startTime time.Duration // as patience returns; 0: the default
}

// Find returns the companion with this name, such as "tyg-aws".
func (f *Finder) Find(ctx context.Context, name string) (Program, error) {
	for _, dir := range f.Dirs {
		path := filepath.Join(dir, name+exeSuffix())
		if !isExecutable(path) {
			continue
		}
		if !f.isStale(path) {
			return Program{Path: path, Version: f.Version.Version}, nil
		}
		fmt.Fprintf(f.Stderr, "tyg: %s is older than this tyg, and is not used; go install ./cmd/... in "+
			"%s renews it\n", path, f.Checkout)
	}
	if f.Cache == "" {
		return Program{}, fmt.Errorf("%s is missing, and there is no folder to build it in; set HOME or "+
			"XDG_CACHE_HOME to an absolute path, or put %s into %s", name, name, f.Dirs[0])
	}
	if f.Checkout != "" {
		path, err := f.fromCheckout(ctx, name)
		return Program{Path: path}, err
	}
	if !f.Version.Published() {
		return Program{}, fmt.Errorf("%s is missing, and this tyg is a development build that does not "+
			"know where its source is; put %s of the same source into %s", name, name, f.Dirs[0])
	}
	path, err := f.fromVersion(ctx, name)
	return Program{Path: path, Version: f.Version.Version}, err
}

// Ready returns the companion with this name if it is there, and builds none.
func (f *Finder) Ready(name string) (Program, bool) {
	for _, dir := range f.Dirs {
		if path := filepath.Join(dir, name+exeSuffix()); isExecutable(path) && !f.isStale(path) {
			return Program{Path: path, Version: f.Version.Version}, true
		}
	}
	if f.Cache == "" {
		return Program{}, false
	}
	dir, p := filepath.Join(f.Cache, f.Version.Version), Program{Version: f.Version.Version}
	if f.Checkout != "" {
		dir, p = f.checkoutDir(), Program{}
	}
	p.Path = filepath.Join(dir, name+exeSuffix())
	return p, isExecutable(p.Path) && intact(p.Path)
}

func exeSuffix() string {
	if runtime.GOOS == "windows" {
		return ".exe"
	}
	return ""
}

func isExecutable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() &&
		(info.Mode().Perm()&0o111 != 0 || runtime.GOOS == "windows")
}

// checkGo reports that name cannot be built because there is no go command.
func (f *Finder) checkGo(name string) error {
	if _, err := exec.LookPath("go"); err == nil {
		return nil
	}
	version := ""
	if f.Version.Published() {
		version = " " + f.Version.Version
	}
	return fmt.Errorf("%s is missing, and there is no go command in PATH to build it; install Go "+
		"from "+
		"https://go.dev/dl/, or put %s%s into %s", name, name, version, f.Dirs[0])
}

// expected is the variable by which tyg tells a companion the version that it must have.
const expected = "TYG_COMPANION_VERSION"

// Environ returns the environment of this process for a companion.
func (p Program) Environ() []string {
	if p.Version == "" {
		return os.Environ()
	}
	return append(os.Environ(), expected+"="+p.Version)
}

// CheckVersion reports in a companion that the tyg that has started it has another version.
// Processes that the companion starts do not inherit the question.
func CheckVersion(name string) error {
	want := os.Getenv(expected)
	if err := os.Unsetenv(expected); err != nil {
		return err
	}
	have := buildinfo.Read().Version
	if want == "" || want == have {
		return nil
	}
	path, err := os.Executable()
	if err != nil {
		path = name
	}
	fix := "remove it, or install both from the same source"
	if (buildinfo.Version{Version: want}).Published() {
		fix = fmt.Sprintf("remove it, or run go install %s/cmd/%s@%s", buildinfo.Module, name, want)
	}
	return fmt.Errorf("%s has version %s, and tyg has %s; %s", path, have, want, fix)
}

// buildError returns the error of a build, with what the go command has printed.
func buildError(ctx context.Context, name string, out []byte, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if len(out) > 0 {
		err = errors.New(string(out))
	}
	return fmt.Errorf("build %s: %w", name, err)
}
