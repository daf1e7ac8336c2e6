package cli

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// variableKey is the annotation of a flag that is also an environment variable.
const variableKey = "tyg_variable"

// NameVariables notes for the reference that flags are also environment variables: limit-idle is
// TYG_LIMIT_IDLE.
func NameVariables(cmd *cobra.Command, flags ...string) {
	for _, name := range flags {
		NameVariable(cmd, name, variableOf(name))
	}
}

// NameVariable notes for the reference that a flag is also an environment variable.
func NameVariable(cmd *cobra.Command, flag, variable string) {
	if err := cmd.Flags().SetAnnotation(flag, variableKey, []string{variable}); err != nil {
		panic("tyg: " + err.Error())
	}
}

// VariableOf returns the environment variable of a flag, or "".
func VariableOf(f *pflag.Flag) string { return strings.Join(f.Annotations[variableKey], "") }

func variableOf(flag string) string {
	return "TYG_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// FromEnv sets each of the named flags that the command line does not have to its environment
// variable, if that is not empty: limit-idle is TYG_LIMIT_IDLE, unless [NameVariable] says
// otherwise. The flags then count as changed.
func FromEnv(cmd *cobra.Command, getenv func(string) string, flags ...string) error {
	for _, name := range flags {
		variable := variableOf(name)
		if f := cmd.Flags().Lookup(name); f != nil {
			variable = cmp.Or(VariableOf(f), variable)
		}
		text := getenv(variable)
		if text == "" || cmd.Flags().Changed(name) {
			continue
		}
		if err := cmd.Flags().Set(name, text); err != nil {
			return fmt.Errorf("environment variable %s: %w", variable, valueError(text, err))
		}
	}
	return nil
}

// valueError words an error of a value as [flagFailure] does, without the name of the flag.
func valueError(text string, err error) error {
	if own, ok := errors.AsType[*flagError](err); ok {
		return fmt.Errorf("%q: %w", own.text, own.err)
	}
	if wrong, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		err = wrong.Unwrap()
	}
	if _, ok := errors.AsType[*strconv.NumError](err); ok { // numbers have a Range
		err = errors.New("use true or false")
	}
	return fmt.Errorf("%q: %w", text, err)
}
