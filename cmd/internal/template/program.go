package template

import (
	"bytes"
	"cmp"
	"context"
	_ "embed" // the script that prints
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/tyg-dev/tyg/cmd/internal/esbuild"
)

//go:embed print.cjs
var printScript []byte

// printTimeout is how long a program may take that is a configuration.
const printTimeout = time.Minute

// isProgram reports whether a file of the Serverless Framework is a program: it is what it exports.
func isProgram(file string) bool {
	return slices.Contains([]string{".ts", ".mts", ".cts", ".js", ".mjs", ".cjs"}, filepath.Ext(file))
}

// runProgram runs a program by Node.js, as the Serverless Framework does, and parses what it
// exports, or what is there at keys that dots separate: the member "value" of the result.
func runProgram(name, key string, o Options) (*file, error) {
	out, err := os.CreateTemp("", "tyg-print-*.json")
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", name, err)
	}
	defer func() { _ = os.Remove(out.Name()) }() // the system removes what is left
	if err := out.Close(); err != nil {
		return nil, fmt.Errorf("run %s: %w", name, err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), printTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", "-", name, key, cmp.Or(o.Stage, defaultStage),
		cmp.Or(o.Region, defaultRegion), esbuild.Find(filepath.Dir(name)), out.Name())
	cmd.Stdin, cmd.Dir = bytes.NewReader(printScript), filepath.Dir(name)
	cmd.WaitDelay = time.Second // for what it has started
	said, err := cmd.CombinedOutput()
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return nil, fmt.Errorf("%s is a program, which Node.js runs; install it", name)
	case ctx.Err() != nil:
		return nil, fmt.Errorf("%s has not ended after %v", name, printTimeout)
	case err != nil:
		return nil, programError(name, string(said), err)
	}
	data, err := os.ReadFile(out.Name())
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", name, err)
	}
	f, err := parse(name, data)
	if err != nil {
		return nil, err
	}
	f.programs = []string{name}
	return f, nil
}

// programError says why a program has failed, and what to do about it.
func programError(file, said string, err error) error {
	said = strings.TrimSpace(said)
	if said == "" {
		return fmt.Errorf("run %s: %w", file, err)
	}
	hint := ""
	if strings.Contains(said, "Cannot find module") || strings.Contains(said, "Cannot find package") {
		hint = "\ninstall what it imports: npm install"
	}
	return fmt.Errorf("%s failed as a program of Node.js:\n%s%s", file, said, hint)
}
