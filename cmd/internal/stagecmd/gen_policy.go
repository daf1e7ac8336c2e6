package stagecmd

import (
	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
)

const genPolicyHelp = `gen-policy prints the IAM policy that deploy generates for the functions: write
their logs, reach the connections of this API, use the tables of .tyg/config.json. With
"autogen_policy": false deploy uses .tyg/policy-STAGE.json in its place; this is one to begin with.

With --deployer it prints what whoever deploys the project must be allowed to do. That is about the
tables which the state file still has, too: "tyg delete --tables" deletes them.

The account, the region and the id of the API are those of the state file; of a stage that is not
deployed, the account is that of the credentials, and what is not known is *.`

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
		"print what whoever deploys must be allowed to do")
	return cmd
}
