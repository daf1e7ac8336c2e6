package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/cmd/internal/local"
	"github.com/tyg-dev/tyg/cmd/internal/mention"
	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/cmd/internal/template"
	"github.com/tyg-dev/tyg/cmd/internal/value"
)

const localHelp = `local runs the project in the current directory as API Gateway and Lambda
would, until it is interrupted. A gateway in tyg holds the sockets. tyg builds the program and
runs it in a process of its own, which gets one event at a time. When the source changes, tyg
builds it again; a new process takes over, events under way finish, and the sockets stay open. If
a build fails, its errors are printed and the previous build keeps running.

AWS runs a process for each event of the moment, and ends processes when it likes. --processes 10
does the first here, and --cold both: a program that passes with them keeps nothing in memory
that its handlers share. Groups, tyg.Value and tyg.State are held by the gateway and are there
for every process, also after a reload.

The environment of the functions directs @connections calls to the gateway. Functions can be
invoked as on Lambda: aws lambda invoke --endpoint-url http://127.0.0.1:8000. A program that
opens a store with rooms/storage gets the DynamoDB table that TABLE names, or the NATS server of
TYG_NATS_URL. With neither, tyg runs a NATS server for programs that import its client.

If .tyg/config.json has routes, tyg runs the functions that they name, in any language, in place
of a Go program. In a directory with neither that file nor a Go program of tyg, tyg runs the SAM,
CloudFormation, CDK or Serverless template, or the Chalice project, that it finds; --template names
one. Functions in Go and TypeScript are built. Tables of a template are made in memory, or where
--dynamodb-endpoint says.

The stage, the first part of the path of the URL, is that of .tyg/config.json; TYG_STAGE
overrides it unless --stage is set. Variables of the environment override those of the
configuration.

The inspector is a page that shows connections, messages and what each of them caused; tyg prints
its address with a token, and only this machine reaches it. --record writes the session to a file
for "tyg replay".

With --in-process there are no functions: the program holds the sockets itself, with TYG_ADDR
and TYG_STAGE in its environment. A change of the source restarts it, which closes the sockets.
The first interrupt is passed on to the program, and tyg exits with its status.

Arguments after -- are passed to the program.`

const localExample = `  tyg local
  tyg local --port 9000 --processes 4
  tyg local --cold              # a process for each event
  tyg local --time-scale 600    # ten minutes pass in a second
  tyg local --in-process --stage prod -- -verbose`

// A localRun has the flags of local.
type localRun struct {
	local.Config
	stage     string // of the configuration
	stageSet  bool   // --stage was given
	scaleSet  bool   // --time-scale was given
	drain     time.Duration
	drainSet  bool   // --drain was given
	nats      string // empty: as configured
	inProcess bool

	template    string // path; empty: none
	prepare     string // words of a command, with spaces between them
	printConfig bool   // of the template
}

