package backend

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/host"
	"github.com/tyg-dev/tyg/internal/functions"
)

// askTimeout is how long a program may take to say what it is: as long as Lambda gives it to start.
const askTimeout = functions.DefaultInitTimeout

// ErrSilent means that a program knows nothing of [Ask].
var ErrSilent = errors.New("the program did not say which routes it has: its main must call host.Run")

// Ask runs the program of a function to learn which routes it has. The program's main must call
// host.Run, or the error is [ErrSilent]. When ctx ends, it is ctx's.
func Ask(ctx context.Context, fn functions.Function, environ []string) (tyg.Description, error) {
	limited, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	cmd := exec.CommandContext(limited, fn.Command[0], fn.Command[1:]...)
	cmd.WaitDelay = time.Second // for those to whom it has left its output
	cmd.Dir = fn.Dir
	cmd.Env = slices.Clip(environ)
	for _, name := range slices.Sorted(maps.Keys(fn.Env)) {
		cmd.Env = append(cmd.Env, name+"="+fn.Env[name])
	}
	cmd.Env = append(cmd.Env, host.DescribeVariable+"=1")
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	err := cmd.Run()
	var d tyg.Description
	switch {
	case ctx.Err() != nil:
		return d, ctx.Err()
	case limited.Err() != nil:
		return d, fmt.Errorf("%w, and it ran for %v%s", ErrSilent, askTimeout, excerpt(said.String()))
	case errors.Is(err, os.ErrNotExist), errors.Is(err, exec.ErrNotFound):
		return d, &functions.StartError{Function: fn.Name, Command: fn.Command[0], Err: err}
	case err != nil:
		return d, fmt.Errorf("the program ended before it said which routes it has: %w%s",
			err, excerpt(said.String()))
	}
	if !findDescription(out.Bytes(), &d) {
		return d, fmt.Errorf("%w%s", ErrSilent, excerpt(said.String()))
	}
	return d, nil
}

// findDescription finds the line of host.Run in what a program has printed.
func findDescription(out []byte, d *tyg.Description) bool {
	for _, line := range slices.Backward(bytes.Split(out, []byte("\n"))) {
		if json.Unmarshal(line, d) == nil && d.RouteSelection != "" {
			return true
		}
	}
	return false
}

// excerpt puts what a program has said below an error: of much, the begin, where a panic says what it
// is about, and the end.
func excerpt(text string) string {
	const most = 10
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if lines[0] == "" {
		return ""
	}
	if len(lines) > 2*most {
		lines = slices.Concat(lines[:most], []string{"…"}, lines[len(lines)-most:])
	}
	return "\n\t" + strings.Join(lines, "\n\t")
}
