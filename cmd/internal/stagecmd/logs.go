package stagecmd

import (
	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
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
		Use:     "logs",
		Short:   "Print what functions on AWS have logged",
		Long:    logsHelp,
		Example: logsExample,
		Args:    cli.ExactArgs(),
		RunE:    func(cmd *cobra.Command, _ []string) error { return run(cmd, l) },
	}
	l.add(cmd)
	f := cmd.Flags()
	f.StringArrayVarP(&l.Functions, "name", "n", nil,
		"only the function `NAME`, such as websocket_message (repeatable)")
	f.StringVarP(&l.Since, "since", "s", "",
		"from this `TIME` on (default the beginning; with --follow, 10m)")
	f.BoolVarP(&l.Follow, "follow", "f", false, "wait for more, until interrupted")
	f.IntVar(&l.Newest, "num-entries", 0, "only the last `N` messages")
	f.StringVar(&l.Filter, "filter", "", "only messages that match the `PATTERN`")
	f.BoolVar(&l.LambdaMessages, "include-lambda-messages", false,
		"also what Lambda itself reports of each invocation")
	l.completeFunctions(cmd, "name")
	return cmd
}
