package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/internal/deploy"
)

const deleteHelp = `delete takes a stage off AWS: all that .tyg/deployed/STAGE.json knows. It needs that
file and nothing else of the project; what is gone already is fine.

Tables and what is in them stay, unless --tables is given; those that were there before the first deploy
stay in any case.

delete asks before it begins, and again for tables. Where there is no terminal to ask on, it needs
--yes.

Exit status:
  0    it is gone
  1    it failed, or the answer was no; run it again to go on
  2    the command line makes no sense
  130  interrupted by a signal; run it again to go on`

const deleteExample = `  tyg delete
  tyg delete --stage prod --tables --yes`

// A deletion is one call of delete.
type deletion struct {
	*remote
	tables bool
	yes    bool
}

func newDelete(e *cli.Env) *cobra.Command {
	d := &deletion{remote: newRemote(e)}
	cmd := &cobra.Command{
		Use:     "delete",
		Short:   "Take a stage off AWS",
		Long:    deleteHelp,
		Example: deleteExample,
		Args:    cli.ExactArgs(),
		RunE:    func(cmd *cobra.Command, _ []string) error { return d.run(cmd.Context()) },
	}
	d.flags(cmd)
	cmd.Flags().BoolVar(&d.tables, "tables", false, "delete the tables, too, with all that is in them")
	cmd.Flags().BoolVarP(&d.yes, "yes", "y", false, "do not ask")
	return cmd
}

// run deletes the stage. What is wrong with the configuration is no obstacle.
func (d *deletion) run(ctx context.Context) error {
	state, err := deploy.ReadState(d.stateFile())
	if err != nil {
		return err
	}
	steps := deploy.DeletionSteps(state, d.tables)
	if len(steps) == 0 {
		return d.report(nil, state)
	}
	c, err := project.ReadConfig(d.dir)
	if err != nil {
		d.warn([]string{err.Error()})
	}
	worker, err := d.deployer(ctx, c.Profile)
	if err != nil {
		return err
	}
	app := deploy.Application{Name: cmp.Or(appName(state, d.stage), c.AppName), Stage: d.stage}
	if err := d.confirm(ctx, app, worker.Cloud.Account, steps); err != nil {
		return err
	}
	if _, err := worker.Delete(ctx, app, d.tables); err != nil {
		if cli.Interrupted(ctx, err) == cli.ErrInterrupted {
			fmt.Fprintln(d.e.Stderr, "tyg: interrupted; tyg delete goes on from here")
			return cli.ErrInterrupted
		}
		return err
	}
	if state, err = worker.State(); err != nil {
		return err
	}
	return d.report(steps, state)
}

// confirm asks whether it is meant.
func (d *deletion) confirm(
	ctx context.Context, app deploy.Application, at deploy.Account, steps []deploy.Step,
) error {
	if d.yes {
		return nil
	}
	if _, ok := terminalOf(d.e.Stdin); !ok {
		return errors.New("delete asks first, and there is no terminal to ask on; say --yes")
	}
	answers := bufio.NewReader(d.e.Stdin)
	err := d.ask(ctx, answers, fmt.Sprintf("Delete %s, stage %s, from account %s, region %s?",
		app.Name, app.Stage, at.ID, at.Region))
	for _, s := range steps {
		if err == nil && s.Type == deploy.TypeTable {
			err = d.ask(ctx, answers, fmt.Sprintf("Delete table %s and all that is in it?", s.Name))
		}
	}
	return err
}

// ask waits for an answer, or for the context.
func (d *deletion) ask(ctx context.Context, answers *bufio.Reader, question string) error {
	fmt.Fprintf(d.e.Stderr, "%s [y/N] ", question)
	answered := make(chan string, 1)
	go func() { // ends with a line or the process: nothing else ends a read from a terminal
		line, _ := answers.ReadString('\n') // an error is no answer
		answered <- line
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(d.e.Stderr)
		return cli.ErrInterrupted
	case line := <-answered:
		if slices.Contains([]string{"y", "yes"}, strings.ToLower(strings.TrimSpace(line))) {
			return nil
		}
		return errors.New("nothing was deleted")
	}
}

// report prints what is left, and how to get rid of it.
func (d *deletion) report(done []deploy.Step, state deploy.State) error {
	if d.asJSON {
		return d.reportJSON(done, state)
	}
	if len(done) == 0 && len(state.Resources) == 0 {
		fmt.Fprintf(d.e.Stderr, "tyg: stage %s is not deployed\n", d.stage)
	}
	tables := state.Of(deploy.TypeTable)
	if len(tables) > 0 {
		fmt.Fprintln(d.e.Stdout, "Tables that stay, with all that is in them:")
	}
	for _, t := range tables {
		how := "tyg delete --tables --stage " + d.stage
		if t.Adopted {
			how = fmt.Sprintf("it was there before; aws dynamodb delete-table --table-name %s --region %s",
				t.TableName, state.Region)
		}
		fmt.Fprintf(d.e.Stdout, "  - %s (%s)\n", t.TableName, how)
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
	}{d.stage, done, left})
}
