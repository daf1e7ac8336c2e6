package stagecmd

import (
	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
)

const rollbackHelp = `rollback makes an older release of a stage live: the one before the live
release, or that of --to. It moves the alias of each function, which takes a second, and builds
nothing: clients stay connected, and their next events get the older code with its configuration.
While a canary gets a share of the events, rollback ends the canary.

Routes, triggers, roles and tables stay as they are. A release that lacks a function to which
routes lead is refused: deploy its source again.

The next tyg deploy makes live what the project has; tyg plan says so.

rollback asks for confirmation. Without a terminal it requires --yes. With --json the result is
one JSON object, and progress goes to standard error.

Exit status:
  0    the release is live
  1    rollback failed, or the answer was no; run it again to continue
  2    usage error
  130  interrupted by a signal; run it again to continue`

const rollbackExample = `  tyg rollback
  tyg rollback --stage prod --to 6 --yes`

// Rollback has the flags of "tyg rollback".
type Rollback struct {
	Flags
	To  int  // a release; 0: the one before
	Yes bool // do not ask
}

// NewRollback returns the command "tyg rollback", which calls run.
func NewRollback(run func(*cobra.Command, Rollback) error) *cobra.Command {
	var r Rollback
	cmd := &cobra.Command{
		Use:        "rollback",
		SuggestFor: []string{"revert", "undo", "back"},
		Short:      "Make an older release live",
		Long:       rollbackHelp,
		Example:    rollbackExample,
		Args:       cli.ExactArgs(),
		RunE:       func(cmd *cobra.Command, _ []string) error { return run(cmd, r) },
	}
	r.add(cmd)
	cli.AddInt(cmd, &r.To, cli.Range[int]{
		Name: "to", Low: 1, High: 999_999_999, Usage: "make this `RELEASE` live",
	})
	cmd.Flags().BoolVarP(&r.Yes, "yes", "y", false, "do not ask for confirmation")
	return cmd
}

const promoteHelp = `promote gives the canary of a stage all events: the release that
"tyg deploy --canary" has given a share of them. tyg rollback takes it back instead.

promote asks for confirmation. Without a terminal it requires --yes. With --json the result is
one JSON object, and progress goes to standard error.

Exit status:
  0    the release gets all events
  1    promote failed, or the answer was no; run it again to continue
  2    usage error
  130  interrupted by a signal; run it again to continue`

const promoteExample = `  tyg deploy --stage prod --canary 10%
  tyg promote --stage prod --yes`

// Promote has the flags of "tyg promote".
type Promote struct {
	Flags
	Yes bool // do not ask
}

// NewPromote returns the command "tyg promote", which calls run.
func NewPromote(run func(*cobra.Command, Promote) error) *cobra.Command {
	var p Promote
	cmd := &cobra.Command{
		Use:     "promote",
		Short:   "Give the canary all events",
		Long:    promoteHelp,
		Example: promoteExample,
		Args:    cli.ExactArgs(),
		RunE:    func(cmd *cobra.Command, _ []string) error { return run(cmd, p) },
	}
	p.add(cmd)
	cmd.Flags().BoolVarP(&p.Yes, "yes", "y", false, "do not ask for confirmation")
	return cmd
}
