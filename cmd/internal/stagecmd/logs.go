package stagecmd

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
)

const logsHelp = `logs prints the logs of the functions of a stage on AWS, oldest line first:
the time in UTC, the function if there are several, a few letters that identify the Lambda
process, and the message.

--since takes a duration, such as 90s, 10m, 2h, 3d or 1w, or a time, such as
2026-01-31T12:00:00Z or 2026-01-31. --filter takes a filter pattern of CloudWatch Logs: words
that must all occur, "several words", ?one ?or ?another, or -word, which must not occur.

With --json each message is one JSON object in a line.

Exit status:
  0    all messages were printed; with --follow, it was interrupted
  1    the log cannot be read
  2    usage error
  130  interrupted by a signal`

const logsExample = `  tyg logs
  tyg logs --follow
  tyg logs --name websocket_message --since 2h --filter '?ERROR ?panic'
  tyg logs --num-entries 20 --stage prod`

// Logs has the flags of "tyg logs".
type Logs struct {
	Flags
	Functions      []string // by logical name; none: all
	Since          string   // a duration or a time; empty: the default
	Follow         bool
	Newest         int // the last messages only; 0: all
	Filter         string
	LambdaMessages bool
}

// NewLogs returns the command "tyg logs", which calls run.
func NewLogs(run func(*cobra.Command, Logs) error) *cobra.Command {
	var l Logs
	cmd := &cobra.Command{
		Use:        "logs",
		SuggestFor: []string{"log", "tail"},
		Short:      "Print the logs of functions on AWS",
		Long:       logsHelp,
		Example:    logsExample,
		Args:       cli.ExactArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if _, err := ParseSince(l.Since, time.Now()); err != nil {
				return cli.Usagef(cmd, "--since %q: %w", l.Since, err)
			}
			return run(cmd, l)
		},
	}
	l.add(cmd)
	f := cmd.Flags()
	f.StringArrayVarP(&l.Functions, "name", "n", nil,
		"only the function `NAME`, such as websocket_message (repeatable)")
	f.StringVarP(&l.Since, "since", "s", "",
		"start at this `TIME` (default: the beginning; with --follow: 10m)")
	f.BoolVarP(&l.Follow, "follow", "f", false, "wait for more messages until interrupted")
	cli.AddInt(cmd, &l.Newest, cli.Range[int]{
		Name: "num-entries", Low: 1, High: 1_000_000, Usage: "only the last `N` messages",
	})
	f.StringVar(&l.Filter, "filter", "", "only messages that match the `PATTERN`")
	f.BoolVar(&l.LambdaMessages, "include-lambda-messages", false,
		"include Lambda's own report of each invocation")
	l.completeFunctions(cmd, "name")
	return cmd
}
