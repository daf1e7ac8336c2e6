package stagecmd

import (
	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
)

const planHelp = `plan prints what tyg deploy would do, without doing it. It builds the project
and compares it with the account. To ask for its routes it runs the project once, with the
environment of the command: what main does before host.Run it does with the credentials of the
deployer. deploy, package and gen-policy do the same.

  + create   does not exist yet
  ~ update   exists, and these properties differ
  - delete   is no longer needed
  = record   is up to date, but missing in the state file

Exit status:
  0    nothing would change
  1    plan failed
  2    usage error
  7    something would change
  130  interrupted by a signal`

const planExample = `  tyg plan
  tyg plan --stage prod --json | jq '.steps[] | select(.action == "delete")'`

// NewPlan returns the command "tyg plan", which calls run.
func NewPlan(run func(*cobra.Command, Deploy) error) *cobra.Command {
	var d Deploy
	var check func() error
	cmd := &cobra.Command{
		Use:        "plan",
		SuggestFor: []string{"diff", "preview"},
		Short:      "Print what deploy would do",
		Long:       planHelp,
		Example:    planExample,
		Args:       cli.ExactArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := check(); err != nil {
				return err
			}
			return run(cmd, d)
		},
	}
	d.add(cmd)
	check = d.addCanary(cmd)
	return cmd
}
