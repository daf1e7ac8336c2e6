package main

import (
	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
)

const rootHelp = `tyg creates, runs and talks to WebSocket applications written in Go.

The same program runs on a laptop, on a server and behind Amazon API Gateway.

Results go to standard output, everything else to standard error. Flags override the environment
(TYG_ADDR, TYG_STAGE, TYG_SOURCE, and the variables of the AWS SDKs), which overrides
.tyg/config.json.

The commands on AWS are run by the program tyg-aws, which is beside tyg or is built once by Go.

Exit status:
  0    success
  1    failure
  2    usage error; plan: something would change
  3    connect: the server closed the connection with a code other than 1000, 1001 or none
  4    connect: no answer came to piped input
  130  interrupted by a signal
  local --in-process exits with the status of the program.`

const rootExample = `  tyg new-project echo-server
  cd echo-server
  tyg local
  tyg connect                # in another terminal
  tyg deploy                 # to AWS`

// newRoot returns the command tree. The arguments are those of the process.
func newRoot(e *cli.Env, args []string) *cobra.Command {
	root := cli.NewRoot("Create, run and talk to WebSocket applications", rootHelp, rootExample)
	cli.AddGroup(root, "On this machine:",
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
