package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/cmd/internal/clustercmd"
)

// newCluster returns "tyg cluster", which tyg-cluster runs. Its flags are checked here.
func newCluster(e *cli.Env, args []string) *cobra.Command {
	run := func(ctx context.Context, _ clustercmd.Options) error {
		return runCompanion(ctx, e, "tyg-cluster", args)
	}
	return clustercmd.New(e, run, run)
}
