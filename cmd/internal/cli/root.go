package cli

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/buildinfo"
	"github.com/tyg-dev/tyg/cmd/internal/strict"
)

// NewRoot returns the root command of a program, without verbs.
func NewRoot(short, long, example string) *cobra.Command {
	root := &cobra.Command{
		Use:           "tyg",
		Short:         short,
		Long:          long,
		Example:       example,
		Version:       buildinfo.Read().String(),
		Args:          cobra.ArbitraryArgs,
		RunE:          runRoot,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetFlagErrorFunc(flagFailure)
	root.SetHelpCommand(newHelp())
	return root
}

// AddGroup adds verbs that stand together in the help.
func AddGroup(root *cobra.Command, title string, verbs ...*cobra.Command) {
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
		Args:  ExactArgs("[COMMAND]"),
		RunE: func(cmd *cobra.Command, args []string) error {
			about, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return noCommand(cmd, cmd.Root(), args[0])
			}
			return about.Help()
		},
	}
}

// runRoot prints the help, or reports a verb that does not exist.
func runRoot(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return cmd.Help()
	}
	return noCommand(cmd, cmd, args[0])
}

// noCommand reports a command that root does not have. It proposes one that has the name in its
// SuggestFor, or else the nearest.
func noCommand(cmd, root *cobra.Command, name string) error {
	var names []string
	for _, c := range root.Commands() {
		if slices.Contains(c.SuggestFor, strings.ToLower(name)) {
			return Usagef(cmd, "there is no command %q; did you mean %q?", name, c.Name())
		}
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	return Usagef(cmd, "there is no command %q%s", name, strict.DidYouMean(name, names))
}