func newLocal(e *cli.Env) *cobra.Command {
	l := localRun{Config: local.Config{Stdout: e.Stdout, Stderr: e.Stderr, TimeScale: 1}}
	l.drain = 30 * time.Second
	port := 8000
	cmd := &cobra.Command{
		Use:               "local [-- ARGUMENT...]",
		SuggestFor:        []string{"dev", "run", "serve", "start", "up", "watch"},
		Short:             "Run the project on this machine, with reload",
		Long:              localHelp,
		Example:           localExample,
		ValidArgsFunction: cobra.NoFileCompletions,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 && cmd.ArgsLenAtDash() != 0 {
				return cli.Usagef(cmd, "argument %q: put the arguments of the program after --", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("port") {
				if cmd.Flags().Changed("addr") {
					return cli.Usagef(cmd, "--addr already has a port; leave out --port")
				}
				l.Addr = "127.0.0.1:" + strconv.Itoa(port)
			}
			l.stageSet = cmd.Flags().Changed("stage")
			if !l.inProcess { // whose program reads them itself
				err := cli.FromEnv(cmd, os.Getenv, "origin", "cert", "key", "time-scale", "drain", "nats")
				if err != nil {
					return err
				}
			}
			l.drainSet = cmd.Flags().Changed("drain")
			l.scaleSet = cmd.Flags().Changed("time-scale")
			l.Args, l.Prepare = args, strings.Fields(l.prepare)
			if err := l.check(cmd); err != nil {
				return err
			}
			return l.run(cmd.Context())
		},
	}
	l.flags(cmd, &port)
	return cmd
}

func (l *localRun) flags(cmd *cobra.Command, port *int) {
	f := cmd.Flags()
	f.StringVar(&l.Addr, "addr", "", "listen on `HOST:PORT` (TYG_ADDR, default 127.0.0.1:8000)")
	cli.AddInt(cmd, port, cli.Range[int]{
		Name: "port", Short: "p", Low: 0, High: 65535,
		Usage: "listen on 127.0.0.1:`PORT`; 0 is any free port",
	})
	f.StringVar(&l.stage, "stage", "dev", "run this `STAGE` of "+project.ConfigPath)
	l.templateFlags(cmd)
	f.StringVar(&l.Dir, "project-dir", ".", "use the project in `DIR`")
	cli.AddFloat(cmd, &l.TimeScale, cli.Range[float64]{
		Name: "time-scale", Low: cli.MinTimeScale, High: cli.MaxTimeScale,
		Usage: "let API Gateway's time limits (idle, life, integration) pass `N` times faster",
	})
	cli.AddDuration(cmd, &l.drain, cli.Range[time.Duration]{
		Name: "drain", Low: 0, High: day, Usage: "let handlers finish for this `TIME` when it ends",
	})
	f.StringSliceVar(&l.Origins, "origin", nil,
		"let web pages of these `ORIGINS` connect, beside those of this machine; null is for files")
	f.StringVar(&l.nats, "nats", "",
		"give functions the NATS server at this `URL`, or one that is embedded")
	f.StringVar(&l.DynamoDB, "dynamodb-endpoint", "",
		"have tables in the DynamoDB at `URL`, in memory, or with aws in your account")
	f.StringVar(&l.prepare, "prepare", "",
		"run this `COMMAND` once before the functions start, with their environment")
	f.StringVar(&l.Cert, "cert", "", "serve wss with the certificate of this PEM `FILE`")
	f.StringVar(&l.Key, "key", "", "the key of --cert, a PEM `FILE`")
	f.StringVar(&l.Inspect, "inspect", "",
		"serve the inspector at `HOST:PORT` (default: the next port, on 127.0.0.1), or off")
	f.StringVar(&l.Record, "record", "", "write the session to `FILE`, without secrets")
	f.BoolVar(&l.inProcess, "in-process", false, "let the program hold the sockets itself")
	f.BoolVar(&l.NoReload, "no-reload", false, "do not watch the source")
	cli.AddInt(cmd, &l.Processes, cli.Range[int]{
		Name: "processes", Low: 1, High: 1000,
		Usage: "run at most `N` processes of each function (default 1, or as configured)",
	})
	cli.AddInt(cmd, &l.Concurrent, cli.Range[int]{
		Name: "concurrent", Low: 1, High: 1000,
		Usage: "handle up to `N` messages of one client at the same time, as AWS may (10 without N)",
	})
	f.Lookup("concurrent").NoOptDefVal = "10"
	f.BoolVar(&l.Cold, "cold", false, "start a process for each event")
	f.BoolVar(&l.Freeze, "freeze", false, "stop processes between events, as Lambda does")
	f.BoolVarP(&l.Quiet, "quiet", "q", false, "do not print events")
	f.BoolVar(&l.JSON, "json", false, "print JSON objects, one in a line")
	cli.NameVariables(cmd, "addr", "origin", "cert", "key", "time-scale", "drain", "nats")
}

// check reports invalid flags.
func (l *localRun) check(cmd *cobra.Command) error {
	if err := value.Stage(l.stage); err != nil {
		return cli.Usagef(cmd, "--stage %q: %w", l.stage, err)
	}
	if _, err := stageVariable(cmd, os.Getenv); err != nil {
		return err
	}
	if err := l.Check(); err != nil {
		return cli.Usagef(cmd, "--origin: %w", err)
	}
	if err := checkNATS(cmd, l.nats); err != nil {
		return err
	}
	if err := local.CheckDynamoDB(l.DynamoDB); err != nil {
		return cli.Usagef(cmd, "--dynamodb-endpoint %q: %w", l.DynamoDB, err)
	}
	if len(l.Prepare) > 0 && !strings.Contains(l.Prepare[0], "/") {
		if _, err := exec.LookPath(l.Prepare[0]); err != nil {
			return cli.Usagef(cmd, "--prepare %q: %s is not in PATH", l.prepare, l.Prepare[0])
		}
	}
	switch {
	case l.Cert != "" && l.Key == "":
		return cli.Usagef(cmd, "--cert %q: name its key with --key", l.Cert)
	case l.Key != "" && l.Cert == "":
		return cli.Usagef(cmd, "--key %q: name its certificate with --cert", l.Key)
	}
	if err := l.checkInspect(cmd); err != nil {
		return err
	}
	addr, err := cli.Addr(cmd, l.Addr, os.Getenv, "")
	if err != nil {
		return err
	}
	if !l.inProcess {
		l.Addr = addr
		return nil
	}
	for _, name := range []string{
		"nats", "processes", "concurrent", "cold", "freeze", "quiet", "json", "record",
		"dynamodb-endpoint", "prepare",
	} {
		if cmd.Flags().Changed(name) {
			return cli.Usagef(cmd, "--%s is for functions; with --in-process there are none", name)
		}
	}
	return nil
}

// checkInspect reports an invalid address of the inspector, and a recording that cannot be written.
func (l *localRun) checkInspect(cmd *cobra.Command) error {
	if l.Inspect != "" && l.Inspect != local.InspectOff {
		if _, _, err := net.SplitHostPort(l.Inspect); err != nil {
			return cli.Usagef(cmd, "--inspect %q: use HOST:PORT, such as 127.0.0.1:8001, or off", l.Inspect)
		}
	}
	if l.Record == "" {
		return nil
	}
	path, err := filepath.Abs(l.Record)
	if err == nil {
		if info, e := os.Stat(filepath.Dir(path)); e != nil || !info.IsDir() {
			err = errors.New("there is no such directory")
		}
	}
	if err != nil {
		return cli.Usagef(cmd, "--record %q: %w", l.Record, err)
	}
	l.Record = path
	return nil
}

func (l *localRun) run(ctx context.Context) error {
	given := l.Dir
	err := l.serve(ctx)
	if l.template != "" {
		return err // which names it
	}
	return mention.Template(given, err)
}

// serve runs the project until the end.
func (l *localRun) serve(ctx context.Context) error {
	dir, err := filepath.Abs(l.Dir)
	if err != nil {
		return fmt.Errorf("find project: %w", err)
	}
	l.Dir = dir
	for _, name := range []*string{&l.Cert, &l.Key} {
		if *name == "" {
			continue
		}
		if *name, err = filepath.Abs(*name); err != nil {
			return fmt.Errorf("find certificate: %w", err)
		}
	}
	if err := l.findTemplate(); err != nil || l.printConfig {
		return err
	}
	l.Files = []string{filepath.Join(dir, filepath.FromSlash(project.ConfigPath))}
	if l.template != "" {
		l.Files = append(l.Files, template.Files(l.template, dir)...)
	}
	if l.inProcess {
		err = l.runInProcess(ctx)
	} else {
		if err := l.listenAsConfigured(); err != nil {
			return err
		}
		l.Name, l.Environ = filepath.Base(dir), os.Environ()
		l.Plan = l.plan
		err = local.Run(ctx, l.Config)
	}
	if exit, ok := errors.AsType[local.ExitError](err); ok {
		return &cli.StatusError{Status: int(exit)}
	}
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		return cli.ErrInterrupted
	}
	return err
}

