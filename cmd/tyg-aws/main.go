// Command tyg-aws is the part of tyg that calls AWS: the verbs deploy, plan, releases, rollback,
// promote, delete, url, logs, invoke, import, package and gen-policy. Users run "tyg deploy": tyg
// finds or builds this program and replaces itself by it, so that tyg compiles without the clients
// of AWS, which take longer than everything else.
package main

import (
	"context"
	"os"

	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/cmd/internal/companion"
	"github.com/tyg-dev/tyg/cmd/internal/mention"
	"github.com/tyg-dev/tyg/cmd/internal/stagecmd"
	"github.com/tyg-dev/tyg/internal/deploy"
)

func main() { os.Exit(run(context.Background(), os.Args[1:], cli.NewEnv())) }

// run runs one command line and returns its exit status.
func run(ctx context.Context, args []string, e *cli.Env) int {
	return cli.Run(ctx, newRoot(e, toolchain{compile, deploy.NewBundle, cgoFiles}), args, e)
}

const rootHelp = `tyg-aws is the part of tyg that calls AWS. Run its commands through tyg.`

// newRoot returns the command tree. Its name is tyg, by which users call it.
func newRoot(e *cli.Env, tools toolchain) *cobra.Command {
	root := cli.NewRoot("Put WebSocket applications on AWS", rootHelp, "  tyg deploy")
	stage := func(f stagecmd.Flags) *stageCommand {
		return &stageCommand{Flags: f, e: e, tools: tools}
	}
	root.AddCommand(
		stagecmd.NewDeploy(func(cmd *cobra.Command, d stagecmd.Deploy) error {
			r := stage(d.Flags)
			r.keepPackage, r.canary = true, d.Share
			return r.deploy(cmd.Context())
		}),
		stagecmd.NewPlan(func(cmd *cobra.Command, d stagecmd.Deploy) error {
			r := stage(d.Flags)
			r.canary = d.Share
			return r.showPlan(cmd.Context())
		}),
		stagecmd.NewReleases(func(cmd *cobra.Command, f stagecmd.Flags) error {
			return stage(f).printReleases(cmd.Context())
		}),
		stagecmd.NewRollback(func(cmd *cobra.Command, o stagecmd.Rollback) error {
			return (&moving{stage(o.Flags), o.Yes}).rollback(cmd.Context(), o.To)
		}),
		stagecmd.NewPromote(func(cmd *cobra.Command, o stagecmd.Promote) error {
			return (&moving{stage(o.Flags), o.Yes}).promote(cmd.Context())
		}),
		stagecmd.NewURL(func(cmd *cobra.Command, f stagecmd.Flags) error {
			return stage(f).printURL(cmd.Context())
		}),
		stagecmd.NewLogs(func(cmd *cobra.Command, o stagecmd.Logs) error {
			return (&logsRun{stage(o.Flags), o}).run(cmd)
		}),
		stagecmd.NewInvoke(func(cmd *cobra.Command, o stagecmd.Invoke) error {
			return (&invocation{stage(o.Flags), o}).run(cmd)
		}),
		stagecmd.NewDelete(func(cmd *cobra.Command, o stagecmd.Delete) error {
			return (&deletion{stage(o.Flags), o}).run(cmd.Context())
		}),
		stagecmd.NewImport(func(cmd *cobra.Command, o stagecmd.Import) error {
			return (&importing{stage(o.Flags), o}).run(cmd.Context())
		}),
		stagecmd.NewPackage(func(cmd *cobra.Command, o stagecmd.Package) error {
			return (&packaging{stage(o.Flags), o}).run(cmd.Context())
		}),
		stagecmd.NewGenPolicy(func(cmd *cobra.Command, o stagecmd.GenPolicy) error {
			return stage(o.Flags).genPolicy(cmd.Context(), o.Deployer)
		}),
	)
	root.AddCommand(newCredentials(e))
	root.PersistentPreRunE = func(*cobra.Command, []string) error {
		return companion.CheckVersion("tyg-aws")
	}
	root.CompletionOptions.DisableDefaultCmd = true
	mention.InErrors(root)
	return root
}
