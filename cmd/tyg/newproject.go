package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/buildinfo"
	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/examples"
)

const newProjectHelp = `new-project makes a directory NAME with a program that builds, and whose
test passes, at once: main.go, main_test.go, go.mod, .gitignore, .tyg/config.json, and what
the template needs besides. It writes everything or nothing.

Templates:
  echo   sends every message back
  chat   chat rooms with nicknames

A tyg that was built from a checkout makes projects that use that checkout, by a replace line
in go.mod. Where tyg cannot find it, name it with --tyg-source or TYG_SOURCE.`

const newProjectExample = `  tyg new-project echo-server
  tyg new-project chat-server --template chat`

// A project is what new-project makes.
type project struct {
	Name      string   `json:"name"`
	Template  string   `json:"template"`
	Directory string   `json:"directory"`
	Files     []string `json:"files"` // paths below Directory, sorted
}

func newNewProject(e *cli.Env) *cobra.Command {
	var (
		p      project
		dir    string
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:     "new-project NAME",
		Short:   "Make a new project",
		Long:    newProjectHelp,
		Example: newProjectExample,
		Args:    cli.ExactArgs("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !slices.Contains(examples.Templates(), p.Template) {
				return cli.Usagef(cmd, "there is no template %q; use %s",
					p.Template, strings.Join(examples.Templates(), " or "))
			}
			p.Name = args[0]
			if dir == "" {
				dir = e.Getenv("TYG_SOURCE")
			}
			if err := p.make(cmd.Context(), dir); err != nil {
				return err
			}
			return p.print(e, asJSON)
		},
	}
	cmd.Flags().StringVarP(&p.Template, "template", "t", examples.Templates()[0],
		"start from this `TEMPLATE`, "+strings.Join(examples.Templates(), " or "))
	cmd.Flags().StringVar(&dir, "tyg-source", "", "use the checkout of tyg in `DIR` (TYG_SOURCE)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON object that lists the files")
	complete := cobra.FixedCompletions(examples.Templates(), cobra.ShellCompDirectiveNoFileComp)
	if err := cmd.RegisterFlagCompletionFunc("template", complete); err != nil {
		panic(err) // the flag is defined above
	}
	cmd.ValidArgsFunction = cobra.NoFileCompletions
	return cmd
}

// make writes the project into the current directory.
func (p *project) make(ctx context.Context, tygDir string) error {
	if err := checkName(p.Name); err != nil {
		return err
	}
	if _, err := os.Lstat(p.Name); !errors.Is(err, fs.ErrNotExist) {
		if err != nil {
			return fmt.Errorf("make project: %w", err)
		}
		return fmt.Errorf("%s exists already", p.Name)
	}
	files, err := p.contents(ctx, tygDir)
	if err != nil {
		return err
	}
	if err := writeDir(ctx, p.Name, files); err != nil {
		return fmt.Errorf("make project: %w", err)
	}
	p.Directory = "./" + p.Name
	p.Files = slices.Sorted(maps.Keys(files))
	return nil
}

// contents returns the files of the project by path.
func (p *project) contents(ctx context.Context, tygDir string) (map[string][]byte, error) {
	files, err := examples.Project(p.Template, p.Name)
	if err != nil {
		return nil, err
	}
	for path := range files {
		if dir, _, ok := strings.Cut(path, "/"); ok && strings.EqualFold(dir, p.Name) {
			return nil, fmt.Errorf("%q cannot be the name of a project: the template has a "+
				"directory of this name, where go build would write the program; try %q",
				p.Name, p.Name+"-app")
		}
	}
	from, err := findSource(ctx, tygDir, buildinfo.Read(), buildinfo.Checkout())
	if err != nil {
		return nil, err
	}
	files["go.mod"] = from.goMod(files["go.mod"])
	if files["go.sum"] = from.goSum(files["go.sum"]); len(files["go.sum"]) == 0 {
		delete(files, "go.sum")
	}
	files[".gitignore"] = []byte("/" + p.Name + "\n/" + p.Name + ".exe\n.tyg/deployments/\n")
	files[configPath] = newConfig(p.Template, p.Name)
	return files, nil
}

func (p *project) print(e *cli.Env, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(e.Stdout).Encode(p)
	}
	_, err := fmt.Fprintf(e.Stdout, "Your project has been generated in %s\n\n"+
		"  cd %s && tyg local\n  tyg connect\n", p.Directory, p.Name)
	return err
}

// writeDir writes files below a new directory dir. On failure there is no dir.
func writeDir(ctx context.Context, dir string, files map[string][]byte) (err error) {
	temp, err := os.MkdirTemp(filepath.Dir(dir), ".tyg-new-project-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()
	// MkdirTemp makes private directories; this one has the permissions that the user wants.
	built := filepath.Join(temp, filepath.Base(dir))
	for path, data := range files {
		if err := writeFile(filepath.Join(built, filepath.FromSlash(path)), data); err != nil {
			return err
		}
	}
	if ctx.Err() != nil {
		return cli.ErrInterrupted
	}
	return os.Rename(built, dir)
}

func writeFile(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o666)
}
