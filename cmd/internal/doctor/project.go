package doctor

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/cmd/internal/selfhost"
	"github.com/tyg-dev/tyg/cmd/internal/template"
)

// configuration reads that of the project.
func (d *Doctor) configuration(context.Context) Finding {
	name := filepath.FromSlash(project.ConfigPath)
	if d.lacks(name) {
		if d.lacks("go.mod") {
			return ok("no project is here: neither %s nor go.mod; tyg new-project makes one", name)
		}
		return ok("there is no %s, so all has its default", name)
	}
	c, err := project.ReadConfig(d.Dir)
	if err != nil {
		return fail("correct the file; docs/configuration.md lists its keys", "%v", err)
	}
	return ok("%s of %q is valid", name, c.AppName)
}

// gatewayConfiguration reads that of tyg gateway.
func (d *Doctor) gatewayConfiguration(context.Context) Finding {
	name := filepath.Join(".tyg", "gateway.json")
	if d.lacks(name) {
		return ok("there is no %s; only tyg gateway needs one", name)
	}
	source := selfhost.Source{File: filepath.Join(d.Dir, name), Dir: d.Dir}
	if _, err := selfhost.Read(source); err != nil {
		return fail("correct the file; tyg gateway --print-config prints an example with every key",
			"%v", err)
	}
	return ok("%s is valid", name)
}

// template looks for the template of another tool.
func (d *Doctor) template(context.Context) Finding {
	path := template.Find(d.Dir, "")
	if path == "" {
		return ok("no template of SAM, CloudFormation, the CDK or Serverless is here")
	}
	name := filepath.Base(path)
	if _, err := template.Read(path, template.Options{Getenv: d.Getenv, Dir: d.Dir}); err != nil {
		return warn("tyg local --template "+name+" says more", "%s cannot be read: %v", name, err)
	}
	return ok("tyg local --template %s runs its functions", name)
}

func (d *Doctor) lacks(name string) bool {
	_, err := os.Stat(filepath.Join(d.Dir, name))
	return errors.Is(err, fs.ErrNotExist)
}
