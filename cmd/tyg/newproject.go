package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/cmd/internal/newproject"
	"github.com/tyg-dev/tyg/examples"
)

const newProjectHelp = `new-project creates a directory NAME with a program that builds and
whose test passes: main.go, main_test.go, go.mod, .gitignore, .tyg/config.json, and what else
the template needs. It writes either all files or none.

Templates:
  echo          sends every message back
  chat          chat rooms with nicknames
  echo-python   the echo as a function in Python, with a template of AWS SAM
  echo-node     the same in Node.js
  chat-node     one chat room in Node.js, with a table; it needs npm install

A tyg that was built from a checkout creates projects that use that checkout, with a replace
line in go.mod. If tyg cannot find the checkout, name it with --tyg-source or TYG_SOURCE.`

const newProjectExample = `  tyg new-project echo-server
  tyg new-project chat-server --template chat`

func newNewProject(e *cli.Env) *cobra.Command {
	var (
		p      newproject.Project
		dir    string
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:        "new-project NAME",
		SuggestFor: []string{"create", "init", "new", "project"},
		Short:      "Create a new project",
		Long:       newProjectHelp,
		Example:    newProjectExample,
		Args:       cli.ExactArgs("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !slices.Contains(templates(), p.Template) {
				return cli.Usagef(cmd, "there is no template %q; use %s", p.Template, templateList())
			}
			p.Name = args[0]
			if dir == "" {
				dir = e.Getenv("TYG_SOURCE")
			}
			if err := p.Make(cmd.Context(), dir); err != nil {
				return err
			}
			return printProject(p, e, asJSON)
		},
	}
	cmd.Flags().StringVarP(&p.Template, "template", "t", examples.Templates()[0],
		"start from this `TEMPLATE`: "+templateList())
	cmd.Flags().StringVar(&dir, "tyg-source", "", "use the checkout of tyg in `DIR` (TYG_SOURCE)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON object that lists the files")
	complete := cobra.FixedCompletions(templates(), cobra.ShellCompDirectiveNoFileComp)
	if err := cmd.RegisterFlagCompletionFunc("template", complete); err != nil {
		panic(err) // the flag is defined above
	}
	cmd.ValidArgsFunction = cobra.NoFileCompletions
	return cmd
}

// templates returns the names of all templates.
func templates() []string { return slices.Concat(examples.Templates(), examples.Functions()) }

func templateList() string {
	all := templates()
	return strings.Join(all[:len(all)-1], ", ") + " or " + all[len(all)-1]
}

func printProject(p newproject.Project, e *cli.Env, asJSON bool) error {
	if asJSON {
		return cli.PrintJSONLine(e.Stdout, p)
	}
	install := ""
	if slices.Contains(p.Files, "package.json") {
		install = "npm install && "
	}
	_, err := fmt.Fprintf(e.Stdout, "Your project has been generated in %s\n\n"+
		"  cd %s && %styg local\n  tyg connect\n", p.Directory, p.Name, install)
	return err
}
