package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/apigw"
	"github.com/tyg-dev/tyg/cmd/internal/bench"
	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/cmd/internal/connect"
	"github.com/tyg-dev/tyg/cmd/internal/terminal"
	"github.com/tyg-dev/tyg/internal/redact"
)

const benchHelp = `bench opens connections to a WebSocket server, sends messages at a rate, and
measures how long the answers take. Each message has a time at which it is due, whatever became of
the others, and its latency is counted from then: a server that stalls is charged for all messages
of that time.

A message has an id, by which its answer is found. If the server echoes, each answer is compared
with what was sent. With --message the id stands where {id} is, {conn} is the number of the
connection and {group} that of its group. With --groups each message must come to all connections of
the group of its sender, once; --first joins the groups.

Do not load a server that is not yours. Run bench on another machine than the server, or its own
work counts as the server's.

Exit status:
  0    the server did what it was expected to
  1    no connection, or connections were lost, or answers were wrong or did not come
  2    usage error
  130  interrupted by a signal; the result up to then is printed`

const benchExample = `  tyg bench ws://127.0.0.1:8000/api/
  tyg bench ws://127.0.0.1:8000/api/ --connections 1000 --rate 5000 --duration 30s --svg latency.svg
  tyg bench localhost:8000/api/ -g 10 --first 'user{conn}' --first '/join room{group}' -m 'hi {id}'
  tyg bench wss://example.com/ --message '{"action":"echo","id":"{id}"}' --json`

// benchFlags has the flags of bench.
type benchFlags struct {
	bench.Config
	headers  []string
	insecure bool
	svg      string
	json     bool
	quiet    bool
}

func newBench(e *cli.Env) *cobra.Command {
	b := &benchFlags{Config: bench.Config{
		Connections: 50, Rate: 1000, Duration: 10 * time.Second, Payload: 64, Timeout: 10 * time.Second,
		Settle: time.Second,
	}}
	cmd := &cobra.Command{
		Use:               "bench URL",
		SuggestFor:        []string{"benchmark", "load", "stress"},
		Short:             "Load a WebSocket server, and measure its answers",
		Long:              benchHelp,
		Example:           benchExample,
		Args:              cli.ExactArgs("URL"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			u, err := connect.ParseTarget(args[0])
			if err != nil {
				return cli.Usagef(cmd, "%w", err)
			}
			b.URL = u.String()
			if err := b.check(cmd); err != nil {
				return err
			}
			return b.run(cmd, e, redact.URL(u))
		},
	}
	b.addFlags(cmd)
	return cmd
}

func (b *benchFlags) addFlags(cmd *cobra.Command) {
	cli.AddInt(cmd, &b.Connections, cli.Range[int]{
		Name: "connections", Short: "c", Low: 1, High: 1_000_000, Usage: "open `N` connections",
	})
	cli.AddFloat(cmd, &b.Rate, cli.Range[float64]{
		Name: "rate", Short: "r", Low: 0.01, High: 10_000_000,
		Usage: "send `N` messages a second, all connections together",
	})
	cli.AddDuration(cmd, &b.Duration, cli.Range[time.Duration]{
		Name: "duration", Short: "d", Low: 10 * time.Millisecond, High: day,
		Usage: "send for this `TIME`",
	})
	cli.AddInt(cmd, &b.Payload, cli.Range[int]{
		Name: "payload", Short: "p", Low: 28, High: 16 << 20, Usage: "send messages of `N` bytes",
	})
	cli.AddInt(cmd, &b.Groups, cli.Range[int]{
		Name: "groups", Short: "g", Low: 0, High: 1_000_000,
		Usage: "the connections are in `N` groups, and each gets the messages of its own (default none)",
	})
	cli.AddDuration(cmd, &b.Timeout, cli.Range[time.Duration]{
		Name: "timeout", Low: time.Millisecond, High: day,
		Usage: "give up connecting, and waiting for the last answers, after this `TIME`",
	})
	cli.AddDuration(cmd, &b.Settle, cli.Range[time.Duration]{
		Name: "settle", Low: 0, High: day, Usage: "begin this `TIME` after the messages of --first",
	})
	f := cmd.Flags()
	f.StringVarP(&b.Message, "message", "m", "", "send `TEXT`, in which {id} is the id of the message")
	f.StringArrayVar(&b.First, "first", nil, "send `TEXT` on each connection before (repeatable)")
	f.StringArrayVarP(&b.headers, "header", "H", nil, "send the header `'Name: value'` (repeatable)")
	f.BoolVar(&b.Dial.Deflate, "compress", false, "offer permessage-deflate")
	f.BoolVar(&b.insecure, "insecure", false, "trust any TLS certificate")
	f.StringVar(&b.svg, "svg", "", "write the percentiles as a picture to `FILE`")
	f.BoolVar(&b.json, "json", false, "print the result as a JSON object")
	f.BoolVarP(&b.quiet, "quiet", "q", false, "print no progress")
}

