// Package cli is what the programs in cmd share: their environment, the root command, usage errors
// and exit statuses.
package cli

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"os/signal"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/internal/stopsignal"
)

// An Env is all that a program knows of the world around it, so that tests can supply another.
type Env struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Getenv         func(string) string
}

// NewEnv returns the environment of this process.
func NewEnv() *Env {
	return &Env{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv}
}

// Run runs one command line and returns its exit status. The context of the command ends at a
// signal of [stopsignal.List].
func Run(ctx context.Context, root *cobra.Command, args []string, e *Env) int {
	ctx, stop := signal.NotifyContext(ctx, stopsignal.List()...)
	defer stop()
	root.SetIn(e.Stdin)
	root.SetOut(e.Stdout)
	root.SetErr(e.Stderr)
	root.SetArgs(args)
	if len(args) > 0 && strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) {
		plainUsage(root)
	}
	return report(e.Stderr, root.ExecuteContext(ctx))
}

// PrintJSON prints a value, indented.
func PrintJSON(out io.Writer, v any) error {
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
