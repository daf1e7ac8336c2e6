package stagecmd

import (
	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
)

const genPolicyHelp = `gen-policy prints the IAM policy that deploy generates for the functions:
write their logs, call the connections of this API, use the tables of .tyg/config.json. With
"autogen_policy": false deploy uses .tyg/policy-STAGE.json instead; the output of gen-policy is
a starting point for that file.

With --deployer it prints the permissions that deploying the project requires. They include the
tables that only the state file still lists, which "tyg delete --tables" deletes.

gen-policy builds the project and runs it once, with the environment of the command, to ask for
its routes: what main does before host.Run it does with the credentials of the deployer.

The account, the region and the id of the API come from the state file. For a stage that is not
deployed, the account is that of the credentials, and unknown parts are *.`

const genPolicyExample = `  tyg gen-policy > .tyg/policy-dev.json
  tyg gen-policy --deployer --stage prod`

// GenPolicy has the flags of "tyg gen-policy".
type GenPolicy struct {
	Flags
	Deployer bool // print the policy of the deployer
}

// NewGenPolicy returns the command "tyg gen-policy", which calls run.
func NewGenPolicy(run func(*cobra.Command, GenPolicy) error) *cobra.Command {
	var g GenPolicy
	cmd := &cobra.Command{
		Use:     "gen-policy",
		Short:   "Print the IAM policy of the functions",
		Long:    genPolicyHelp,
		Example: genPolicyExample,
		Args:    cli.ExactArgs(),
		RunE:    func(cmd *cobra.Command, _ []string) error { return run(cmd, g) },
	}
	g.add(cmd)
	cmd.Flags().BoolVar(&g.Deployer, "deployer", false,
		"print the permissions that deploying requires")
	return cmd
}
