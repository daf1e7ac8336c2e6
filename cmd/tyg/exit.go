package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/local"
)

// The exit statuses of tyg. "tyg local --in-process" adds those of the program that it runs.
const (
	exitOK          = 0
	exitFailure     = 1
	exitUsage       = 2
	exitDiffers     = 2 // as terraform plan -detailed-exitcode has it
	exitClosed      = 3
	exitInterrupted = 130 // 128 + SIGINT, as a shell reports it
)

// errInterrupted is the end of a command that a signal cut short.
var errInterrupted = errors.New("interrupted")

// A usageError is a command line that makes no sense.
type usageError struct {
	path string // of the command, such as "tyg connect"
	err  error
}

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// A closedError is a connection that has ended, and not because all was done. It says how.
type closedError string

func (e closedError) Error() string { return string(e) }

// report prints err for a person and returns the exit status that it means.
func report(w io.Writer, err error) int {
	var (
		usage   *usageError
		closed  closedError
		program local.ExitError
	)
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &program):
		return int(program)
	case errors.Is(err, errDiffers):
		return exitDiffers
	case errors.As(err, &usage):
		fmt.Fprintf(w, "tyg: %v; see %s --help\n", err, usage.path)
		return exitUsage
	case errors.Is(err, errInterrupted):
		return exitInterrupted
	case errors.As(err, &closed):
		fmt.Fprintf(w, "tyg: %v\n", err)
		return exitClosed
	}
	fmt.Fprintf(w, "tyg: %v\n", err)
	return exitFailure
}

// usagef returns a usageError of cmd.
func usagef(cmd *cobra.Command, format string, args ...any) error {
	return &usageError{path: cmd.CommandPath(), err: fmt.Errorf(format, args...)}
}

// takes checks that a command gets the arguments named. Those in brackets may be left out.
func takes(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > len(names) {
			return usagef(cmd, "argument %q is one too many", args[len(names)])
		}
		if len(args) < len(names) && names[len(args)][0] != '[' {
			return usagef(cmd, "argument %s is missing", names[len(args)])
		}
		return nil
	}
}