// config reads the configuration. It must have the stage that a flag names.
func (l *localRun) config() (project.Config, error) {
	c, err := project.ReadConfig(l.Dir)
	if err == nil && l.stageSet {
		err = c.CheckStage(l.stage)
	}
	return c, err
}

// plan reads the configuration.
func (l *localRun) plan() (local.Plan, error) {
	if l.template != "" {
		return l.planOfTemplate()
	}
	c, err := l.config()
	if err != nil {
		return local.Plan{}, err
	}
	p, err := local.NewPlan(c, l.Dir, l.stage)
	if stage := os.Getenv("TYG_STAGE"); stage != "" && !l.stageSet {
		p.Stage = stage
	}
	if l.drainSet {
		p.Drain = &l.drain
	}
	p.NATS = cmp.Or(l.nats, p.NATS)
	return p, err
}

// listenAsConfigured takes the address and the certificate of the configuration, if neither a flag
// nor a variable has one.
func (l *localRun) listenAsConfigured() error {
	var s project.StageConfig
	if l.template == "" {
		c, err := l.config()
		if err != nil {
			return err
		}
		s = c.At(l.stage)
	}
	l.Addr = cmp.Or(l.Addr, s.Addr, "127.0.0.1:8000")
	if l.Cert == "" && s.TLS != nil && s.TLS.CertFile != "" {
		l.Cert, l.Key = l.path(s.TLS.CertFile), l.path(s.TLS.KeyFile)
	}
	return nil
}

// path resolves a path of the configuration.
func (l *localRun) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(l.Dir, filepath.FromSlash(name))
}
