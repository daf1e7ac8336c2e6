// Package cli is what the programs in cmd share: their environment, the root command, usage errors
// and exit statuses.
package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tyg-dev/tyg/internal/stopsignal"
	"github.com/tyg-dev/tyg/internal/visible"
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
// signal of [stopsignal.List]; the second one ends the process, see [stopsignal.Context].
func Run(ctx context.Context, root *cobra.Command, args []string, e *Env) int {
	ctx, stop := stopsignal.Context(ctx)
	defer stop()
	root.SetIn(e.Stdin)
	root.SetOut(e.Stdout)
	root.SetErr(e.Stderr)
	root.SetArgs(args)
	if len(args) > 0 && strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) {
		plainUsage(root)
	}
	err := root.ExecuteContext(ctx)
	if _, ok := errors.AsType[*pflag.NotExistError](err); ok && len(args) > 0 &&
		!strings.HasPrefix(args[0], "-") {
		// The flag may be that of the command that was meant.
		if cmd, _, e := root.Find(args[:1]); e != nil || cmd == root {
			err = noCommand(root, root, args[0])
		}
	}
	return report(e.Stderr, err)
}

// PrintJSON prints a value, indented.
func PrintJSON(out io.Writer, v any) error { return printJSON(out, v, "  ") }

// PrintJSONLine prints a value on one line.
func PrintJSONLine(out io.Writer, v any) error { return printJSON(out, v, "") }

func printJSON(out io.Writer, v any, indent string) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", indent)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	_, err := out.Write(visible.JSON(b.Bytes()))
	return err
}
