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
	"github.com/tyg-dev/tyg/internal/pages"
)

// askTimeout is how long a program may take to describe itself: as long as Lambda gives it to
// start.
const askTimeout = functions.DefaultInitTimeout

// ErrSilent means that a program did not answer [Ask].
var ErrSilent = errors.New("the program did not print its routes: its main must call host.Run")

// Ask runs the program of a function, with the variable by which host.Run prints a description and
// exits. If the program does not call host.Run, the error is [ErrSilent]. When ctx ends, the error
// is ctx.Err().
//
// If the program has pages, it is run again to print them.
func Ask(ctx context.Context, fn functions.Function, environ []string) (tyg.Description, error) {
	var d tyg.Description
	answer, stderr, err := runAsked(ctx, fn, environ, "1")
	if err != nil {
		return d, err
	}
	line, ok := findDescription(answer, &d)
	if !ok {
		return d, fmt.Errorf("%w%s", ErrSilent, excerpt(stderr))
	}
	var more struct{ Pages bool }
	if json.Unmarshal(line, &more) != nil || !more.Pages {
		return d, nil
	}
	if answer, _, err = runAsked(ctx, fn, environ, "pages"); err != nil {
		return d, fmt.Errorf("ask for the pages: %w", err)
	}
	d.Pages, err = pages.Read(answer)
	return d, err
}

// runAsked runs a program with a question in its environment, and returns what it has printed on
// standard output and on standard error.
func runAsked(
	ctx context.Context, fn functions.Function, environ []string, question string,
) (answer []byte, stderr string, err error) {
	limited, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	cmd := exec.CommandContext(limited, fn.Command[0], fn.Command[1:]...)
	cmd.WaitDelay = time.Second // for children that have inherited its output
	cmd.Dir = fn.Dir
	cmd.Env = slices.Clip(environ)
	for _, name := range slices.Sorted(maps.Keys(fn.Env)) {
		cmd.Env = append(cmd.Env, name+"="+fn.Env[name])
	}
	cmd.Env = append(cmd.Env, host.DescribeVariable+"="+question)
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err = cmd.Run()
	switch {
	case ctx.Err() != nil:
		err = ctx.Err()
	case limited.Err() != nil:
		err = fmt.Errorf("%w (it ran for %v)%s", ErrSilent, askTimeout, excerpt(errOut.String()))
	case errors.Is(err, os.ErrNotExist), errors.Is(err, exec.ErrNotFound):
		err = &functions.StartError{Function: fn.Name, Command: fn.Command[0], Err: err}
	case err != nil:
		err = fmt.Errorf("the program exited before it printed its routes: %w%s",
			err, excerpt(errOut.String()))
	}
	return out.Bytes(), errOut.String(), err
}

// findDescription finds the line of host.Run in the output of a program, and decodes it.
func findDescription(out []byte, d *tyg.Description) (line []byte, ok bool) {
	for _, line := range slices.Backward(bytes.Split(out, []byte("\n"))) {
		if json.Unmarshal(line, d) == nil && d.RouteSelection != "" {
			return line, true
		}
	}
	return nil, false
}

// excerpt returns the output of a program to append to an error. Of a long output it keeps the
// first lines, which have the message of a panic, and the last.
func excerpt(text string) string {
	const half = 10
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if lines[0] == "" {
		return ""
	}
	if len(lines) > 2*half {
		lines = slices.Concat(lines[:half], []string{"…"}, lines[len(lines)-half:])
	}
	return "\n\t" + strings.Join(lines, "\n\t")
}
