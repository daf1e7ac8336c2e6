package main

import (
	"flag"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/cmd/internal/reference"
	"github.com/tyg-dev/tyg/host"
)

//go:generate go run . config reference --output ../../docs/configuration.md
//go:generate go run . config schema --output ../../docs/configuration.schema.json

// configPage returns the page about configuration.
func configPage(root *cobra.Command) ([]byte, error) {
	return reference.Page(reference.Parts{
		Commands: commandsOf(root), Program: programOf(host.Flags()), Example: reference.Example,
	})
}

// commandsOf returns all commands below cmd, but help and completion.
func commandsOf(cmd *cobra.Command) (list []reference.Command) {
	for _, sub := range cmd.Commands() {
		if sub.Name() == "help" || sub.Name() == "completion" || !sub.IsAvailableCommand() {
			continue
		}
		c := reference.Command{Name: sub.CommandPath(), Short: sub.Short}
		sub.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if f.Name != "help" {
				c.Flags = append(c.Flags, flagOf(f))
			}
		})
		list = append(list, c)
		list = append(list, commandsOf(sub)...)
	}
	return list
}

func flagOf(f *pflag.Flag) reference.Flag {
	name, usage := pflag.UnquoteUsage(f)
	d := reference.Flag{
		Name: "--" + f.Name, Value: name, Says: usage, Default: f.DefValue,
		Variable: cli.VariableOf(f),
	}
	if f.Shorthand != "" {
		d.Name += ", -" + f.Shorthand
	}
	if bounded, ok := f.Value.(interface{ Bounds() string }); ok {
		d.Value += ": " + bounded.Bounds()
	}
	if slices.Contains([]string{"false", "[]", "0", "0s"}, d.Default) {
		d.Default = ""
	}
	return tidy(d)
}

// tidy moves a default at the end of a text to where it belongs, and leaves out the variable.
func tidy(d reference.Flag) reference.Flag {
	text, rest, ok := strings.Cut(strings.TrimSuffix(d.Says, ")"), " (")
	if !ok || !strings.HasSuffix(d.Says, ")") || strings.Contains(rest, "(") {
		return d
	}
	if d.Variable != "" {
		rest = strings.TrimPrefix(strings.TrimPrefix(rest, d.Variable), ", ")
	}
	standard, named := strings.CutPrefix(rest, "default ")
	switch {
	case rest == "":
		d.Says = text
	case d.Default == "" && (named || strings.Contains("0123456789", rest[:1])):
		d.Says, d.Default = text, standard
	}
	return d
}

// programOf returns the flags of programs.
func programOf(fs *flag.FlagSet) reference.Command {
	var c reference.Command
	fs.VisitAll(func(f *flag.Flag) {
		name, usage := flag.UnquoteUsage(f)
		d := reference.Flag{
			Name: "-" + f.Name, Value: name, Says: usage, Default: f.DefValue,
			Variable: "TYG_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_")),
		}
		if d.Default == "false" {
			d.Default = ""
		}
		c.Flags = append(c.Flags, tidy(d))
	})
	return c
}
