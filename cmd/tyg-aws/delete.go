package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/cmd/internal/stagecmd"
	"github.com/tyg-dev/tyg/cmd/internal/terminal"
	"github.com/tyg-dev/tyg/internal/deploy"
	"github.com/tyg-dev/tyg/internal/visible"
)

// A deletion runs delete.
type deletion struct {
	*stageCommand
	options stagecmd.Delete
}

// run deletes the stage. It warns of a configuration that cannot be read.
func (d *deletion) run(ctx context.Context) error {
	if err := d.checkProject(); err != nil {
		return err
	}
	c, err := project.ReadConfig(d.Dir)
	if err != nil {
		d.warn([]string{err.Error()})
	}
	worker, err := d.deployer(ctx, c)
	if err != nil {
		return err
	}
	state, err := worker.State(ctx)
	if err != nil {
		return err
	}
	app, err := d.declared(c, state)
	if err != nil {
		return err
	}
	release, err := worker.Lock(ctx)
	if err != nil {
		return err
	}
	defer d.warnError(release)
	deletion, err := worker.PlanDeletion(ctx, app, d.options.Tables)
	if err != nil {
		return cli.Interrupted(ctx, err)
	}
	if len(deletion.Steps) == 0 {
		return d.report(nil, deletion.State, worker.Cloud.Account)
	}
	if err := d.confirm(ctx, app, worker.Cloud.Account, deletion.Steps); err != nil {
		return err
	}
	if state, err = worker.Delete(ctx, deletion); err != nil {
		if cli.Interrupted(ctx, err) == cli.ErrInterrupted {
			fmt.Fprintln(d.e.Stderr, "tyg: interrupted; run tyg delete again to continue")
			return cli.ErrInterrupted
		}
		return err
	}
	return d.report(deletion.Steps, state, worker.Cloud.Account)
}

// confirm asks for confirmation.
func (d *deletion) confirm(
	ctx context.Context, app deploy.Application, at deploy.Account, steps []deploy.Step,
) error {
	if d.options.Yes {
		return nil
	}
	if _, ok := terminal.Of(d.e.Stdin); !ok {
		return errors.New("delete asks for confirmation, and there is no terminal; use --yes")
	}
	answers := &answers{d.e, bufio.NewReader(d.e.Stdin), "nothing was deleted"}
	err := answers.ask(ctx, fmt.Sprintf("Delete %s, stage %s, from account %s, region %s?",
		app.Name, app.Stage, at.ID, at.Region))
	for _, s := range steps {
		if err == nil && s.Type == deploy.TypeTable {
			err = answers.ask(ctx, fmt.Sprintf("Delete table %s and its data?", s.Name))
		}
	}
	return err
}

// report prints the tables that are left, and how to delete them.
func (d *deletion) report(done []deploy.Step, state deploy.State, at deploy.Account) error {
	if d.JSON {
		return d.reportJSON(done, state)
	}
	if len(done) == 0 && len(state.Resources) == 0 {
		fmt.Fprintf(d.e.Stderr, "tyg: stage %s is not deployed: account %s has nothing of it in region "+
			"%s\n", visible.Line(d.Stage), at.ID, at.Region)
	}
	tables := state.Of(deploy.TypeTable)
	if len(tables) > 0 {
		fmt.Fprintln(d.e.Stdout, "Tables that were kept, with their data:")
	}
	for _, t := range tables {
		how := "tyg delete --tables --stage " + d.Stage
		if t.Adopted {
			how = fmt.Sprintf("not created by tyg; aws dynamodb delete-table --table-name %s --region %s",
				t.TableName, at.Region)
		}
		fmt.Fprintf(d.e.Stdout, "  - %s (%s)\n", visible.Line(t.TableName), visible.Line(how))
	}
	return nil
}

func (d *deletion) reportJSON(done []deploy.Step, state deploy.State) error {
	left := []string{}
	for _, t := range state.Of(deploy.TypeTable) {
		left = append(left, t.TableName)
	}
	if done == nil {
		done = []deploy.Step{}
	}
	return cli.PrintJSON(d.e.Stdout, struct {
		Stage   string        `json:"stage"`
		Deleted []deploy.Step `json:"deleted"`
		Tables  []string      `json:"tables_left"`
	}{d.Stage, done, left})
}
