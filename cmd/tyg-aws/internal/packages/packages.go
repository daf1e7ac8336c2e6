// Package packages keeps the deployment packages of a project, the newest few.
package packages

import (
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// maxPackages is the number of packages to keep: enough for a few stages.
const maxPackages = 5

// Of returns the directory in which a project keeps its deployment packages.
func Of(project string) Dir {
	return Dir(filepath.Join(project, ".tyg", "deployments"))
}

// A Dir is a directory of deployment packages. Their names are hashes of their content.
type Dir string

// Keep writes a package and removes the oldest. It reports whether the package was already there.
func (d Dir) Keep(b *spec.Bundle, architecture string) (known bool, err error) {
	sum, err := base64.StdEncoding.DecodeString(b.SHA256)
	if err != nil {
		return false, fmt.Errorf("keep deployment package: %w", err)
	}
	file := filepath.Join(string(d), hex.EncodeToString(sum)[:16]+"-"+architecture+".zip")
	if _, err := os.Stat(file); err == nil {
		known = true
	} else if err := project.WriteFile(file, b.Zip); err != nil {
		return false, fmt.Errorf("keep deployment package: %w", err)
	}
	now := time.Now() // the clock of the file system may be too coarse
	if err := os.Chtimes(file, now, now); err != nil {
		return known, fmt.Errorf("keep deployment package: %w", err)
	}
	return known, d.prune()
}

// prune removes all packages but the most recently used.
func (d Dir) prune() error {
	files, err := filepath.Glob(filepath.Join(string(d), "*.zip"))
	if err != nil {
		return fmt.Errorf("remove old deployment packages: %w", err)
	}
	used := make(map[string]time.Time)
	for _, file := range files {
		if info, err := os.Stat(file); err == nil {
			used[file] = info.ModTime()
		}
	}
	slices.SortFunc(files, func(a, b string) int {
		return cmp.Or(used[b].Compare(used[a]), cmp.Compare(a, b))
	})
	for _, file := range files[min(maxPackages, len(files)):] {
		if err := os.Remove(file); err != nil && !os.IsNotExist(err) {
			return fmt.Errorf("remove old deployment package: %w", err)
		}
	}
	return nil
}
