//go:build unix

package cli_test

import (
	"context"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
)

// A terminal that is closed ends a command as Ctrl-C does, so that it can clean up.
func TestRunEndsTheCommandAtSignals(t *testing.T) {
	hangUps := make(chan os.Signal, 1) // under nohup, SIGHUP is ignored until there is a handler
	signal.Notify(hangUps, syscall.SIGHUP)
	defer signal.Stop(hangUps)
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		root := cli.NewRoot("", "", "")
		root.AddCommand(&cobra.Command{
			Use: "wait",
			RunE: func(cmd *cobra.Command, _ []string) error {
				if err := syscall.Kill(os.Getpid(), s); err != nil {
					return err
				}
				<-cmd.Context().Done()
				return cli.Interrupted(cmd.Context(), context.Canceled)
			},
		})
		var out strings.Builder
		e := &cli.Env{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out, Getenv: os.Getenv}
		if status := cli.Run(t.Context(), root, []string{"wait"}, e); status != cli.ExitInterrupted {
			t.Errorf("after %v the status is %d, output %q", s, status, out.String())
		}
	}
}
