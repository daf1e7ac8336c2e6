package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/cmd/internal/terminal"
	"github.com/tyg-dev/tyg/internal/deploy"
	"github.com/tyg-dev/tyg/internal/visible"
)

// A moving runs rollback and promote.
type moving struct {
	*stageCommand
	yes bool // do not ask
}

// rollback makes an older release live.
func (m *moving) rollback(ctx context.Context, to int) error {
	return m.run(ctx, "rollback", func(f found) (deploy.Move, error) {
		return f.deployer.PlanRollback(ctx, f.app, to)
	})
}

// promote gives the canary all events.
func (m *moving) promote(ctx context.Context) error {
	return m.run(ctx, "promote", func(f found) (deploy.Move, error) {
		return f.deployer.PlanPromotion(ctx, f.app)
	})
}

func (m *moving) run(
	ctx context.Context, verb string, plan func(found) (deploy.Move, error),
) error {
	f, err := m.findStage(ctx)
	if err != nil {
		return err
	}
	release, err := f.deployer.Lock(ctx)
	if err != nil {
		return cli.Interrupted(ctx, err)
	}
	defer m.warnError(release)
	move, err := plan(f)
	if err != nil {
		return cli.Interrupted(ctx, err)
	}
	if len(move.Steps) == 0 {
		return m.report(move)
	}
	if err := m.confirm(ctx, verb, f.app, move); err != nil {
		return err
	}
	for _, s := range move.Steps {
		m.progress("Moving " + s.Name + ": " + s.Changes[0].From + " -> " + s.Changes[0].To)
	}
	if err := f.deployer.Move(ctx, move); err != nil {
		if cli.Interrupted(ctx, err) == cli.ErrInterrupted {
			fmt.Fprintf(m.e.Stderr, "tyg: interrupted; run tyg %s again to continue\n", verb)
			return cli.ErrInterrupted
		}
		return err
	}
	return m.report(move)
}

// confirm asks for confirmation.
func (m *moving) confirm(
	ctx context.Context, verb string, app deploy.Application, move deploy.Move,
) error {
	if m.yes {
		return nil
	}
	if _, ok := terminal.Of(m.e.Stdin); !ok {
		return errors.New(verb + " asks for confirmation, and there is no terminal; use --yes")
	}
	a := &answers{m.e, bufio.NewReader(m.e.Stdin), "nothing was changed"}
	return a.ask(ctx, fmt.Sprintf("Make release %d of %s live, stage %s, in place of %s?",
		move.To.Number, app.Name, app.Stage, inPlaceOf(move)))
}

// inPlaceOf says what a move ends.
func inPlaceOf(move deploy.Move) string {
	switch {
	case move.Canary != 0 && move.From.Number == move.To.Number:
		return fmt.Sprintf("the canary, release %d", move.Canary)
	case move.From.Number == 0:
		return "what is live"
	case move.From.Number == move.To.Number:
		return "what is left of the release before"
	}
	return fmt.Sprintf("release %d", move.From.Number)
}

// report says what is live now.
func (m *moving) report(move deploy.Move) error {
	if m.JSON {
		steps := move.Steps
		if steps == nil {
			steps = []deploy.Step{}
		}
		return cli.PrintJSON(m.e.Stdout, struct {
			Stage string        `json:"stage"`
			From  int           `json:"from"` // 0: none
			To    releaseJSON   `json:"to"`
			Steps []deploy.Step `json:"steps"`
		}{m.Stage, move.From.Number, newReleaseJSON(move.To), steps})
	}
	text := fmt.Sprintf("Release %d is live", move.To.Number)
	if len(move.Steps) == 0 {
		text += " already: nothing was changed"
	}
	if move.To.Commit != "" {
		text += fmt.Sprintf(" (commit %s)", visible.Line(move.To.Commit))
	}
	_, err := fmt.Fprintln(m.e.Stdout, text+".")
	if err == nil && (move.To.Number < move.From.Number || move.Canary != 0) {
		_, err = fmt.Fprintln(m.e.Stdout, "Routes, triggers, roles and tables are as they were. "+
			"The next tyg deploy makes live what the project has.")
	}
	return err
}
