package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// A builder builds test programs, each once, and runs them.
type builder struct {
	temp  string
	cache string // of inputs, which "go test -fuzz" uses, too
	built map[string]string
}

func newBuilder() (*builder, error) {
	out, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		return nil, fmt.Errorf("go env GOCACHE: %w", err)
	}
	temp, err := os.MkdirTemp("", "tyg-fuzz-")
	if err != nil {
		return nil, err
	}
	cache := filepath.Join(strings.TrimSpace(string(out)), "fuzz", "github.com", "tyg-dev", "tyg")
	return &builder{temp: temp, cache: cache, built: make(map[string]string)}, nil
}

func (b *builder) close() { _ = os.RemoveAll(b.temp) }

// build returns the test program of a folder.
func (b *builder) build(ctx context.Context, folder string) (string, error) {
	if program := b.built[folder]; program != "" {
		return program, nil
	}
	program := filepath.Join(b.temp, fmt.Sprint(len(b.built), ".test"))
	cmd := exec.CommandContext(ctx, "go", "test", "-c", "-fuzz", "Fuzz", "-o", program, "./"+folder)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", folder, err, out)
	}
	b.built[folder] = program
	return program, nil
}

// fuzz fuzzes t on one processor. What it returns counts when ctx ends, too.
func (b *builder) fuzz(ctx context.Context, t target, d time.Duration) (did record, err error) {
	program, err := b.build(ctx, t.folder)
	if err != nil {
		return did, err
	}
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, program, "-test.run=^$", "-test.fuzz=^"+t.name+"$",
		"-test.fuzztime="+d.String(), "-test.parallel=1",
		"-test.fuzzcachedir="+filepath.Join(b.cache, filepath.FromSlash(t.folder)))
	cmd.Dir = filepath.FromSlash(t.folder)
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // it ends its worker
	cmd.WaitDelay = time.Minute
	err = cmd.Run()
	if s := cmd.ProcessState; s != nil {
		did.spent = s.UserTime() + s.SystemTime()
	}
	did.inputs = lastCount(out.String())
	if err != nil && ctx.Err() == nil {
		return did, fmt.Errorf("%s %s: %w\n%s", t.folder, t.name, err, out.String())
	}
	return did, nil
}

var execs = regexp.MustCompile(`execs: (\d+)`)

// lastCount returns how many inputs were tried, as the last line says that has it.
func lastCount(out string) int64 {
	all := execs.FindAllStringSubmatch(out, -1)
	if len(all) == 0 {
		return 0
	}
	n, _ := strconv.ParseInt(all[len(all)-1][1], 10, 64) // digits
	return n
}
