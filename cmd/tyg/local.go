package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/cmd/internal/local"
	"github.com/tyg-dev/tyg/cmd/internal/project"
)

const localHelp = `local runs the project in the current directory as API Gateway and Lambda would, until
it is interrupted. A gateway in tyg holds the sockets; the program, which is built first, runs in other
processes and gets one event at a time. When its source changes it is built again, and when that went
well, new processes take over: events under way are finished, and the sockets stay. A build that fails
is shown, and the code from before goes on.

Calls of @connections reach the gateway by the environment of the functions, and functions can be
invoked as on Lambda: aws lambda invoke --endpoint-url http://127.0.0.1:8000.
Processes share nothing but what the environment names: a DynamoDB table if there is TABLE, NATS if
there is TYG_NATS_URL. Without either, tyg runs a NATS server for a program that can use one.

With routes in .tyg/config.json, the functions that they name are run in place of a Go program,
whatever they are written in.

The stage, the first part of the URL's path, is that of .tyg/config.json, unless TYG_STAGE is set
and there is no --stage. Nor do variables of the configuration replace those that are set.

With --in-process there are no functions: the program itself holds the sockets, with TYG_ADDR and
TYG_STAGE in its environment, and is started anew when its source changes, which closes them. The
first interrupt is passed on; the exit status is that of the program.

What follows -- goes to the program.`

const localExample = `  tyg local
  tyg local --port 9000 --processes 4
  tyg local --cold              # a process for each event
  tyg local --time-scale 600    # ten minutes of silence are over in a second
  tyg local --in-process --stage prod -- -verbose`

// A localRun is one run of a project on this machine.
type localRun struct {
	local.Config
	stage     string // of the configuration
	given     bool   // the stage was named on the command line
	scaled    bool   // so was the time scale
	inProcess bool
}

func newLocal(e *cli.Env) *cobra.Command {
	l := localRun{Config: local.Config{Stdout: e.Stdout, Stderr: e.Stderr}}
	var port uint16
	cmd := &cobra.Command{
		Use:               "local [-- ARGUMENT...]",
		Short:             "Run the project on this machine, with reload",
		Long:              localHelp,
		Example:           localExample,
		ValidArgsFunction: cobra.NoFileCompletions,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 && cmd.ArgsLenAtDash() != 0 {
				return cli.Usagef(cmd, "argument %q: those of the program follow --", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("port") {
				if cmd.Flags().Changed("addr") {
					return cli.Usagef(cmd, "--addr has a port already, leave out --port")
				}
				l.Addr = "127.0.0.1:" + strconv.Itoa(int(port))
			}
			l.given = cmd.Flags().Changed("stage")
			l.scaled = cmd.Flags().Changed("time-scale")
			l.Args = args
			if err := l.check(cmd); err != nil {
				return err
			}
			return l.run(cmd.Context())
		},
	}
	l.flags(cmd, &port)
	return cmd
}

func (l *localRun) flags(cmd *cobra.Command, port *uint16) {
	f := cmd.Flags()
	f.StringVar(&l.Addr, "addr", "", "listen on `HOST:PORT` (TYG_ADDR, default 127.0.0.1:8000)")
	f.Uint16VarP(port, "port", "p", 8000, "listen on 127.0.0.1:`PORT`, 0 for any that is free")
	f.StringVar(&l.stage, "stage", "dev", "run the `STAGE` of "+project.ConfigPath)
	f.StringVar(&l.Dir, "project-dir", ".", "the project is in `DIR`")
	f.Float64Var(&l.TimeScale, "time-scale", 1,
		"let API Gateway's time limits (idle, life, integration) pass `N` times faster")
	f.BoolVar(&l.inProcess, "in-process", false, "let the program hold the sockets itself")
	f.BoolVar(&l.NoReload, "no-reload", false, "do not watch the source")
	f.IntVar(&l.Processes, "processes", 0,
		"run at most `N` processes of each function (default 10, or as the configuration says)")
	f.IntVar(&l.Concurrent, "concurrent", 0,
		"handle up to `N` messages of one client at the same time, as AWS may; 10 without N")
	f.Lookup("concurrent").NoOptDefVal = "10"
	f.BoolVar(&l.Cold, "cold", false, "start a process for each event")
	f.BoolVar(&l.Freeze, "freeze", false, "stop processes between events, as Lambda does")
	f.BoolVarP(&l.Quiet, "quiet", "q", false, "print no line for each event")
	f.BoolVar(&l.JSON, "json", false, "print JSON objects, one a line")
}

// check finds flags that make no sense, alone or together.
func (l *localRun) check(cmd *cobra.Command) error {
	if !(l.TimeScale > 0) || math.IsInf(l.TimeScale, 1) {
		return cli.Usagef(cmd, "--time-scale %v: use a number above 0, such as 600", l.TimeScale)
	}
	if l.Processes < 0 || l.Concurrent < 0 {
		return cli.Usagef(cmd, "--processes and --concurrent are numbers above 0")
	}
	if !l.inProcess {
		return nil
	}
	for _, name := range []string{"processes", "concurrent", "cold", "freeze", "quiet", "json"} {
		if cmd.Flags().Changed(name) {
			return cli.Usagef(cmd, "--%s is for functions, and with --in-process there are none", name)
		}
	}
	return nil
}

func (l *localRun) run(ctx context.Context) error {
	dir, err := filepath.Abs(l.Dir)
	if err != nil {
		return fmt.Errorf("find project: %w", err)
	}
	l.Dir = dir
	l.Files = []string{filepath.Join(dir, filepath.FromSlash(project.ConfigPath))}
	if l.inProcess {
		err = l.runInProcess(ctx)
	} else {
		l.Name, l.Environ = filepath.Base(dir), os.Environ()
		if l.Addr == "" {
			l.Addr = "127.0.0.1:8000"
			if addr := os.Getenv("TYG_ADDR"); addr != "" {
				l.Addr = addr
			}
		}
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

// plan reads the configuration.
func (l *localRun) plan() (local.Plan, error) {
	c, err := project.ReadConfig(l.Dir)
	if err != nil {
		return local.Plan{}, err
	}
	p, err := local.NewPlan(c, l.Dir, l.stage)
	if stage := os.Getenv("TYG_STAGE"); stage != "" && !l.given {
		p.Stage = stage
	}
	return p, err
}

func (l *localRun) runInProcess(ctx context.Context) error {
	return local.InProcess{
		Dir: l.Dir, Args: l.Args, Files: l.Files, NoReload: l.NoReload,
		Stdout: l.Stdout, Stderr: l.Stderr,
		Environ: func() ([]string, error) {
			c, err := project.ReadConfig(l.Dir)
			return l.environ(c, os.Environ()), err
		},
	}.Run(ctx)
}

// environ returns the environment of the program: the flags, then the user's environment, then the
// configuration. Of two entries of a name, the last counts.
func (l *localRun) environ(c project.Config, user []string) []string {
	list := append(c.Environ(l.stage),
		"TYG_STAGE="+c.GatewayStage(l.stage), "TYG_ADDR=127.0.0.1:8000")
	for _, entry := range user {
		if !l.given || !strings.HasPrefix(entry, "TYG_STAGE=") {
			list = append(list, entry)
		}
	}
	if l.Addr != "" {
		list = append(list, "TYG_ADDR="+l.Addr)
	}
	if l.scaled {
		list = append(list, "TYG_TIME_SCALE="+strconv.FormatFloat(l.TimeScale, 'g', -1, 64))
	}
	return list
}
