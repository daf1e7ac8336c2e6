package stagecmd

import (
	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
)

const deleteHelp = `delete takes a stage off AWS: all that .tyg/deployed/STAGE.json knows. It needs that
file and nothing else of the project; what is gone already is fine.

Tables and what is in them stay, unless --tables is given; those that were there before the first deploy
stay in any case.

delete asks before it begins, and again for tables. Where there is no terminal to ask on, it needs
--yes.

Exit status:
  0    it is gone
  1    it failed, or the answer was no; run it again to go on
  2    the command line makes no sense
  130  interrupted by a signal; run it again to go on`

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
		Use:     "delete",
		Short:   "Take a stage off AWS",
		Long:    deleteHelp,
		Example: deleteExample,
		Args:    cli.ExactArgs(),
		RunE:    func(cmd *cobra.Command, _ []string) error { return run(cmd, d) },
	}
	d.add(cmd)
	f := cmd.Flags()
	f.BoolVar(&d.Tables, "tables", false, "delete the tables, too, with all that is in them")
	f.BoolVarP(&d.Yes, "yes", "y", false, "do not ask")
	return cmd
}
