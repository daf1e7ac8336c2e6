package main

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/internal/deploy"
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

func newGenPolicy(e *cli.Env) *cobra.Command {
	r := newRemote(e)
	var deployer bool
	cmd := &cobra.Command{
		Use:     "gen-policy",
		Short:   "Print the IAM policy of the functions",
		Long:    genPolicyHelp,
		Example: genPolicyExample,
		Args:    cli.ExactArgs(),
		RunE:    func(cmd *cobra.Command, _ []string) error { return r.genPolicy(cmd.Context(), deployer) },
	}
	r.flags(cmd)
	cmd.Flags().BoolVar(&deployer, "deployer", false, "print what whoever deploys must be allowed to do")
	return cmd
}

func (r *remote) genPolicy(ctx context.Context, deployer bool) error {
	c, err := project.ReadConfig(r.dir)
	if err != nil {
		return err
	}
	state, err := deploy.ReadState(r.stateFile())
	if err != nil {
		return err
	}
	quiet := *r
	quiet.asJSON = true // the policy is the result
	quiet.generated = true
	app, err := quiet.application(ctx, c)
	if err != nil {
		return err
	}
	account := r.account(ctx, c, state)
	if deployer {
		app.Tables = withLeftTables(app.Tables, state)
		return cli.PrintJSON(r.e.Stdout, deploy.DeployerPolicy(app, account))
	}
	api, _ := state.Find(deploy.TypeAPI, "websocket_api")
	return cli.PrintJSON(r.e.Stdout, deploy.GeneratedPolicy(app, account, cmp.Or(api.APIID, "*")))
}

// withLeftTables adds the tables that have been made and are not declared any more.
func withLeftTables(tables []deploy.Table, state deploy.State) []deploy.Table {
	for _, left := range state.Of(deploy.TypeTable) {
		declared := slices.ContainsFunc(tables, func(t deploy.Table) bool {
			return t.Name == left.TableName
		})
		if !declared && !left.Adopted {
			tables = append(tables, deploy.Table{LogicalName: left.Name, Name: left.TableName})
		}
	}
	return tables
}

// account returns where the stage is, or would be, as far as that is known.
func (r *remote) account(ctx context.Context, c project.Config, state deploy.State) deploy.Account {
	account := deploy.Account{ID: state.AccountID, Region: state.Region}
	if account.ID == "" {
		cloud, err := r.cloud(ctx, c.Profile)
		if err == nil {
			return cloud.Account
		}
		r.warn([]string{"the account is *, because it is not known: " + err.Error()})
		account = deploy.Account{ID: "*", Region: cmp.Or(r.region, r.e.Getenv("AWS_REGION"), "*")}
	}
	account.Partition = partition(account.Region)
	return account
}

// partition returns the partition of a region
// (https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html).
func partition(region string) string {
	for prefix, name := range map[string]string{
		"cn-": "aws-cn", "us-gov-": "aws-us-gov", "us-iso-": "aws-iso", "us-isob-": "aws-iso-b",
		"eu-isoe-": "aws-iso-e", "us-isof-": "aws-iso-f", "eusc-": "aws-eusc",
	} {
		if strings.HasPrefix(region, prefix) {
			return name
		}
	}
	return "aws"
}
