package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
)

func newMan(e *cli.Env) *cobra.Command {
	return &cobra.Command{
		Use:        "man",
		SuggestFor: []string{"doc", "docs", "manual"},
		Short:      "Print the manual page",
		Long:       "man prints the manual page of tyg and all its commands, in the format of man(1).",
		Example:    "  tyg man > ~/.local/share/man/man1/tyg.1\n  tyg man | man -l -",
		Args:       cli.ExactArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprint(e.Stdout, manual(cmd.Root()))
			return err
		},
	}
}

// manual returns the manual page of a command and its subcommands, with the man macros of roff.
func manual(root *cobra.Command) string {
	var b strings.Builder
	fmt.Fprintf(&b, ".TH %s 1\n", strings.ToUpper(root.Name()))
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n", root.Name(), roff(root.Short))
	fmt.Fprintf(&b, ".SH SYNOPSIS\n.B %s\n.I COMMAND\n", root.Name())
	fmt.Fprintf(&b, ".SH DESCRIPTION\n%s", literal(root.Long))
	b.WriteString(".SH COMMANDS\n")
	for _, cmd := range root.Commands() {
		if cmd.IsAvailableCommand() && cmd.Name() != "help" {
			describe(&b, cmd)
		}
		if cmd.Name() != "config" {
			continue
		}
		for _, sub := range cmd.Commands() {
			describe(&b, sub)
		}
	}
	fmt.Fprintf(&b, ".SH EXAMPLES\n%s", literal(root.Example))
	return b.String()
}

// describe writes the section of one command.
func describe(b *strings.Builder, cmd *cobra.Command) {
	fmt.Fprintf(b, ".SS %s\n", roff(cmd.UseLine()))
	b.WriteString(literal(cmd.Long))
	b.WriteString(literal(cmd.NonInheritedFlags().FlagUsages()))
	if cmd.Example != "" {
		fmt.Fprintf(b, ".PP\nExamples:\n%s", literal(cmd.Example))
	}
}

// literal keeps the lines of text as they are.
func literal(text string) string {
	if text == "" {
		return ""
	}
	return ".PP\n.nf\n" + roff(strings.TrimSuffix(text, "\n")) + "\n.fi\n"
}

// roff escapes backslashes, hyphens, and characters at the beginning of a line that begin a
// request.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(text)
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
			lines[i] = `\&` + line
		}
	}
	return strings.Join(lines, "\n")
}
