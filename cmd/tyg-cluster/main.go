// Command tyg-cluster is the part of tyg that joins gateways over NATS: "tyg gateway" with a NATS
// server, and "tyg cluster". Users run tyg, which finds or builds this program and replaces itself
// by it, so that tyg does not contain the client of NATS.
package main

import (
	"context"
	"errors"
	"os"

	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/cmd/internal/clustercmd"
	"github.com/tyg-dev/tyg/cmd/internal/companion"
	"github.com/tyg-dev/tyg/cmd/internal/selfhost"
)

func main() { os.Exit(run(context.Background(), os.Args[1:], cli.NewEnv())) }

// run runs one command line and returns its exit status.
func run(ctx context.Context, args []string, e *cli.Env) int {
	return cli.Run(ctx, newRoot(e), args, e)
}

const rootHelp = `tyg-cluster is the part of tyg that joins gateways over NATS. Run its commands
through tyg.`

// newRoot returns the command tree. Its name is tyg, by which users call it.
func newRoot(e *cli.Env) *cobra.Command {
	root := cli.NewRoot("Join gateways over NATS", rootHelp, "  tyg gateway --nats nats://127.0.0.1")
	root.AddCommand(
		newGateway(e),
		clustercmd.New(e,
			func(ctx context.Context, o clustercmd.Options) error { return printStatus(ctx, e, o) },
			drain,
		),
	)
	root.PersistentPreRunE = func(*cobra.Command, []string) error {
		return companion.CheckVersion("tyg-cluster")
	}
	root.CompletionOptions.DisableDefaultCmd = true
	return root
}

// newGateway returns the command that "tyg gateway" replaces itself by. tyg has read the
// configuration.
func newGateway(e *cli.Env) *cobra.Command {
	return &cobra.Command{
		Use: "gateway", Short: "Serve the gateway that tyg hands over", Args: cli.ExactArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			text := e.Getenv(clustercmd.ConfigVariable)
			if text == "" {
				return errors.New("there is no configuration; run tyg gateway --nats URL")
			}
			if err := os.Unsetenv(clustercmd.ConfigVariable); err != nil { // functions need it not
				return err
			}
			cfg, err := selfhost.Decode(text)
			if err != nil {
				return err
			}
			g, err := selfhost.New(cmd.Context(), cfg.WithJoin(join), e.Stdout, e.Stderr)
			if err != nil {
				return cli.Interrupted(cmd.Context(), err)
			}
			return g.Run(cmd.Context())
		},
	}
}
