package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/cmd/internal/selfhost"
)

const gatewayHelp = `gateway serves WebSockets as API Gateway does, on a server of your own. Each route
leads to a function, which is a program that speaks the Lambda Runtime API and runs in processes that
gateway starts; to a URL, to which events are POSTed; or to a function on AWS. In production it is what
"tyg local" is on a laptop, without building and watching.

It is told all by a configuration file; --print-config prints one with every key, and --check finds
what is wrong with yours without serving.

At SIGTERM or SIGINT it drains: /readyz says 503, clients get close code 1012, handlers may finish,
functions get SIGTERM. A second signal cuts off what is left.

Exit status:
  0  it has drained, or the configuration is fine
  1  it could not serve, or something was cut off
  2  the command line makes no sense`

const gatewayExample = `  tyg gateway --print-config > gateway.json
  tyg gateway --config gateway.json --check
  tyg gateway --config gateway.json`

func newGateway(e *cli.Env) *cobra.Command {
	var (
		file, addr   string
		drain        time.Duration
		check, print bool
	)
	cmd := &cobra.Command{
		Use:               "gateway",
		Short:             "Serve functions, URLs and AWS Lambda as API Gateway does",
		Long:              gatewayHelp,
		Example:           gatewayExample,
		Args:              cli.ExactArgs(),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if print {
				_, err := fmt.Fprint(e.Stdout, selfhost.Example)
				return err
			}
			cfg, err := selfhost.Read(file)
			if err != nil {
				return err
			}
			if addr != "" {
				cfg.Addr = addr
			}
			if cmd.Flags().Changed("drain") {
				cfg.Drain = selfhost.Duration(drain)
			}
			return runGateway(cmd.Context(), e, cfg, check)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&file, "config", "c", ".tyg/gateway.json", "read this `FILE`")
	f.StringVar(&addr, "addr", "", "listen on `HOST:PORT`, whatever the file says")
	f.DurationVar(&drain, "drain", 30*time.Second, "let handlers finish for so long at the end")
	f.BoolVar(&check, "check", false, "check the configuration and do not serve")
	f.BoolVar(&print, "print-config", false, "print a configuration with every key")
	return cmd
}

func runGateway(ctx context.Context, e *cli.Env, cfg selfhost.Config, check bool) error {
	g, err := selfhost.New(ctx, cfg, e.Stdout, e.Stderr)
	if err == nil && check {
		err = g.Check()
	}
	switch {
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		return cli.ErrInterrupted
	case err != nil:
		return err
	case check:
		_, err = fmt.Fprintln(e.Stdout, "the configuration is fine")
		return err
	}
	return g.Run(ctx)
}
