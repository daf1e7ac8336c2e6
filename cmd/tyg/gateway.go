package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/cmd/internal/clustercmd"
	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/cmd/internal/selfhost"
	"github.com/tyg-dev/tyg/cmd/internal/value"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/profileflag"
	"github.com/tyg-dev/tyg/internal/redact"
	"github.com/tyg-dev/tyg/internal/visible"
)

const gatewayHelp = `gateway serves WebSockets as API Gateway does, on your own server. Each
route leads to a function, to a URL to which events are POSTed, or to a function on AWS. A
function is a program that speaks the Lambda Runtime API; gateway runs it in processes. In
production, gateway is what "tyg local" is on a laptop, without building and watching.

The configuration is .tyg/config.json of the project, in the language that "tyg local" and "tyg
deploy" read, or another file: --print-config prints an example with every key, and --check
validates yours without serving. Its paths are relative to the project, or to the directory of a
file that is in no .tyg. A flag goes before its environment variable (--limit-idle is
TYG_LIMIT_IDLE), and a variable before the file. "tyg config show" prints what is in force.

With --nats URL all gateways at that NATS server are one: each reaches every connection and every
group, and functions share their values. With --nats embedded and --cluster node1,node2,node3 the
gateways are the servers of NATS, too: one, three or five fixed nodes, which need TLS
(--cluster-cert, --cluster-cert-key, --cluster-ca) and a password (TYG_NATS_CLUSTER_PASSWORD)
unless all are on this machine. The program tyg-cluster does that; Go builds it once if it is not
beside tyg.

With --disconnects at-least-once no disconnect is lost when a gateway is killed: the other nodes
of its cluster tell of it, or without a cluster the gateway itself at its next start, from
--disconnects-file.

At SIGTERM or SIGINT it drains: /readyz answers 503 while clients are still accepted for
--drain-delay, clients get close code 1012 one after the other over --drain-window (up to 100 at
once), handlers may finish, functions get SIGTERM. A second signal ends it at once.

Exit status:
  0  it has drained, or the configuration is valid
  1  it could not serve, or handlers were cut off
  2  usage error`

const gatewayExample = `  tyg gateway --print-config > gateway.json
  tyg gateway --config gateway.json --check
  tyg gateway --stage prod`

// A gatewayRun has the flags of gateway.
type gatewayRun struct {
	file, dir, stage string
	addr, cert, key  string
	admin, nats      string
	origins, hosts   []string
	drain            drainFlags
	cluster          clusterFlags
	check, print     bool
	profile          profileflag.Flags
}

// newGateway returns "tyg gateway". One that joins others is run by tyg-cluster, which has the
// client of NATS.
func newGateway(e *cli.Env) *cobra.Command {
	var g gatewayRun
	limits := flag.NewFlagSet("gateway", flag.ContinueOnError)
	g.profile.Add(limits)
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
			if g.print {
				_, err := fmt.Fprint(e.Stdout, selfhost.Example)
				return err
			}
			if invalid != nil {
				return invalid
			}
			cfg, err := g.read(cmd, e)
			if err != nil {
				return err
			}
			for _, note := range cfg.Notes {
				fmt.Fprintf(e.Stderr, "tyg: %s\n", visible.Line(note))
			}
			if cfg.Joins() && !g.check {
				return joinGateways(cmd.Context(), e, cfg)
			}
			return runGateway(cmd.Context(), e, cfg, g.check)
		},
	}
	g.flags(cmd)
	cmd.Flags().AddGoFlagSet(limits)
	cli.NameVariables(cmd, "addr", "origin", "host", "cert", "key", "admin-addr", "nats", "drain",
		"drain-delay", "drain-window")
	limits.VisitAll(func(f *flag.Flag) { cli.NameVariables(cmd, f.Name) })
	return cmd
}

func (g *gatewayRun) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVarP(&g.file, "config", "c", "",
		"read the configuration in `FILE` (default "+project.ConfigPath+")")
	f.StringVar(&g.dir, "project-dir", ".", "use the project in `DIR`")
	f.StringVar(&g.stage, "stage", "dev", "use this `STAGE` of the configuration")
	cli.MustComplete(cmd, "stage", func() []string { return project.Stages(g.dir) })
	f.StringVar(&g.addr, "addr", "", "listen on `HOST:PORT` (default "+selfhost.DefaultAddr+")")
	f.StringSliceVar(&g.origins, "origin", nil,
		"let web pages of these `ORIGINS` connect, beside those of the same host")
	f.StringSliceVar(&g.hosts, "host", nil, "let clients call it by these `NAMES` only")
	f.StringVar(&g.cert, "cert", "", "serve wss with the certificate of this PEM `FILE`")
	f.StringVar(&g.key, "key", "", "the key of --cert, a PEM `FILE`")
	f.StringVar(&g.admin, "admin-addr", "",
		"serve health and metrics on `HOST:PORT` (default 127.0.0.1:9090)")
	f.StringVar(&g.nats, "nats", "",
		"join the gateways at the NATS server with this `URL`, and give it to functions; or embedded, "+
			"see --cluster")
	g.cluster.add(cmd)
	g.drain.add(cmd)
	f.BoolVar(&g.check, "check", false, "validate the configuration without serving")
	f.BoolVar(&g.print, "print-config", false,
		"print a valid example with every key but those of secrets")
}

// read reads the configuration, over which it lays flags and variables.
func (g *gatewayRun) read(cmd *cobra.Command, e *cli.Env) (selfhost.Config, error) {
	over, err := g.override(cmd, e.Getenv)
	if err != nil {
		return selfhost.Config{}, err
	}
	return selfhost.Read(selfhost.Source{
		File: g.file, Dir: g.dir, Stage: g.stage, StageSet: cmd.Flags().Changed("stage"),
		Flags: &g.profile, Override: over,
	})
}

