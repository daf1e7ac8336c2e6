package main

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/cmd/internal/stagecmd"
	"github.com/tyg-dev/tyg/cmd/internal/strict"
	"github.com/tyg-dev/tyg/internal/deploy"
)

// A logsRun runs logs.
type logsRun struct {
	*stageCommand
	options stagecmd.Logs
}

func (l *logsRun) run(cmd *cobra.Command) error {
	since, err := stagecmd.ParseSince(l.options.Since, time.Now())
	if err != nil {
		return cli.Usagef(cmd, "--since %q: %w", l.options.Since, err)
	}
	state, err := l.deployed(cmd.Context())
	if err != nil {
		return err
	}
	known := functionNames(state)
	for _, name := range l.options.Functions {
		if !slices.Contains(known, name) {
			return cli.Usagef(cmd, "there is no function %q%s; use one of %s",
				name, strict.DidYouMean(name, known), strings.Join(known, ", "))
		}
	}
	c, err := project.ReadConfig(l.Dir)
	if err != nil {
		return err
	}
	d, err := l.deployer(cmd.Context(), c)
	if err != nil {
		return err
	}
	app, err := l.declared(c, state)
	if err != nil {
		return err
	}
	several := len(l.options.Functions) != 1 && len(known) > 1
	return l.print(cmd.Context(), d.Logs(cmd.Context(), app, deploy.LogsOptions{
		Functions: l.options.Functions, Since: since, Follow: l.options.Follow,
		Newest: l.options.Newest, Filter: l.options.Filter, LambdaMessages: l.options.LambdaMessages,
	}), several)
}

// print prints the events. With --follow, the end of ctx is no error.
func (l *logsRun) print(
	ctx context.Context, events iter.Seq2[deploy.LogEvent, error], several bool,
) error {
	v := newLogView(l.e, several)
	for event, err := range events {
		switch {
		case err != nil && ctx.Err() != nil && l.options.Follow:
			return nil
		case err != nil:
			return cli.Interrupted(ctx, err)
		case l.JSON:
			err = cli.PrintJSONLine(l.e.Stdout, event)
		default:
			err = v.print(event)
		}
		if err != nil {
			return fmt.Errorf("print log: %w", err)
		}
	}
	return nil
}
