package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/cmd/internal/selfhost"
	"github.com/tyg-dev/tyg/internal/profileflag"
)

const gatewayHelp = `gateway serves WebSockets as API Gateway does, on your own server. Each
route leads to a function, to a URL to which events are POSTed, or to a function on AWS. A
function is a program that speaks the Lambda Runtime API; gateway runs it in processes. In
production, gateway is what "tyg local" is on a laptop, without building and watching.

A file configures it: --print-config prints an example with every key, and --check validates
yours without serving. Its paths are relative to its directory, or to that of the project if the
file is in .tyg. Each limit is a key, a flag and an environment variable (--limit-idle is
TYG_LIMIT_IDLE); a flag goes before a variable, and a variable before the file.

At SIGTERM or SIGINT it drains: /readyz answers 503, clients get close code 1012, handlers may
finish, functions get SIGTERM. A second signal ends it at once.

Exit status:
  0  it has drained, or the configuration is valid
  1  it could not serve, or handlers were cut off
  2  usage error`

const gatewayExample = `  tyg gateway --print-config > gateway.json
  tyg gateway --config gateway.json --check
  tyg gateway --config gateway.json`

func newGateway(e *cli.Env) *cobra.Command {
	var (
		file, addr   string
		drain        = 30 * time.Second
		check, print bool
		profile      profileflag.Flags
	)
	limits := flag.NewFlagSet("gateway", flag.ContinueOnError)
	profile.Add(limits)
	invalid := profileflag.FromEnv(limits, e.Getenv) // flags, which are parsed later, go before
	cmd := &cobra.Command{
		Use:               "gateway",
		SuggestFor:        []string{"host", "server"},
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
			if invalid != nil {
				return invalid
			}
			addr, err := cli.Addr(cmd, addr, e.Getenv, "")
			if err != nil {
				return err
			}
			cfg, err := selfhost.Read(file, &profile)
			if err != nil {
				return mentionTemplate(".", err)
			}
			cfg.Addr = cmp.Or(addr, cfg.Addr)
			if text := e.Getenv("TYG_DRAIN"); text != "" && !cmd.Flags().Changed("drain") {
				if err := cmd.Flags().Set("drain", text); err != nil {
					return fmt.Errorf("environment variable TYG_DRAIN: %w", err)
				}
			}
			if cmd.Flags().Changed("drain") {
				cfg.Drain = selfhost.Duration(drain)
			}
			return runGateway(cmd.Context(), e, cfg, check)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&file, "config", "c", ".tyg/gateway.json", "read the configuration in `FILE`")
	f.StringVar(&addr, "addr", "", "listen on `HOST:PORT`, overriding the file")
	cli.AddDuration(cmd, &drain, cli.Range[time.Duration]{
		Name: "drain", Low: 0, High: day, Usage: "let handlers finish for this `TIME` when it ends",
	})
	f.BoolVar(&check, "check", false, "validate the configuration without serving")
	f.BoolVar(&print, "print-config", false,
		"print a valid example with every key but those of secrets")
	f.AddGoFlagSet(limits)
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
		_, err = fmt.Fprintln(e.Stdout, "the configuration is valid")
		return err
	}
	return g.Run(ctx)
}
