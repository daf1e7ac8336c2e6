package cli

import (
	"fmt"

	"github.com/spf13/cobra"
)

// A UsageError is a wrong command line.
type UsageError struct {
	path string // of the command, such as "tyg connect"
	err  error
}

// Error returns what is wrong.
func (e *UsageError) Error() string { return e.err.Error() }

// Unwrap returns the cause.
func (e *UsageError) Unwrap() error { return e.err }

// Usagef returns a UsageError of cmd.
func Usagef(cmd *cobra.Command, format string, args ...any) error {
	return &UsageError{path: cmd.CommandPath(), err: fmt.Errorf(format, args...)}
}

// ExactArgs checks that a command gets the named arguments. Those in brackets are optional.
func ExactArgs(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > len(names) {
			return Usagef(cmd, "unexpected argument %q", args[len(names)])
		}
		if len(args) < len(names) && names[len(args)][0] != '[' {
			return Usagef(cmd, "argument %s is missing", names[len(args)])
		}
		return nil
	}
}

// MustComplete completes the values of a flag of cmd, which must have it.
func MustComplete(cmd *cobra.Command, flag string, values func() []string) {
	err := cmd.RegisterFlagCompletionFunc(flag,
		func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return values(), cobra.ShellCompDirectiveNoFileComp
		})
	if err != nil {
		panic("tyg: " + err.Error())
	}
}
