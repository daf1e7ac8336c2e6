package stagecmd

import (
	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
)

const planHelp = `plan prints what tyg deploy would do, and does none of it. It builds the project and
looks at what is on AWS.

  + create   is not there yet
  ~ update   is there, with these properties that differ
  - delete   is not needed any more
  = record   is as it should be, and only the state file does not know it

Exit status:
  0    nothing would change
  1    it failed
  2    something would change, or the command line makes no sense
  130  interrupted by a signal`

const planExample = `  tyg plan
  tyg plan --stage prod --json | jq '.steps[] | select(.action == "delete")'`

// NewPlan returns the command "tyg plan", which calls run.
func NewPlan(run func(*cobra.Command, Flags) error) *cobra.Command {
	var f Flags
	cmd := &cobra.Command{
		Use:     "plan",
		Short:   "Print what deploy would do",
		Long:    planHelp,
		Example: planExample,
		Args:    cli.ExactArgs(),
		RunE:    func(cmd *cobra.Command, _ []string) error { return run(cmd, f) },
	}
	f.add(cmd)
	return cmd
}
