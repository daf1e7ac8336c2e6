package companion

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// isStale reports whether a source file of the checkout changed after the program at path was built
// and before this tyg was. Programs from a checkout have no version that tells them apart, and
// their builds may be a minute apart; what changed after both of them is in neither.
func (f *Finder) isStale(path string) bool {
	program, err := os.Stat(path)
	if err != nil || f.Checkout == "" || !program.ModTime().Before(f.Built) {
		return false
	}
	errFound := errors.New("found")
	err = filepath.WalkDir(f.Checkout, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil // a folder that cannot be read is no source
		case d.IsDir() && name != f.Checkout && skip(d.Name()):
			return filepath.SkipDir
		case d.IsDir() || !isSource(d.Name()):
			return nil
		}
		info, err := d.Info()
		if err == nil && info.ModTime().After(program.ModTime()) && !info.ModTime().After(f.Built) {
			return errFound
		}
		return nil
	})
	return errors.Is(err, errFound)
}

// skip reports a folder that no package of tyg is in.
func skip(dir string) bool {
	return dir == "testdata" || strings.HasPrefix(dir, ".") || strings.HasPrefix(dir, "_")
}

// isSource reports a file that programs may be built from.
func isSource(name string) bool {
	return name == "go.mod" || name == "go.sum" ||
		strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go")
}
