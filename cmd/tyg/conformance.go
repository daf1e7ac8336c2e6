package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/cmd/internal/probeserver"
	"github.com/tyg-dev/tyg/internal/conformance"
)

const conformanceHelp = `conformance checks that an endpoint behaves like Amazon API Gateway's
WebSocket APIs. The endpoint must run the program examples/probe, which does what its clients
tell it: do not expose it to the internet. With --self no endpoint is needed: tyg serves the
probe itself, with time limits that pass 600 times faster, and checks that.

Some cases need more than one deployment. Cases about missing routes run against --bare, the
probe with PROBE_VARIANT=bare in its environment. Cases about wrong signatures run if
AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN) are set; they sign the
calls. Cases about time limits take two hours, and run only with --slow, or if --time-scale says
that limits pass faster, as with examples/probe --time-scale 600.

Cases whose right answer is not documented are noted, not judged.

Exit status:
  0  every judged case has passed
  1  a case has failed, or there is no probe
  2  usage error`

const conformanceExample = `  tyg conformance --self
  tyg conformance --url ws://127.0.0.1:8000/api --time-scale 600
  tyg conformance --url wss://abc.execute-api.us-east-1.amazonaws.com/api --slow --format json
  tyg conformance --self --filter handshake/`

// A conformanceRun has the flags of conformance.
type conformanceRun struct {
	target   conformance.Target
	filter   string
	format   string
	self     bool
	insecure bool
	ca       string
}

func newConformance(e *cli.Env) *cobra.Command {
	c := &conformanceRun{target: conformance.Target{TimeScale: 1}}
	cmd := &cobra.Command{
		Use:               "conformance",
		SuggestFor:        []string{"check", "test", "verify"},
		Short:             "Check an endpoint against API Gateway's behaviour",
		Long:              conformanceHelp,
		Example:           conformanceExample,
		Args:              cli.ExactArgs(),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := c.check(cmd); err != nil {
				return err
			}
			return c.run(cmd.Context(), e)
		},
	}
	f := cmd.Flags()
	f.StringVar(&c.target.URL, "url", "", "check the WebSocket at this `URL`")
	f.StringVar(&c.target.Management, "management", "",
		"call @connections below this `URL` (default: --url, with https)")
	f.StringVar(&c.target.Bare, "bare", "", "the bare probe is at this `URL`")
	f.BoolVar(&c.self, "self", false, "serve the probe and check it")
	f.StringVar(&c.format, "format", "table", "print a `FORMAT`: table, json or markdown")
	f.StringVar(&c.filter, "filter", "", "run only cases whose names begin with `PREFIX`")
	cli.AddFloat(cmd, &c.target.TimeScale, cli.Range[float64]{
		Name: "time-scale", Low: cli.MinTimeScale, High: cli.MaxTimeScale,
		Usage: "time limits pass `N` times faster at the endpoint",
	})
	f.BoolVar(&c.target.Slow, "slow", false, "wait for time limits that do not pass faster (two "+
		"hours)")
	f.StringVar(&c.target.Region, "region", "us-east-1", "sign calls for this AWS `REGION`")
	f.StringVar(&c.ca, "ca", "", "trust only the TLS certificates in the PEM `FILE`")
	f.BoolVar(&c.insecure, "insecure", false, "trust any TLS certificate")
	return cmd
}

// check reports a usage error.
func (c *conformanceRun) check(cmd *cobra.Command) error {
	switch {
	case !slices.Contains([]string{"table", "json", "markdown"}, c.format):
		return cli.Usagef(cmd, "--format %q is not one of table, json, markdown", c.format)
	case c.self && (c.target.URL != "" || c.target.Bare != "" || cmd.Flags().Changed("time-scale")):
		return cli.Usagef(cmd, "--self serves the probe itself; leave out --url, --bare and --time-scale")
	case !c.self && c.target.URL == "":
		return cli.Usagef(cmd, "name an endpoint with --url, or use --self")
	}
	return nil
}

// run checks the endpoint and prints the report.
func (c *conformanceRun) run(ctx context.Context, e *cli.Env) error {
	c.target.Credentials = conformance.Credentials{
		AccessKeyID:     e.Getenv("AWS_ACCESS_KEY_ID"),
		SecretAccessKey: e.Getenv("AWS_SECRET_ACCESS_KEY"),
		SessionToken:    e.Getenv("AWS_SESSION_TOKEN"),
	}
	c.target.TLS = &tls.Config{InsecureSkipVerify: c.insecure}
	if c.ca != "" {
		var err error
		if c.target.TLS.RootCAs, err = readCertificates(c.ca); err != nil {
			return err
		}
	}
	if c.self {
		s, err := probeserver.Start(ctx, &c.target)
		if err != nil {
			return err
		}
		defer s.Stop()
	}
	report, err := conformance.Run(ctx, c.target, c.filter)
	if ctx.Err() != nil {
		return cli.ErrInterrupted
	}
	if err != nil {
		return err
	}
	return c.print(e.Stdout, report)
}

func (c *conformanceRun) print(w io.Writer, report *conformance.Report) error {
	report.Command = c.command()
	write := map[string]func(io.Writer) error{
		"table": report.WriteTable, "json": report.WriteJSON, "markdown": report.WriteMarkdown,
	}[c.format]
	if err := write(w); err != nil {
		return err
	}
	if !report.OK() {
		failed := report.Count(conformance.Failed)
		return fmt.Errorf("%d of %d judged cases failed", failed, failed+report.Count(conformance.Passed))
	}
	return nil
}

// command returns the command line that repeats the run.
func (c *conformanceRun) command() string {
	words := []string{"tyg conformance"}
	add := func(flag, value string) {
		if value != "" {
			words = append(words, flag, value)
		}
	}
	if c.self {
		words = append(words, "--self")
	} else {
		add("--url", c.target.URL)
		add("--bare", c.target.Bare)
	}
	add("--filter", c.filter)
	add("--format", c.format)
	return strings.Join(words, " ")
}
