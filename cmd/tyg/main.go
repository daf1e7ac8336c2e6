// Command tyg creates, runs and talks to WebSocket applications written with package tyg.
//
// Run "tyg help" for its verbs.
package main

import (
	"context"
	"os"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
)

func main() { os.Exit(run(context.Background(), os.Args[1:], cli.NewEnv())) }

// run runs one command line and returns its exit status.
func run(ctx context.Context, args []string, e *cli.Env) int {
	return cli.Run(ctx, newRoot(e, args), args, e)
}
