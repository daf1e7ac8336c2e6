package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/cmd/internal/stagecmd"
	"github.com/tyg-dev/tyg/cmd/internal/terminal"
	"github.com/tyg-dev/tyg/cmd/tyg-aws/internal/chalice"
	"github.com/tyg-dev/tyg/internal/deploy"
	"github.com/tyg-dev/tyg/internal/visible"
)

// An importing runs import.
type importing struct {
	*stageCommand
	options stagecmd.Import
}

func (i *importing) run(ctx context.Context) error {
	old, err := chalice.Read(i.Dir)
	if err != nil {
		return err
	}
	deployed, err := old.ReadDeployed(i.Stage)
	if err != nil {
		return err
	}
	c, err := project.ParseConfig(old.Config)
	if err != nil {
		return err
	}
	cloud, err := i.cloud(ctx, c)
	if err != nil {
		return err
	}
	claims, err := cloud.Claims(ctx, deploy.Application{Name: old.Name, Stage: i.Stage})
	if err == nil {
		claims, err = chalice.Choose(claims, old.Name, i.Stage, deployed)
	}
	if err != nil {
		return cli.Interrupted(ctx, err)
	}
	written := i.configIsMissing()
	if err := i.show(old, deployed, claims, written); err != nil || i.options.DryRun {
		return err
	}
	if len(claims) > 0 {
		if err := i.confirm(ctx, cloud.Account, len(claims)); err != nil {
			return err
		}
	}
	if written {
		if err := project.WriteFile(i.configFile(), old.Config); err != nil {
			return fmt.Errorf("write configuration: %w", err)
		}
	}
	if err := cloud.Take(ctx, claims, i.progress); err != nil {
		return cli.Interrupted(ctx, err)
	}
	if !i.JSON {
		fmt.Fprintf(i.e.Stdout, "Write the program in Go, and run tyg plan --stage %[1]s and "+
			"tyg deploy --stage %[1]s.\nDo not run chalice deploy or chalice delete for this stage.\n",
			visible.Line(i.Stage))
	}
	return nil
}

func (i *importing) configFile() string {
	return filepath.Join(i.Dir, filepath.FromSlash(project.ConfigPath))
}

func (i *importing) configIsMissing() bool {
	_, err := os.Stat(i.configFile())
	return errors.Is(err, os.ErrNotExist)
}

// show prints what is taken over, what of the configuration has no counterpart, and what stays.
func (i *importing) show(
	p *chalice.Project, d chalice.Deployed, claims []deploy.Claim, writes bool,
) error {
	if i.JSON {
		return cli.PrintJSON(i.e.Stdout, struct {
			App     string         `json:"app_name"`
			Stage   string         `json:"stage"`
			Writes  bool           `json:"writes_config"`
			Dropped []string       `json:"dropped_keys"`
			Take    []deploy.Claim `json:"take"`
			Stay    []string       `json:"stay"`
		}{
			p.Name, i.Stage, writes, append([]string{}, p.Dropped...),
			append([]deploy.Claim{}, claims...), append([]string{}, d.Other...),
		})
	}
	out := i.e.Stdout
	if writes {
		fmt.Fprintf(out, "%s will be written from %s.\n", project.ConfigPath, chalice.Path)
		if len(p.Dropped) > 0 {
			fmt.Fprintf(out, "Keys without a counterpart: %s.\n",
				visible.Line(strings.Join(p.Dropped, ", ")))
		}
	} else {
		fmt.Fprintf(out, "%s exists, and stays as it is.\n", project.ConfigPath)
	}
	if len(claims) == 0 {
		fmt.Fprintf(out, "There is nothing of Chalice's on AWS for stage %s.\n", visible.Line(i.Stage))
	}
	for _, c := range claims {
		name := c.Name
		if c.ID != "" && c.Type == deploy.TypeAPI {
			name += " (" + c.ID + ")"
		}
		fmt.Fprintf(out, "  take over %s %s\n", c.Type, visible.Line(name))
	}
	for _, name := range d.Other {
		fmt.Fprintf(out, "  stays Chalice's: %s\n", visible.Line(name))
	}
	return nil
}

// confirm asks for confirmation.
func (i *importing) confirm(ctx context.Context, at deploy.Account, n int) error {
	if i.options.Yes {
		return nil
	}
	if _, ok := terminal.Of(i.e.Stdin); !ok {
		return errors.New("import asks for confirmation, and there is no terminal; use --yes")
	}
	a := &answers{i.e, bufio.NewReader(i.e.Stdin), "nothing was taken over"}
	return a.ask(ctx, fmt.Sprintf("Take over %d resources of account %s, region %s?", n, at.ID,
		at.Region))
}
