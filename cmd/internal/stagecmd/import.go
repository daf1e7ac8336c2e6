package stagecmd

import (
	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
)

const importHelp = `import takes over a stage that Chalice has deployed, so that tyg deploy updates
it in place: the API keeps its URL, and clients stay connected.

It writes .tyg/config.json from .chalice/config.json, unless there is one, and names the keys that
tyg does not have. Then it gives the functions for WebSockets, their roles and the WebSocket API
of the stage the tag tyg=APP/STAGE, by which tyg knows its own. It changes nothing else: until
the first tyg deploy the stage runs Chalice's program.

After it, do not run "chalice deploy" or "chalice delete" for the stage. A REST API, schedules and
other functions of the project stay Chalice's.

import asks for confirmation. Without a terminal it requires --yes. With --dry-run it only says
what it would do.

Exit status:
  0    the stage is tyg's, or, with --dry-run, can be
  1    import failed, or the answer was no; run it again to continue
  2    usage error
  130  interrupted by a signal; run it again to continue`

const importExample = `  tyg import --from chalice --dry-run
  tyg import --from chalice --stage prod
  tyg plan --stage prod && tyg deploy --stage prod`

// FromChalice is the deployer whose stages import takes over.
const FromChalice = "chalice"

// Import has the flags of "tyg import".
type Import struct {
	Flags
	From   string
	Yes    bool // do not ask
	DryRun bool
}

// NewImport returns the command "tyg import", which calls run.
func NewImport(run func(*cobra.Command, Import) error) *cobra.Command {
	var i Import
	cmd := &cobra.Command{
		Use:        "import --from chalice",
		SuggestFor: []string{"adopt", "takeover"},
		Short:      "Take over a stage that Chalice has deployed",
		Long:       importHelp,
		Example:    importExample,
		Args:       cli.ExactArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if i.From != FromChalice {
				return cli.Usagef(cmd, "--from %q: the only one is chalice", i.From)
			}
			return run(cmd, i)
		},
	}
	i.add(cmd)
	f := cmd.Flags()
	f.StringVar(&i.From, "from", "", "take over from this `TOOL`: chalice")
	f.BoolVarP(&i.Yes, "yes", "y", false, "do not ask for confirmation")
	f.BoolVar(&i.DryRun, "dry-run", false, "only say what would be done")
	cli.MustComplete(cmd, "from", func() []string { return []string{FromChalice} })
	return cmd
}
