// Package newproject makes projects from the templates of package examples.
package newproject

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tyg-dev/tyg/cmd/internal/buildinfo"
	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/examples"
	"github.com/tyg-dev/tyg/internal/scratch"
)

// A Project is what new-project makes. Name and Template come from the caller, the rest from Make.
type Project struct {
	Name      string   `json:"name"`
	Template  string   `json:"template"`
	Directory string   `json:"directory"`
	Files     []string `json:"files"` // paths below Directory, sorted
}

// Make writes the project into the current directory: everything or nothing. tygDir is a checkout
// of tyg to use, or empty.
func (p *Project) Make(ctx context.Context, tygDir string) error {
	if err := project.CheckName(p.Name); err != nil {
		return err
	}
	if _, err := os.Lstat(p.Name); !errors.Is(err, fs.ErrNotExist) {
		if err != nil {
			return fmt.Errorf("make project: %w", err)
		}
		return fmt.Errorf("%s already exists", p.Name)
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

// contents returns the files of the project, by path.
func (p *Project) contents(ctx context.Context, tygDir string) (map[string][]byte, error) {
	if slices.Contains(examples.Functions(), p.Template) {
		files, err := examples.FunctionFiles(p.Template, p.Name)
		if err == nil {
			files[".gitignore"] = []byte(".aws-sam/\n__pycache__/\nnode_modules/\n")
		}
		return files, err
	}
	files, err := examples.Project(p.Template, p.Name)
	if err != nil {
		return nil, err
	}
	for path := range files {
		if dir, _, ok := strings.Cut(path, "/"); ok && strings.EqualFold(dir, p.Name) {
			return nil, fmt.Errorf("%q cannot be the name of a project: the template has a "+
				"directory with this name, where go build would write the program; try %q",
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
	files[project.ConfigPath] = project.NewConfig(p.Template, p.Name)
	return files, nil
}

// writeDir writes files below a new directory dir, which exists only after success.
func writeDir(ctx context.Context, dir string, files map[string][]byte) (err error) {
	temp, err := scratch.New(filepath.Dir(dir), ".tyg-new-project-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, temp.Remove()) }()
	// A scratch folder is private; the subdirectory has the permissions of the umask.
	built := filepath.Join(temp.Path, filepath.Base(dir))
	for path, data := range files {
		if err := project.WriteFile(filepath.Join(built, filepath.FromSlash(path)), data); err != nil {
			return err
		}
	}
	if ctx.Err() != nil {
		return cli.ErrInterrupted
	}
	return os.Rename(built, dir)
}
