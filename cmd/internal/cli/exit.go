package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/tyg-dev/tyg/internal/visible"
)

// The exit statuses of tyg.
const (
	ExitOK            = 0
	ExitFailure       = 1
	ExitUsage         = 2
	ExitClosed        = 3
	ExitNoAnswer      = 4
	ExitAnswersDiffer = 5
	ExitDiffers       = 7
	ExitInterrupted   = 130 // 128 + SIGINT, as a shell reports it
)

// ErrInterrupted is the error of a command that a signal cut short. It prints nothing.
var ErrInterrupted = errors.New("interrupted")

// Interrupted returns ErrInterrupted in place of err if ctx has ended.
func Interrupted(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return ErrInterrupted
	}
	return err
}

// A StatusError ends a command with an exit status of its own.
type StatusError struct {
	Status int
	Err    error // to print; nil prints nothing
}

// Error returns the text of Err.
func (e *StatusError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("exit status %d", e.Status)
	}
	return e.Err.Error()
}

// Unwrap returns Err.
func (e *StatusError) Unwrap() error { return e.Err }

// report prints err and returns the exit status that it means.
func report(w io.Writer, err error) int {
	var (
		usage  *UsageError
		status *StatusError
	)
	switch {
	case err == nil:
		return ExitOK
	case errors.As(err, &usage):
		see := "; see"
		if strings.HasSuffix(err.Error(), "?") {
			see = " See"
		}
		say(w, "tyg: %s%s %s --help\n", visible.Block(err.Error(), ""), see, usage.path)
		return ExitUsage
	case errors.Is(err, ErrInterrupted):
		return ExitInterrupted
	case errors.As(err, &status):
		if status.Err != nil {
			say(w, "tyg: %s\n", visible.Block(err.Error(), ""))
		}
		return status.Status
	}
	say(w, "tyg: %s\n", visible.Block(err.Error(), ""))
	return ExitFailure
}

// sayTime is how long standard error may take to take the last line.
const sayTime = 3 * time.Second

// say prints the last line of the process, which does not wait for a pipe that is full.
func say(w io.Writer, format string, args ...any) {
	said := make(chan struct{})
	go func() { // ends with the process
		fmt.Fprintf(w, format, args...)
		close(said)
	}()
	select {
	case <-said:
	case <-time.After(sayTime):
	}
}
