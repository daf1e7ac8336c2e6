package main

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
	"github.com/tyg-dev/tyg/internal/deploy"
)

// maxDeployments is how many deployment packages are kept: enough for a few stages.
const maxDeployments = 5

// deployments returns where a project keeps its deployment packages.
func deployments(project string) packages {
	return packages(filepath.Join(project, ".tyg", "deployments"))
}

// packages is a directory of deployment packages, whose names are hashes of their content.
type packages string

// keep writes a package and removes the oldest. It reports whether this one was there already.
func (p packages) keep(b *deploy.Bundle, architecture string) (known bool, err error) {
	sum, err := base64.StdEncoding.DecodeString(b.SHA256)
	if err != nil {
		return false, fmt.Errorf("keep deployment package: %w", err)
	}
	file := filepath.Join(string(p), hex.EncodeToString(sum)[:16]+"-"+architecture+".zip")
	if _, err := os.Stat(file); err == nil {
		known = true
	} else if err := project.WriteFile(file, b.Zip); err != nil {
		return false, fmt.Errorf("keep deployment package: %w", err)
	}
	now := time.Now() // the file system's own clock may stand still between two packages
	if err := os.Chtimes(file, now, now); err != nil {
		return known, fmt.Errorf("keep deployment package: %w", err)
	}
	return known, p.prune()
}

// prune removes all but the packages that were used last.
func (p packages) prune() error {
	files, err := filepath.Glob(filepath.Join(string(p), "*.zip"))
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
	for _, file := range files[min(maxDeployments, len(files)):] {
		if err := os.Remove(file); err != nil && !os.IsNotExist(err) {
			return fmt.Errorf("remove old deployment package: %w", err)
		}
	}
	return nil
}
