package main

import (
	"context"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/cmd/internal/companion"
	"github.com/tyg-dev/tyg/cmd/internal/gobuild"
	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/cmd/internal/stagecmd"
)

// newStageCommands returns the verbs that tyg-aws runs. Their flags are checked here, so that a
// usage error does not need tyg-aws.
func newStageCommands(e *cli.Env, args []string) []*cobra.Command {
	run := func(cmd *cobra.Command) error { return runCompanion(cmd.Context(), e, "tyg-aws", args) }
	dir := func(d stagecmd.Deploy) string { return d.Dir }
	return []*cobra.Command{
		stagecmd.NewDeploy(inProject(run, dir)),
		stagecmd.NewPlan(inProject(run, dir)),
		stagecmd.NewReleases(ignoreFlags[stagecmd.Flags](run)),
		stagecmd.NewRollback(ignoreFlags[stagecmd.Rollback](run)),
		stagecmd.NewPromote(ignoreFlags[stagecmd.Promote](run)),
		stagecmd.NewURL(ignoreFlags[stagecmd.Flags](run)),
		stagecmd.NewLogs(ignoreFlags[stagecmd.Logs](run)),
		stagecmd.NewInvoke(func(cmd *cobra.Command, i stagecmd.Invoke) error {
			if i.Local {
				return invokeLocal(cmd, e, i)
			}
			return run(cmd)
		}),
		stagecmd.NewImport(ignoreFlags[stagecmd.Import](run)),
		stagecmd.NewDelete(ignoreFlags[stagecmd.Delete](run)),
		stagecmd.NewPackage(inProject(run, func(p stagecmd.Package) string { return p.Dir })),
		stagecmd.NewGenPolicy(inProject(run, func(p stagecmd.GenPolicy) string { return p.Dir })),
	}
}

// inProject returns run for a command that builds the project. It reports a missing project before
// the companion is built, which may take a minute.
func inProject[T any](
	run func(*cobra.Command) error, dir func(T) string,
) func(*cobra.Command, T) error {
	return func(cmd *cobra.Command, flags T) error {
		if _, err := os.Stat(filepath.Join(dir(flags), project.ConfigPath)); err != nil {
			if err := (gobuild.Project{Dir: dir(flags)}).Check(); err != nil {
				return err
			}
		}
		return run(cmd)
	}
}

// ignoreFlags returns run for a command whose flags the companion parses again.
func ignoreFlags[T any](run func(*cobra.Command) error) func(*cobra.Command, T) error {
	return func(cmd *cobra.Command, _ T) error { return run(cmd) }
}

// runCompanion runs a companion of tyg in place of tyg. It returns only on failure, or where a
// process cannot be replaced, with the exit status of the companion.
func runCompanion(ctx context.Context, e *cli.Env, name string, args []string) error {
	finder, err := companion.NewFinder(e.Stderr)
	if err != nil {
		return err
	}
	program, err := finder.Find(ctx, name)
	if err != nil {
		return cli.Interrupted(ctx, err)
	}
	status, err := program.Exec(args)
	if err == nil && status != 0 {
		err = &cli.StatusError{Status: status}
	}
	return err
}
