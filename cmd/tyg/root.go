package main

import (
	"strings"

	"github.com/spf13/cobra"
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

// newRoot returns the command tree.
func newRoot(e *env) *cobra.Command {
	root := &cobra.Command{
		Use:           "tyg",
		Short:         "Make, run and talk to WebSocket applications",
		Long:          rootHelp,
		Example:       rootExample,
		Version:       versionOf(buildInfo()).String(),
		Args:          cobra.ArbitraryArgs,
		RunE:          runRoot,
		SilenceErrors: true,
		SilenceUsage:  true,

		SuggestionsMinimumDistance: 2,
	}
	root.SetIn(e.stdin)
	root.SetOut(e.stdout)
	root.SetErr(e.stderr)
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return usagef(cmd, "%w", err) })
	addGroup(root, "Here:", newNewProject(e), newLocal(e), newConnect(e), newGateway(e), newConformance(e))
	addGroup(root, "On AWS:", newDeploy(e), newPlan(e), newURL(e), newLogs(e), newInvoke(e), newDelete(e),
		newPackage(e), newGenPolicy(e))
	root.AddCommand(newVersion(e), newMan(e))
	root.SetHelpCommand(newHelp())
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		for _, shell := range cmd.Commands() { // of completion, which cobra has made
			shell.Args = takes()
		}
	}
	return root
}

// addGroup adds verbs that stand together in the help.
func addGroup(root *cobra.Command, title string, verbs ...*cobra.Command) {
	root.AddGroup(&cobra.Group{ID: title, Title: title})
	for _, cmd := range verbs {
		cmd.GroupID = title
		root.AddCommand(cmd)
	}
}

func newHelp() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Print the help of a command",
		Args:  takes("[COMMAND]"),
		RunE: func(cmd *cobra.Command, args []string) error {
			about, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return usagef(cmd, "there is no command %q", args[0])
			}
			return about.Help()
		},
	}
}

// runRoot answers a command line without a verb, or with one that does not exist.
func runRoot(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return cmd.Help()
	}
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		return usagef(cmd, "there is no command %q; did you mean %s?",
			args[0], strings.Join(near, " or "))
	}
	return usagef(cmd, "there is no command %q", args[0])
}
