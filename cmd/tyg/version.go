package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/buildinfo"
	"github.com/tyg-dev/tyg/cmd/internal/cli"
)

func newVersion(e *cli.Env) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:        "version",
		SuggestFor: []string{"about", "info"},
		Short:      "Print the version of tyg",
		Long: "version prints the version of tyg and of Go, the platform, and the commit if it is " +
			"known.",
		Example: "  tyg version\n  tyg version --json",
		Args:    cli.ExactArgs(),
		RunE: func(*cobra.Command, []string) error {
			v := buildinfo.Read()
			if asJSON {
				return cli.PrintJSONLine(e.Stdout, v)
			}
			_, err := fmt.Fprintln(e.Stdout, v)
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON object")
	return cmd
}
