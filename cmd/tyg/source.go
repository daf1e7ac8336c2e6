package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/tyg-dev/tyg/examples"
)

// A source is where a new project gets the module tyg from: a directory, or a published version.
type source struct {
	dir     string // absolute path of a checkout, or empty
	version string // with sums, if dir is empty
	sums    []string
}

// findSource decides between the two. A directory that the user named comes first, then the version
// that this binary was installed as, then the checkout that it was built in.
func findSource(
	ctx context.Context, named string, info *debug.BuildInfo, built string,
) (source, error) {
	version := info.Main.Version
	published := strings.HasPrefix(version, "v") && !strings.HasSuffix(version, "+dirty")
	switch {
	case named != "":
		return checkout(named)
	// Only a binary of "go install …@version" knows the checksum of its module.
	case published && info.Main.Sum != "":
		return download(ctx, version)
	case isCheckout(built):
		return source{dir: built}, nil
	case published:
		return download(ctx, version)
	}
	return source{}, errors.New("this tyg is a development build and does not know where " +
		"its source is; name a checkout of " + examples.Module + " with --tyg-source DIR or TYG_SOURCE")
}

// builtIn returns the directory of the checkout in which this binary was compiled, or "" if it was
// compiled with -trimpath.
func builtIn() string {
	_, file, _, ok := runtime.Caller(0)
	if !ok || !filepath.IsAbs(file) {
		return ""
	}
	return filepath.Dir(filepath.Dir(filepath.Dir(filepath.FromSlash(file))))
}

func checkout(dir string) (source, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return source{}, fmt.Errorf("find source of tyg: %w", err)
	}
	if !isCheckout(abs) {
		return source{}, fmt.Errorf("%s is not a checkout of %s: it has no go.mod of that module",
			abs, examples.Module)
	}
	return source{dir: abs}, nil
}

// isCheckout reports whether dir is the root of the module tyg.
func isCheckout(dir string) bool {
	if dir == "" {
		return false
	}
	data, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	return err == nil && moduleOf(data) == examples.Module
}

// moduleOf returns the module path in the text of a go.mod, or "".
func moduleOf(data []byte) string {
	for line := range strings.Lines(string(data)) {
		if f := strings.Fields(line); len(f) >= 2 && f[0] == "module" {
			return strings.Trim(f[1], "\"`")
		}
	}
	return ""
}

// download makes the go command fetch a version of tyg, which it has done already where it has
// installed this binary, and learns its checksums.
func download(ctx context.Context, version string) (source, error) {
	cmd := exec.CommandContext(ctx, "go", "mod", "download", "-json", examples.Module+"@"+version)
	cmd.Dir = os.TempDir() // outside of any module
	out, runErr := cmd.Output()
	var got struct{ Sum, GoModSum, Error string }
	if err := json.Unmarshal(out, &got); err != nil {
		return source{}, fmt.Errorf("download tyg %s: %w", version, errors.Join(runErr, err))
	}
	if got.Error != "" || runErr != nil {
		return source{}, fmt.Errorf("download tyg %s: %w", version,
			errors.Join(runErr, errors.New(got.Error)))
	}
	prefix := examples.Module + " " + version
	return source{version: version, sums: []string{
		prefix + " " + got.Sum, prefix + "/go.mod " + got.GoModSum,
	}}, nil
}

// goMod completes a go.mod of package examples.
func (s source) goMod(data []byte) []byte {
	text := string(data)
	if s.dir == "" {
		return []byte(strings.Replace(text, examples.Module+" "+examples.Version,
			examples.Module+" "+s.version, 1))
	}
	return []byte(text + "\nreplace " + examples.Module + " => " + quoteModPath(s.dir) + "\n")
}

// goSum completes a go.sum of package examples.
func (s source) goSum(data []byte) []byte {
	for _, line := range s.sums {
		data = append(data, line+"\n"...)
	}
	return data
}

// quoteModPath quotes a path for a go.mod where it must be
// (https://go.dev/ref/mod#go-mod-file-lexical).
func quoteModPath(path string) string {
	if strings.ContainsAny(path, " \t()[]{},'\"`") || strings.Contains(path, "//") {
		return strconv.Quote(path)
	}
	return path
}
