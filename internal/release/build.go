package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"debug/buildinfo"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// A file is a file of an archive.
type file struct {
	name string
	mode int64
	data []byte
}

// build returns the programs for a target, static and without symbols.
func (r *release) build(ctx context.Context, t target) ([]file, error) {
	dir, err := os.MkdirTemp("", "tyg-release-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	var programs []file
	for _, p := range r.Programs {
		name := t.exe(path.Base(p))
		out := filepath.Join(dir, name)
		cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w",
			fmt.Sprintf("-buildvcs=%v", r.Tagged), "-o", out, p)
		cmd.Dir, cmd.Stderr = r.Dir, os.Stderr
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+t.OS, "GOARCH="+t.Arch,
			"GOFLAGS=", "GOWORK=off")
		if err := cmd.Run(); err != nil {
			return nil, fmt.Errorf("build %s: %w", p, err)
		}
		data, err := os.ReadFile(out)
		if err != nil {
			return nil, err
		}
		if err := r.checkVersion(data); err != nil {
			return nil, fmt.Errorf("%s: %w", p, err)
		}
		programs = append(programs, file{name, 0o755, data})
	}
	return programs, nil
}

// checkVersion reports a program of another version: the go command takes it from the tag of a
// checkout without changes.
func (r *release) checkVersion(program []byte) error {
	if !r.Tagged {
		return nil
	}
	info, err := buildinfo.Read(bytes.NewReader(program))
	if err != nil {
		return err
	}
	if v := info.Main.Version; v != r.Version {
		return fmt.Errorf("it is of version %s; check out the tag %s, without changes", v, r.Version)
	}
	return nil
}

// checksums writes the SHA-256 of each file, as sha256sum -c reads it.
func (r *release) checksums() error {
	names, err := filepath.Glob(filepath.Join(r.Out, "*"))
	if err != nil {
		return err
	}
	slices.Sort(names)
	var b strings.Builder
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "%x  %s\n", sha256.Sum256(data), filepath.Base(name))
	}
	return os.WriteFile(filepath.Join(r.Out, "checksums.txt"), []byte(b.String()), 0o666)
}