// override returns what flags and variables say.
func (g *gatewayRun) override(
	cmd *cobra.Command, getenv func(string) string,
) (over project.StageConfig, err error) {
	if err := value.Stage(g.stage); err != nil {
		return over, cli.Usagef(cmd, "--stage %q: %w", g.stage, err)
	}
	if over.APIGatewayStage, err = stageVariable(cmd, getenv); err != nil {
		return over, err
	}
	if over.Addr, err = cli.Addr(cmd, g.addr, getenv, ""); err != nil {
		return over, err
	}
	if err := cli.FromEnv(cmd, getenv, "origin", "host", "cert", "key", "admin-addr",
		"nats"); err != nil {
		return over, err
	}
	over.Origins, over.Hosts, over.NATS = g.origins, g.hosts, g.nats
	over.Region = cmp.Or(getenv("AWS_REGION"), getenv("AWS_DEFAULT_REGION"))
	if err := gateway.CheckOrigins(g.origins); err != nil {
		return over, cli.Usagef(cmd, "--origin: %w", err)
	}
	if err := gateway.CheckHosts(g.hosts); err != nil {
		return over, cli.Usagef(cmd, "--host: %w", err)
	}
	if err := checkNATS(cmd, g.nats); err != nil {
		return over, err
	}
	if over.Admin.Addr = g.admin; g.admin != "" {
		if err := value.Addr(g.admin); err != nil {
			return over, cli.Usagef(cmd, "--admin-addr %q: %w", g.admin, err)
		}
	}
	if err := g.cluster.apply(cmd, getenv, &over); err != nil {
		return over, err
	}
	if err := g.drain.apply(cmd, getenv, &over); err != nil {
		return over, err
	}
	if over.TLS, err = flagCertificate(cmd, g.cert, g.key); err != nil {
		return over, err
	}
	return over, nil
}

// checkNATS checks the flag --nats.
func checkNATS(cmd *cobra.Command, text string) error {
	if err := project.CheckNATS(text); err != nil {
		return cli.Usagef(cmd, "--nats %q: %w", redact.Text(text), err)
	}
	return nil
}

// flagCertificate returns the certificate of flags, whose paths are relative to the current
// directory.
func flagCertificate(cmd *cobra.Command, cert, key string) (*project.TLS, error) {
	switch {
	case cert == "" && key == "":
		return nil, nil
	case key == "":
		return nil, cli.Usagef(cmd, "--cert %q: name its key with --key", cert)
	case cert == "":
		return nil, cli.Usagef(cmd, "--key %q: name its certificate with --cert", key)
	}
	for _, name := range []*string{&cert, &key} {
		abs, err := filepath.Abs(*name)
		if err != nil {
			return nil, fmt.Errorf("find certificate: %w", err)
		}
		*name = abs
	}
	return &project.TLS{CertFile: cert, KeyFile: key}, nil
}

// stageVariable returns API Gateway's name of the stage in TYG_STAGE, unless a flag chooses a stage
// of the configuration.
func stageVariable(cmd *cobra.Command, getenv func(string) string) (string, error) {
	stage := getenv("TYG_STAGE")
	if stage == "" || cmd.Flags().Changed("stage") {
		return "", nil
	}
	if err := value.Stage(stage); err != nil {
		return "", fmt.Errorf("environment variable TYG_STAGE: %q: %w", stage, err)
	}
	return stage, nil
}

// drainFlags are the times of the end of a gateway.
type drainFlags struct{ drain, delay, window time.Duration }

func (d *drainFlags) add(cmd *cobra.Command) {
	d.drain = 30 * time.Second
	cli.AddDuration(cmd, &d.drain, cli.Range[time.Duration]{
		Name: "drain", Low: 0, High: day, Usage: "let handlers finish for this `TIME` when it ends",
	})
	cli.AddDuration(cmd, &d.delay, cli.Range[time.Duration]{
		Name: "drain-delay", Low: 0, High: day,
		Usage: "accept clients for this `TIME` more when it ends (default none)",
	})
	cli.AddDuration(cmd, &d.window, cli.Range[time.Duration]{
		Name: "drain-window", Low: -time.Second, High: day, Usage: "close clients over this `TIME` " +
			"(default by their number; -1s: at once)",
	})
}

// apply sets in over what flags and variables say.
func (d *drainFlags) apply(
	cmd *cobra.Command, getenv func(string) string, over *project.StageConfig,
) error {
	if err := cli.FromEnv(cmd, getenv, "drain", "drain-delay", "drain-window"); err != nil {
		return err
	}
	for _, f := range []struct {
		flag string
		from time.Duration
		to   **value.Duration
	}{
		{"drain", d.drain, &over.Drain},
		{"drain-delay", d.delay, &over.DrainDelay},
		{"drain-window", d.window, &over.DrainWindow},
	} {
		if cmd.Flags().Changed(f.flag) {
			time := value.Duration(f.from)
			*f.to = &time
		}
	}
	return nil
}

// joinGateways has tyg-cluster run the gateway, with what flags and variables have made of the
// configuration.
func joinGateways(ctx context.Context, e *cli.Env, cfg selfhost.Config) error {
	text, err := cfg.Encode()
	if err != nil {
		return err
	}
	if err := os.Setenv(clustercmd.ConfigVariable, text); err != nil {
		return fmt.Errorf("hand over the configuration: %w", err)
	}
	return runCompanion(ctx, e, "tyg-cluster", []string{"gateway"})
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
