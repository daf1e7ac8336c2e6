package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/buildinfo"
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

		SuggestionsMinimumDistance: 2,
	}
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return Usagef(cmd, "%w", err)
	})
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
				return Usagef(cmd, "there is no command %q", args[0])
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
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		return Usagef(cmd, "there is no command %q; did you mean %s?",
			args[0], strings.Join(near, " or "))
	}
	return Usagef(cmd, "there is no command %q", args[0])
}
