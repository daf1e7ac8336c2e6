// Package esbuild finds esbuild, which makes JavaScript of TypeScript, or builds it with Go.
package esbuild

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// Module is the program in Go, and Version the one that Build builds.
const (
	Module  = "github.com/evanw/esbuild/cmd/esbuild"
	Version = "v0.25.12"
)

// installed is the program that npm installs, below a directory of the project.
const installed = "node_modules/.bin/esbuild"

// Find returns the esbuild of the project that a directory is in, or the one in PATH; "" if there
// is none.
func Find(dir string) string {
	for {
		path := filepath.Join(dir, filepath.FromSlash(installed))
		if _, err := os.Stat(path); err == nil {
			return path
		}
		if dir == filepath.Dir(dir) {
			path, _ = exec.LookPath("esbuild") // without one Build makes it
			return path
		}
		dir = filepath.Dir(dir)
	}
}

// Build returns an esbuild in the user's cache. It builds it there if it is not there yet, and says
// so to the notices, because that takes some seconds and the network.
func Build(ctx context.Context, notices io.Writer) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	dir := filepath.Join(cache, "tyg", "tools")
	name := "esbuild"
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	path := filepath.Join(dir, Version+"-"+name)
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("build esbuild: %w", err)
	}
	temp, err := os.MkdirTemp(dir, "build-*")
	if err != nil {
		return "", fmt.Errorf("build esbuild: %w", err)
	}
	defer func() { _ = os.RemoveAll(temp) }() // the next version's build is not hindered by it
	fmt.Fprintf(notices, "tyg: building esbuild %s for TypeScript, once …\n", Version)
	if err := install(ctx, temp); err != nil {
		return "", err
	}
	// Another tyg that builds it at the same time makes the same.
	if err := os.Rename(filepath.Join(temp, name), path); err != nil {
		if _, there := os.Stat(path); there != nil {
			return "", fmt.Errorf("build esbuild: %w", err)
		}
	}
	return path, nil
}

// install has the go command build the program into a directory.
func install(ctx context.Context, dir string) error {
	cmd := exec.CommandContext(ctx, "go", "install", Module+"@"+Version)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOBIN="+dir, "GOOS="+runtime.GOOS, "GOARCH="+runtime.GOARCH,
		"GOWORK=off")
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, exec.ErrNotFound):
		return errors.New("the go command, which would build esbuild, is not installed")
	case err != nil:
		return fmt.Errorf("go install %s@%s: %s", Module, Version,
			strings.TrimSpace(out.String()+" "+err.Error()))
	}
	return nil
}
