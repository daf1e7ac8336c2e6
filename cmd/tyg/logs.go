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
	"github.com/tyg-dev/tyg/cmd/internal/strict"
	"github.com/tyg-dev/tyg/internal/deploy"
)

const logsHelp = `logs prints what the functions of a stage on AWS have logged, the oldest line first:
the time in UTC, the function if there are several, a few letters that stand for the process that
Lambda ran, and the message. Functions that have not logged anything print nothing.

--since takes a time that has passed, such as 90s, 10m, 2h, 3d or 1w, or a moment, such as
2026-01-31T12:00:00Z or 2026-01-31. A filter is a pattern of CloudWatch Logs: words that must all be
there, "several words", or ?one ?or ?another; -word must not be there.

With --json each message is one JSON object in a line.

Exit status:
  0    all was printed; with --follow, it was interrupted
  1    the log cannot be read
  2    the command line makes no sense
  130  interrupted by a signal`

const logsExample = `  tyg logs
  tyg logs --follow
  tyg logs --name websocket_message --since 2h --filter '?ERROR ?panic'
  tyg logs --num-entries 20 --stage prod`

// A logsRun is one call of logs.
type logsRun struct {
	*remote
	options deploy.LogsOptions
	since   string
}

func newLogs(e *cli.Env) *cobra.Command {
	l := &logsRun{remote: newRemote(e)}
	cmd := &cobra.Command{
		Use:     "logs",
		Short:   "Print what functions on AWS have logged",
		Long:    logsHelp,
		Example: logsExample,
		Args:    cli.ExactArgs(),
		RunE:    l.run,
	}
	l.flags(cmd)
	f := cmd.Flags()
	f.StringArrayVarP(&l.options.Functions, "name", "n", nil,
		"only the function `NAME`, such as websocket_message (repeatable)")
	f.StringVarP(&l.since, "since", "s", "",
		"from this `TIME` on (default the beginning; with --follow, 10m)")
	f.BoolVarP(&l.options.Follow, "follow", "f", false, "wait for more, until interrupted")
	f.IntVar(&l.options.Newest, "num-entries", 0, "only the last `N` messages")
	f.StringVar(&l.options.Filter, "filter", "", "only messages that match the `PATTERN`")
	f.BoolVar(&l.options.LambdaMessages, "include-lambda-messages", false,
		"also what Lambda itself reports of each invocation")
	err := cmd.RegisterFlagCompletionFunc("name",
		func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			state, _ := deploy.ReadState(l.stateFile()) // without one there are no names
			return functionNames(state), cobra.ShellCompDirectiveNoFileComp
		})
	if err != nil {
		panic(err) // the flag is defined above
	}
	return cmd
}

func (l *logsRun) run(cmd *cobra.Command, _ []string) error {
	var err error
	if l.options.Since, err = parseSince(l.since, time.Now()); err != nil {
		return cli.Usagef(cmd, "--since %q: %w", l.since, err)
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
			return cli.Usagef(cmd, "there is no function %q%s; there is %s",
				name, strict.DidYouMean(name, known), strings.Join(known, ", "))
		}
	}
	c, err := project.ReadConfig(l.dir)
	if err != nil {
		return err
	}
	d, err := l.deployer(cmd.Context(), c.Profile)
	if err != nil {
		return err
	}
	several := len(l.options.Functions) != 1 && len(known) > 1
	return l.print(cmd.Context(), d.Logs(cmd.Context(), l.options), several)
}

// print prints the events. With --follow, the end of ctx is the way to leave.
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
		case l.asJSON:
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

// parseSince reads a time that has passed or a moment. No text is the zero time.
func parseSince(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if passed, ok := parsePassed(text); ok {
		return now.Add(-passed), nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	return time.Time{}, errors.New("say 90s, 10m, 2h, 3d, 1w, 2026-01-31 or 2026-01-31T12:00:00Z")
}

// parsePassed reads a number and a unit. What is longer than a century is none.
func parsePassed(text string) (time.Duration, bool) {
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
