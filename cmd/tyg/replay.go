package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/apigw"
	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/cmd/internal/connect"
	"github.com/tyg-dev/tyg/cmd/internal/replay"
	"github.com/tyg-dev/tyg/internal/visible"
)

const replayHelp = `replay plays a recording of "tyg record" against a server: it opens the
connections that were open, sends what their clients sent, and compares what each of them gets
with what it got then. FILE may be - for standard input.

A message is sent when those that came before it in the recording have come again, and not before
its time. --pace 10 is ten times as fast, and --pace 0 does not wait for the time.

Ids and times differ by nature. Ids of connections and events, UUIDs, ULIDs and long hexadecimal
numbers must correspond one to one; times since 1970 and dates may be any. Ids that the server
made are replaced in what clients send. --ignore names keys of JSON objects whose values may
differ. JSON is compared by its content. Messages to one connection may come in another order,
unless --order is given.

What the recording has as [redacted] equals anything. --secret token=abc is sent in its place.

Exit status:
  0    all answers are as recorded
  1    the recording cannot be played
  2    usage error
  5    answers differ
  130  interrupted by a signal`

const replayExample = `  tyg replay session.jsonl --url ws://127.0.0.1:8000/api/
  tyg replay session.jsonl --url wss://staging.example.com/api/ --pace 0 --json
  tyg replay session.jsonl --url ws://127.0.0.1:8000/api/ --secret token=abc --ignore took_ms`

// A replayRun has the flags of replay.
type replayRun struct {
	replay.Config
	url      string
	headers  []string
	secrets  []string
	insecure bool
	ca       string
	json     bool
}

func newReplay(e *cli.Env) *cobra.Command {
	r := replayRun{Config: replay.Config{
		Pace: 1, Timeout: 5 * time.Second, Settle: 200 * time.Millisecond,
	}}
	cmd := &cobra.Command{
		Use:        "replay FILE --url URL",
		SuggestFor: []string{"play"},
		Short:      "Play a recording against a server, and compare the answers",
		Long:       replayHelp,
		Example:    replayExample,
		Args:       cli.ExactArgs("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := r.check(cmd); err != nil {
				return err
			}
			return r.run(cmd.Context(), e, args[0])
		},
	}
	r.flags(cmd)
	return cmd
}

func (r *replayRun) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&r.url, "url", "", "play against the WebSocket at this `URL`")
	cli.AddFloat(cmd, &r.Pace, cli.Range[float64]{
		Name: "pace", Low: 0, High: 1e6, Usage: "play `N` times as fast as recorded; 0 does not wait",
	})
	cli.AddDuration(cmd, &r.Timeout, cli.Range[time.Duration]{
		Name: "timeout", Low: time.Millisecond, High: day, Usage: "wait for an answer for this `TIME`",
	})
	cli.AddDuration(cmd, &r.Settle, cli.Range[time.Duration]{
		Name: "wait", Low: 0, High: day, Usage: "at the end, wait for answers too many for this `TIME`",
	})
	f.StringArrayVar(&r.Ignore, "ignore", nil, "let the values of the JSON key `NAME` differ")
	f.BoolVar(&r.Order, "order", false, "report messages that come in another order")
	f.StringArrayVar(&r.secrets, "secret", nil,
		"send VALUE in place of a redacted value, as `NAME=VALUE`")
	f.StringArrayVarP(&r.headers, "header", "H", nil,
		"send the header `'Name: value'` with each handshake")
	f.BoolVar(&r.insecure, "insecure", false, "trust any TLS certificate")
	f.StringVar(&r.ca, "ca", "", "trust only the TLS certificates in the PEM `FILE`")
	f.BoolVar(&r.json, "json", false, "print the result as a JSON object")
}

// check completes the configuration, or reports a usage error.
func (r *replayRun) check(cmd *cobra.Command) (err error) {
	if r.url == "" {
		return cli.Usagef(cmd, "name the server with --url, such as --url %s", connect.DefaultURL)
	}
	if r.URL, err = connect.ParseTarget(r.url); err != nil {
		return cli.Usagef(cmd, "--url: %w", err)
	}
	if r.Options.Header, err = connect.ParseHeaders(r.headers); err != nil {
		return cli.Usagef(cmd, "%w", err)
	}
	for _, name := range r.Ignore {
		if name == "" || strings.ContainsFunc(name, unicode.IsControl) {
			return cli.Usagef(cmd, "--ignore %q is not the name of a key", name)
		}
	}
	r.Secrets = make(map[string]string)
	for _, pair := range r.secrets {
		name, value, ok := strings.Cut(pair, "=")
		if !ok || name == "" {
			return cli.Usagef(cmd, "--secret %q: write it as NAME=VALUE", pair)
		}
		r.Secrets[name] = value
	}
	r.Options.MaxMessage, r.Options.MaxFrame = maxMessage, apigw.MaxFrame
	r.Options.TLS = &tls.Config{InsecureSkipVerify: r.insecure}
	if r.ca != "" {
		r.Options.TLS.RootCAs, err = readCertificates(r.ca)
	}
	return err
}

// run plays the recording and prints the result.
func (r *replayRun) run(ctx context.Context, e *cli.Env, file string) error {
	in := io.Reader(e.Stdin)
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return fmt.Errorf("replay: %w", err)
		}
		defer f.Close()
		in = f
	}
	report, err := replay.Run(ctx, in, r.Config)
	if err != nil {
		if errors.Is(err, context.Canceled) {
			return cli.Interrupted(ctx, err)
		}
		return fmt.Errorf("replay %s: %w", file, err)
	}
	write := report.Write
	if r.json {
		write = report.WriteJSON
	} else {
		for _, note := range report.Notes {
			fmt.Fprintf(e.Stderr, "tyg: %s\n", visible.Line(note))
		}
	}
	if err := write(e.Stdout); err != nil {
		return err
	}
	if len(report.Differences) > 0 {
		return &cli.StatusError{Status: cli.ExitAnswersDiffer}
	}
	return nil
}
