package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/cmd/internal/stagecmd"
	"github.com/tyg-dev/tyg/internal/deploy"
	"github.com/tyg-dev/tyg/internal/deploy/template"
	"github.com/tyg-dev/tyg/internal/deploy/template/cfn"
	"github.com/tyg-dev/tyg/internal/deploy/template/tf"
	"github.com/tyg-dev/tyg/internal/visible"
)

// A packaging runs package.
type packaging struct {
	*stageCommand
	options stagecmd.Package
}

// packaged is the result of package --json.
type packaged struct {
	Format   string `json:"format"`
	Template string `json:"template"` // path
	Zip      string `json:"zip"`      // path

	CodeKey string `json:"code_key,omitempty"` // of the zip in S3, with --code-parameters
}

func (p *packaging) run(ctx context.Context) error {
	c, err := project.ReadConfig(p.Dir)
	if err != nil {
		return err
	}
	p.warnUnused(c)
	o := template.Options{CodeParameters: p.options.CodeParameters}
	if p.options.Merge != "" {
		if o.Merge, err = os.ReadFile(p.options.Merge); err != nil {
			return fmt.Errorf("read template to merge: %w", err)
		}
	}
	app, err := p.application(ctx, c)
	if err != nil {
		return err
	}
	write := cfn.Template
	if p.options.Format == stagecmd.Terraform {
		write = tf.Config
	}
	text, err := write(app, o)
	if err != nil {
		return err
	}
	return p.write(text, app)
}

// write writes both files, the template last, so that it never exists without its code.
func (p *packaging) write(text []byte, app deploy.Application) error {
	dir := p.options.Out
	file := "template.json"
	if p.options.Format == stagecmd.Terraform {
		file = "main.tf.json"
	}
	done := packaged{
		Format:   p.options.Format,
		Template: filepath.Join(dir, file), Zip: filepath.Join(dir, template.Zip),
	}
	if p.options.CodeParameters {
		var err error
		if done.CodeKey, err = template.CodeKey(app); err != nil {
			return err
		}
	}
	if err := project.WriteFile(done.Zip, app.Functions[0].Bundle.Zip); err != nil {
		return fmt.Errorf("write code: %w", err)
	}
	if err := project.WriteFile(done.Template, text); err != nil {
		return fmt.Errorf("write template: %w", err)
	}
	if p.JSON {
		return cli.PrintJSON(p.e.Stdout, done)
	}
	lines := []string{done.Template, done.Zip}
	if done.CodeKey != "" {
		lines = append(lines, done.CodeKey)
	}
	_, err := fmt.Fprintln(p.e.Stdout, visible.Block(strings.Join(lines, "\n"), ""))
	return err
}
