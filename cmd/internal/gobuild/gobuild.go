// Package gobuild compiles the Go program in a directory and lists its source files.
package gobuild

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// A Project is a directory with a main package.
type Project struct {
	Dir  string // of the main package, inside a module
	Temp string // where programs go; it must exist

	// Tags are build tags beside those of GOFLAGS. BuildLambda has more of its own.
	Tags []string

	// LDFlags are flags of the linker, and Flags more flags of go build. BuildLambda uses them.
	LDFlags string
	Flags   []string
}

// A Program is the result of a build.
type Program struct {
	Path string // of the executable, absolute if Temp is
	Hash string // of its content
}

// An Error is a project that does not compile. Output has the messages of the compiler: each line
// begins with a file and a line number.
type Error struct{ Output string }

// Error returns a message without the output.
func (e *Error) Error() string { return "the project does not build" }

// Check reports a missing project, or a missing go command.
func (p Project) Check() error {
	abs, err := filepath.Abs(p.Dir)
	if err != nil {
		return fmt.Errorf("find project: %w", err)
	}
	if !inModule(abs) {
		return fmt.Errorf("there is no project in %s: it has no go.mod; change to a project, choose one "+
			"with --project-dir, or create one with tyg new-project", abs)
	}
	if _, err := exec.LookPath("go"); err != nil {
		return errors.New("the go command is not in PATH; install Go from https://go.dev/dl/")
	}
	return nil
}

// inModule reports whether dir or a directory above it has a go.mod.
func inModule(dir string) bool {
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return true
		}
		if dir == filepath.Dir(dir) {
			return false
		}
		dir = filepath.Dir(dir)
	}
}

// Build compiles the project. A program that has not changed since the last build has the same
// Path. If the project does not compile, the error is an [*Error]; when ctx ends, it is ctx.Err().
func (p Project) Build(ctx context.Context) (Program, error) {
	return p.build(ctx, p.tagFlags(ctx), nil)
}

// tagFlags returns the flags of go build and go list for the project's tags. A -tags flag replaces
// that of GOFLAGS, so it has the tags of both.
func (p Project) tagFlags(ctx context.Context) []string {
	if len(p.Tags) == 0 {
		return nil
	}
	return []string{"-tags", strings.Join(slices.Concat(p.Tags, p.goFlags(ctx, "tags")), ",")}
}

// goFlags returns the values of a flag in GOFLAGS.
func (p Project) goFlags(ctx context.Context, name string) []string {
	cmd := exec.CommandContext(ctx, "go", "env", "GOFLAGS")
	cmd.Dir = p.Dir
	out, _ := cmd.Output() // go build says what is wrong
	var values []string
	for flag := range strings.FieldsSeq(string(out)) {
		if value, ok := strings.CutPrefix(strings.TrimLeft(flag, "-"), name+"="); ok {
			values = append(values, value)
		}
	}
	return values
}

// build compiles the project, with more arguments and variables for go build.
func (p Project) build(ctx context.Context, args, environ []string) (Program, error) {
	temp, err := os.MkdirTemp(p.Temp, "build-*")
	if err != nil {
		return Program{}, fmt.Errorf("build project: %w", err)
	}
	defer os.RemoveAll(temp)
	if err := p.compile(ctx, temp, args, environ); err != nil {
		return Program{}, err
	}
	programs, err := os.ReadDir(temp)
	if err != nil {
		return Program{}, fmt.Errorf("build project: %w", err)
	}
	if len(programs) != 1 {
		return Program{}, errors.New("the project is not a program: its directory has no package main")
	}
	return p.keep(filepath.Join(temp, programs[0].Name()))
}

// compile writes the program into a directory.
func (p Project) compile(ctx context.Context, dir string, args, environ []string) error {
	// With a directory as output, go build writes programs only. -buildvcs=false makes a commit alone
	// change nothing in the program.
	args = slices.Concat([]string{"build", "-buildvcs=false"}, args,
		[]string{"-o", dir + string(filepath.Separator), "."})
	cmd := exec.CommandContext(ctx, "go", args...)
	var out bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = p.Dir, &out, &out
	cmd.Env = append(cmd.Environ(), environ...)
	err := cmd.Run()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil && out.Len() > 0:
		return &Error{Output: out.String()}
	case err != nil:
		return fmt.Errorf("build project: %w", err)
	}
	return nil
}

// keep moves a program to a path with its hash.
func (p Project) keep(path string) (Program, error) {
	hash, err := hashFile(path)
	if err != nil {
		return Program{}, fmt.Errorf("build project: %w", err)
	}
	kept := filepath.Join(p.Temp, hash[:16], filepath.Base(path))
	if _, err := os.Stat(kept); err == nil {
		return Program{Path: kept, Hash: hash}, nil
	}
	err = os.Mkdir(filepath.Dir(kept), 0o700)
	if errors.Is(err, fs.ErrExist) {
		err = nil
	}
	if err == nil {
		err = os.Rename(path, kept)
	}
	if err != nil {
		return Program{}, fmt.Errorf("build project: %w", err)
	}
	return Program{Path: kept, Hash: hash}, nil
}

func hashFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// Drop removes the program. On Windows a program that is running stays.
func (p Program) Drop() { _ = os.RemoveAll(filepath.Dir(p.Path)) }
