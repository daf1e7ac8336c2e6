package main

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/internal/deploy"
)

func (r *stageCommand) genPolicy(ctx context.Context, deployer bool) error {
	c, err := project.ReadConfig(r.Dir)
	if err != nil {
		return err
	}
	state, err := r.knownState(ctx, c)
	if err != nil {
		return err
	}
	quiet := *r
	quiet.JSON = true // progress must not mix with the policy
	quiet.generated = true
	app, err := quiet.application(ctx, c)
	if err != nil {
		return err
	}
	account := r.account(ctx, c, state)
	if deployer {
		app.Tables = withLeftTables(app.Tables, state)
		if left := state.Of(deploy.TypeDomain); app.API.Domain == nil && len(left) > 0 {
			app.API.Domain = &deploy.Domain{Name: left[0].DomainName}
		}
		return cli.PrintJSON(r.e.Stdout, deploy.DeployerPolicy(app, account))
	}
	api, _ := state.Find(deploy.TypeAPI, "websocket_api")
	policy := deploy.RolePolicy(app, account, cmp.Or(api.APIID, "*"), allStatements(app))
	return cli.PrintJSON(r.e.Stdout, policy)
}

// allStatements returns a role with the statements of all functions, each once.
func allStatements(app deploy.Application) deploy.Role {
	var role deploy.Role
	seen := make(map[string]bool)
	for _, fn := range app.Functions {
		for _, s := range fn.Role.Statements {
			if !seen[string(s)] {
				seen[string(s)] = true
				role.Statements = append(role.Statements, s)
			}
		}
	}
	return role
}

// knownState returns the state as far as it is known without asking AWS what there is.
func (r *stageCommand) knownState(ctx context.Context, c project.Config) (deploy.State, error) {
	if c.At(r.Stage).State == "" {
		return deploy.ReadState(ctx, r.localStore())
	}
	d, err := r.deployer(ctx, c)
	if err != nil {
		r.warn([]string{"the state cannot be read: " + err.Error()})
		return deploy.State{}, nil
	}
	return d.State(ctx)
}

// withLeftTables adds the tables that were created and are no longer declared.
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

// account returns the account of the stage as far as it is known.
func (r *stageCommand) account(
	ctx context.Context, c project.Config, state deploy.State,
) deploy.Account {
	account := deploy.Account{ID: state.AccountID, Region: state.Region}
	if account.ID == "" {
		cloud, err := r.cloud(ctx, c)
		if err == nil {
			return cloud.Account
		}
		r.warn([]string{"the account is unknown and becomes *: " + err.Error()})
		account = deploy.Account{ID: "*", Region: cmp.Or(r.Region, r.e.Getenv("AWS_REGION"), "*")}
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
