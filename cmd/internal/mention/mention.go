// Package mention adds to the errors of commands that a template of another tool is in the
// directory of the project.
package mention

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/cmd/internal/template"
)

// Template adds to an error about the project in a directory that a template is there. Errors that
// name the template, or have printed nothing, stay as they are.
func Template(dir string, err error) error {
	status, silent := errors.AsType[*cli.StatusError](err)
	_, usage := errors.AsType[*cli.UsageError](err)
	if err == nil || usage || silent && status.Err == nil || errors.Is(err, cli.ErrInterrupted) {
		return err
	}
	path := template.Find(dir, "")
	if path == "" || strings.Contains(err.Error(), path) {
		return err
	}
	return fmt.Errorf("%w\n%s is here; tyg local --template %[2]s runs its functions", err, path)
}

// InErrors makes all commands below cmd that work on a project mention its template in their
// errors, but those that run one, and import, which reads one.
func InErrors(cmd *cobra.Command) {
	for _, sub := range cmd.Commands() {
		InErrors(sub)
		run := sub.RunE
		f := sub.Flags()
		if run == nil || f.Lookup("project-dir") == nil || f.Lookup("template") != nil ||
			f.Lookup("from") != nil {
			continue
		}
		sub.RunE = func(cmd *cobra.Command, args []string) error {
			err := run(cmd, args)
			if dir, e := cmd.Flags().GetString("project-dir"); e == nil {
				err = Template(dir, err)
			}
			return err
		}
	}
}