func (b *benchFlags) check(cmd *cobra.Command) error {
	h, err := connect.ParseHeaders(b.headers)
	if err != nil {
		return cli.Usagef(cmd, "%w", err)
	}
	b.Dial.Header, b.Dial.TLS = h, &tls.Config{InsecureSkipVerify: b.insecure}
	b.Dial.MaxMessage, b.Dial.MaxFrame = maxMessage, apigw.MaxFrame
	switch {
	case b.Message != "" && !strings.Contains(b.Message, "{id}"):
		return cli.Usagef(cmd, "--message %q has no {id}, so its answers cannot be told apart", b.Message)
	case b.Message != "" && cmd.Flags().Changed("payload"):
		return cli.Usagef(cmd, "--message and --payload exclude each other")
	case b.Groups > b.Connections:
		return cli.Usagef(cmd, "--groups %d: there are only %d connections", b.Groups, b.Connections)
	}
	return nil
}

func (b *benchFlags) run(cmd *cobra.Command, e *cli.Env, target string) error {
	picture, err := b.createPicture()
	if err != nil {
		return err
	}
	defer picture.Close()
	_, isTerminal := terminal.Of(e.Stderr)
	if isTerminal && !b.quiet {
		b.Progress = func(p bench.Progress) { fmt.Fprintf(e.Stderr, "\r\x1b[K%s", progressText(p)) }
	}
	res, err := bench.Run(cmd.Context(), b.Config)
	if b.Progress != nil {
		fmt.Fprint(e.Stderr, "\r\x1b[K")
	}
	if err != nil {
		return cli.Interrupted(cmd.Context(), fmt.Errorf("bench %s: %w", target, err))
	}
	if err := b.print(e.Stdout, picture, res); err != nil {
		return err
	}
	if res.Interrupted {
		return cli.ErrInterrupted
	}
	return res.Verdict()
}

func progressText(p bench.Progress) string {
	if p.Sent == 0 {
		return fmt.Sprintf("connecting: %d", p.Connected)
	}
	return fmt.Sprintf("%v  sent %d  came back %d  p50 %v  p99 %v", p.Elapsed.Round(time.Second),
		p.Sent, p.Received, p.P50.Round(10*time.Microsecond), p.P99.Round(10*time.Microsecond))
}

// createPicture creates the file of the picture before the load begins, so that a wrong name costs
// no time. Without --svg it returns nil.
func (b *benchFlags) createPicture() (*os.File, error) {
	if b.svg == "" {
		return nil, nil
	}
	f, err := os.Create(b.svg)
	if err != nil {
		return nil, fmt.Errorf("write picture: %w", err)
	}
	return f, nil
}

func (b *benchFlags) print(out io.Writer, picture *os.File, res *bench.Result) (err error) {
	if b.json {
		err = cli.PrintJSONLine(out, res)
	} else {
		err = res.WriteText(out)
	}
	if picture == nil || err != nil {
		return err
	}
	return errors.Join(res.WriteSVG(picture), picture.Close())
}
