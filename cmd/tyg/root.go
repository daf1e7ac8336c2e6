package main

import (
	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
)

const rootHelp = `tyg makes, runs and talks to WebSocket applications written in Go.

The same program runs on a laptop, on a cluster and behind Amazon API Gateway.

Results go to standard output, everything else to standard error. Flags win over the
environment (TYG_ADDR, TYG_STAGE, TYG_SOURCE, and all that the AWS SDKs know), which wins over
.tyg/config.json.

Exit status:
  0    all went well
  1    it failed
  2    the command line makes no sense; plan: something would change
  3    connect: the server closed the connection with a code other than 1000, 1001 or none
  130  interrupted by a signal
  local --in-process exits with the status of the program that it runs.`

const rootExample = `  tyg new-project echo-server
  cd echo-server
  tyg local
  tyg connect                # in another terminal
  tyg deploy                 # to AWS`

// newRoot returns the command tree. The arguments are those of the process.
func newRoot(e *cli.Env, args []string) *cobra.Command {
	root := cli.NewRoot("Make, run and talk to WebSocket applications", rootHelp, rootExample)
	cli.AddGroup(root, "Here:",
		newNewProject(e), newLocal(e), newConnect(e), newGateway(e), newConformance(e))
	cli.AddGroup(root, "On AWS:", newStageCommands(e, args)...)
	root.AddCommand(newVersion(e), newMan(e))
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		for _, shell := range cmd.Commands() { // of completion, which cobra has made
			shell.Args = cli.ExactArgs()
		}
	}
	return root
}
