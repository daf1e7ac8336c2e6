package newproject

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/tyg-dev/tyg/cmd/internal/buildinfo"
	"github.com/tyg-dev/tyg/examples"
)

// A source is the origin of the module tyg for a new project: a directory, or a published version.
type source struct {
	dir     string // absolute path of a checkout, or empty
	version string // with sums, if dir is empty
	sums    []string
}

// findSource returns the first of these that exists: a directory that the user has named, the
// version as which this program was installed, and the checkout in which it was built.
func findSource(
	ctx context.Context, named string, version buildinfo.Version, built string,
) (source, error) {
	switch {
	case named != "":
		return checkout(named)
	case version.Published() && version.Installed:
		return download(ctx, version.Version)
	case built != "":
		return source{dir: built}, nil
	case version.Published():
		return download(ctx, version.Version)
	}
	return source{}, errors.New("this tyg is a development build whose source was not found; " +
		"name a checkout of " + examples.Module + " with --tyg-source DIR or TYG_SOURCE")
}

func checkout(dir string) (source, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return source{}, fmt.Errorf("find source of tyg: %w", err)
	}
	if !buildinfo.IsCheckout(abs) {
		return source{}, fmt.Errorf("%s is not a checkout of %s: it has no go.mod of that module",
			abs, examples.Module)
	}
	return source{dir: abs}, nil
}

// download makes the go command fetch a version of tyg, and returns it with its checksums.
func download(ctx context.Context, version string) (source, error) {
	cmd := exec.CommandContext(ctx, "go", "mod", "download", "-json", examples.Module+"@"+version)
	cmd.Dir = os.TempDir() // outside any module
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

// quoteModPath quotes a path for a go.mod if necessary
// (https://go.dev/ref/mod#go-mod-file-lexical).
func quoteModPath(path string) string {
	if strings.ContainsAny(path, " \t()[]{},'\"`") || strings.Contains(path, "//") {
		return strconv.Quote(path)
	}
	return path
}
