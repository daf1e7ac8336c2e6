package stagecmd

import (
	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
)

const deleteHelp = `delete removes a stage from AWS: everything that .tyg/deployed/STAGE.json
lists, and everything else that has the names and the tag of the stage. So it needs either that
file or the app_name in .tyg/config.json, and nothing else of the project. Resources that are
already gone are no error.

Tables are kept with their data unless --tables is set; tables that existed before the first
deploy are always kept.

delete asks for confirmation, and again for each table. Without a terminal it requires --yes.

Exit status:
  0    the stage is deleted
  1    delete failed, or the answer was no; run it again to continue
  2    usage error
  130  interrupted by a signal; run it again to continue`

const deleteExample = `  tyg delete
  tyg delete --stage prod --tables --yes`

// Delete has the flags of "tyg delete".
type Delete struct {
	Flags
	Tables bool // delete the tables, too
	Yes    bool // do not ask
}

// NewDelete returns the command "tyg delete", which calls run.
func NewDelete(run func(*cobra.Command, Delete) error) *cobra.Command {
	var d Delete
	cmd := &cobra.Command{
		Use:        "delete",
		SuggestFor: []string{"destroy", "down", "remove", "rm", "undeploy"},
		Short:      "Remove a stage from AWS",
		Long:       deleteHelp,
		Example:    deleteExample,
		Args:       cli.ExactArgs(),
		RunE:       func(cmd *cobra.Command, _ []string) error { return run(cmd, d) },
	}
	d.add(cmd)
	f := cmd.Flags()
	f.BoolVar(&d.Tables, "tables", false, "delete the tables, too, with their data")
	f.BoolVarP(&d.Yes, "yes", "y", false, "do not ask for confirmation")
	return cmd
}
