package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/internal/visible"
)

// answers are what is typed at a terminal.
type answers struct {
	e      *cli.Env
	lines  *bufio.Reader
	refuse string // the error if an answer is not yes
}

// ask asks a question, and returns an error unless the answer is yes.
func (a *answers) ask(ctx context.Context, question string) error {
	fmt.Fprintf(a.e.Stderr, "%s [y/N] ", visible.Line(question))
	answered := make(chan string, 1)
	go func() { // ends with a line or the process: a read from a terminal cannot be cancelled
		line, _ := a.lines.ReadString('\n') // an error is no answer
		answered <- line
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(a.e.Stderr)
		return cli.ErrInterrupted
	case line := <-answered:
		if slices.Contains([]string{"y", "yes"}, strings.ToLower(strings.TrimSpace(line))) {
			return nil
		}
		return errors.New(a.refuse)
	}
}
