package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/cmd/internal/mention"
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
  2    usage error
  3    connect: the server closed the connection with a code other than 1000, 1001 or none
  4    connect: no answer came to piped input or -x
  5    replay: answers differ from those of the recording
  6    bill: a quota is exceeded
  7    plan: something would change
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
		newNewProject(e), newLocal(e), newConnect(e), newGateway(e), newConfig(e),
		newConformance(e), newBench(e), newDoctor(e), newRecord(e), newReplay(e),
		newBill(e))
	cli.AddGroup(root, "Many machines:", newCluster(e, args))
	cli.AddGroup(root, "On AWS:", newStageCommands(e, args)...)
	root.AddCommand(newVersion(e), newMan(e))
	mention.InErrors(root)
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		if cmd.Name() == "completion" {
			checkShells(cmd)
		}
	}
	return root
}

// checkShells makes the completion command, which cobra has made, refuse other shells.
func checkShells(completion *cobra.Command) {
	var shells []string
	for _, shell := range completion.Commands() {
		shell.Args = cli.ExactArgs()
		shells = append(shells, shell.Name())
	}
	list := strings.Join(shells, ", ")
	completion.Args = cobra.ArbitraryArgs
	completion.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return cli.Usagef(cmd, "argument SHELL is missing; use one of %s", list)
		}
		return cli.Usagef(cmd, "there is no completion for %q; use one of %s", args[0], list)
	}
}
