package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"regexp"
	"slices"
	"strconv"
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
	since, err := parseSince(l.options.Since, time.Now())
	if err != nil {
		return cli.Usagef(cmd, "--since %q: %w", l.options.Since, err)
	}
	if cmd.Flags().Changed("num-entries") && l.options.Newest < 1 {
		return cli.Usagef(cmd, "--num-entries must be at least 1")
	}
	state, err := l.state()
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
	d, err := l.deployer(cmd.Context(), c.Profile)
	if err != nil {
		return err
	}
	several := len(l.options.Functions) != 1 && len(known) > 1
	return l.print(cmd.Context(), d.Logs(cmd.Context(), deploy.LogsOptions{
		Functions: l.options.Functions, Since: since, Follow: l.options.Follow,
		Newest: l.options.Newest, Filter: l.options.Filter, LambdaMessages: l.options.LambdaMessages,
	}), several)
}

// print prints the events. With --follow, the end of ctx is no error.
func (l *logsRun) print(
	ctx context.Context, events iter.Seq2[deploy.LogEvent, error], several bool,
) error {
	v := newLogView(l.e, several)
	enc := json.NewEncoder(l.e.Stdout)
	enc.SetEscapeHTML(false)
	for event, err := range events {
		switch {
		case err != nil && ctx.Err() != nil && l.options.Follow:
			return nil
		case err != nil:
			return cli.Interrupted(ctx, err)
		case l.JSON:
			err = enc.Encode(event)
		default:
			err = v.print(event)
		}
		if err != nil {
			return fmt.Errorf("print log: %w", err)
		}
	}
	return nil
}

// parseSince parses a duration before now, or a time. Empty text is the zero time.
func parseSince(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if ago, ok := parseAgo(text); ok {
		return now.Add(-ago), nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	return time.Time{}, errors.New("use 90s, 10m, 2h, 3d, 1w, 2026-01-31 or 2026-01-31T12:00:00Z")
}

// parseAgo parses a number and a unit, up to a century.
func parseAgo(text string) (time.Duration, bool) {
	m := regexp.MustCompile(`^([0-9]{1,10})([smhdw])$`).FindStringSubmatch(text)
	if m == nil {
		return 0, false
	}
	n, err := strconv.ParseInt(m[1], 10, 64)
	unit := map[string]time.Duration{
		"s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour,
	}[m[2]]
	const century = 100 * 365 * 24 * time.Hour
	if err != nil || n > int64(century/unit) {
		return 0, false
	}
	return time.Duration(n) * unit, true
}
