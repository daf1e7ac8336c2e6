package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

const localHelp = `local builds the project in the current directory and runs it, with TYG_ADDR
and TYG_STAGE in its environment, until it ends or is interrupted. An interrupt is passed on,
so that the program can say goodbye to its clients; a second one ends it at once.

The stage in TYG_STAGE, the first part of the URL's path, is that of .tyg/config.json, unless
TYG_STAGE is set already and there is no --stage. Nor do variables of the configuration
replace those that are set.

What follows -- goes to the program. The exit status is that of the program, or 1 if it did
not build.`

const localExample = `  tyg local
  tyg local --port 9000
  tyg local --time-scale 600    # ten minutes of silence are over in a second
  tyg local --stage prod -- -verbose`

// A localRun is one run of a project on this machine.
type localRun struct {
	dir   string // of the project
	addr  string // to listen on, HOST:PORT
	stage string // of the configuration
	given bool   // the stage was named on the command line
	scale string // how many times faster API Gateway's time limits pass; empty: as the program says
	args  []string
}

func newLocal(e *env) *cobra.Command {
	var (
		l     localRun
		port  uint16
		scale float64
	)
	cmd := &cobra.Command{
		Use:               "local [-- ARGUMENT...]",
		Short:             "Run the project on this machine",
		Long:              localHelp,
		Example:           localExample,
		ValidArgsFunction: cobra.NoFileCompletions,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 && cmd.ArgsLenAtDash() != 0 {
				return usagef(cmd, "argument %q: those of the program follow --", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("addr") && cmd.Flags().Changed("port") {
				return usagef(cmd, "--addr has a port already, leave out --port")
			}
			if cmd.Flags().Changed("port") {
				l.addr = "127.0.0.1:" + strconv.Itoa(int(port))
			}
			if cmd.Flags().Changed("time-scale") {
				l.scale = strconv.FormatFloat(scale, 'g', -1, 64)
			}
			l.given = cmd.Flags().Changed("stage")
			l.args = args
			return l.run(cmd.Context(), e)
		},
	}
	cmd.Flags().StringVar(&l.addr, "addr", "",
		"listen on `HOST:PORT` (TYG_ADDR, default 127.0.0.1:8000)")
	cmd.Flags().Uint16VarP(&port, "port", "p", 8000, "listen on 127.0.0.1:`PORT`")
	cmd.Flags().StringVar(&l.stage, "stage", "dev", "run the `STAGE` of "+configPath)
	cmd.Flags().Float64Var(&scale, "time-scale", 1,
		"let API Gateway's time limits (idle, life, integration) pass `N` times faster")
	cmd.Flags().StringVar(&l.dir, "project-dir", ".", "the project is in `DIR`")
	return cmd
}

// run builds the program and runs it to its end.
func (l *localRun) run(ctx context.Context, e *env) error {
	if err := l.check(); err != nil {
		return err
	}
	c, err := readConfig(l.dir)
	if err != nil {
		return err
	}
	temp, err := os.MkdirTemp("", "tyg-local-*")
	if err != nil {
		return fmt.Errorf("build project: %w", err)
	}
	defer os.RemoveAll(temp)
	program, err := l.build(ctx, temp, e.stderr)
	if err != nil {
		return err
	}
	cmd := exec.Command(program, l.args...)
	cmd.Dir = l.dir
	cmd.Env = l.environ(c, os.Environ())
	cmd.Stdout, cmd.Stderr = e.stdout, e.stderr
	if ctx.Err() != nil {
		return errInterrupted
	}
	return runProgram(cmd)
}

// check finds out whether there is a project, and a Go to build it.
func (l *localRun) check() error {
	abs, err := filepath.Abs(l.dir)
	if err != nil {
		return fmt.Errorf("find project: %w", err)
	}
	if _, err := os.Stat(filepath.Join(abs, "go.mod")); err != nil {
		return fmt.Errorf("there is no project in %s: it has no go.mod; go to one, name one with "+
			"--project-dir, or make one with tyg new-project", abs)
	}
	if _, err := exec.LookPath("go"); err != nil {
		return errors.New("the go command is not in PATH; install Go from https://go.dev/dl/")
	}
	return nil
}

// build compiles the project into the directory temp and returns the program.
func (l *localRun) build(ctx context.Context, temp string, stderr io.Writer) (string, error) {
	// Given a directory, go build keeps programs only, and fails if there is none.
	cmd := exec.CommandContext(ctx, "go", "build", "-o", temp+string(filepath.Separator), ".")
	cmd.Dir = l.dir
	cmd.Stdout, cmd.Stderr = stderr, stderr
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return "", errInterrupted
		}
		return "", errors.New("the project does not build")
	}
	programs, err := os.ReadDir(temp)
	if err != nil {
		return "", fmt.Errorf("build project: %w", err)
	}
	if len(programs) != 1 {
		return "", errors.New("the project is not a program: its directory has no package main")
	}
	return filepath.Join(temp, programs[0].Name()), nil
}

// environ returns the environment of the program: the flags, then the user's environment, then the
// configuration. Of two entries of a name, the last counts.
func (l *localRun) environ(c config, user []string) []string {
	list := append(c.environment(l.stage),
		"TYG_STAGE="+c.gatewayStage(l.stage), "TYG_ADDR=127.0.0.1:8000")
	for _, entry := range user {
		if !l.given || !strings.HasPrefix(entry, "TYG_STAGE=") {
			list = append(list, entry)
		}
	}
	if l.addr != "" {
		list = append(list, "TYG_ADDR="+l.addr)
	}
	if l.scale != "" {
		list = append(list, "TYG_TIME_SCALE="+l.scale)
	}
	return list
}

// runProgram runs a program to its end. It passes the first signal on, and ends the program with
// the second. The program is in a process group of its own, so that Ctrl-C at a terminal reaches it
// once, from here; it could not read from the terminal then, and gets no input.
func runProgram(cmd *exec.Cmd) error {
	signals := make(chan os.Signal, 4) // a person's impatience
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	ownGroup(cmd)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("run program: %w", err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }() // ends with the program, which the loop waits for
	for asked := false; ; asked = true {
		select {
		case s := <-signals:
			if asked {
				s = os.Kill
			}
			pass(cmd.Process, s)
		case err := <-done:
			return exitOf(cmd, err)
		}
	}
}

// exitOf says how a program has ended, as a shell does.
func exitOf(cmd *exec.Cmd, err error) error {
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return fmt.Errorf("run program: %w", err)
	}
	if code := exitStatus(cmd.ProcessState); code != 0 {
		return programExit(code)
	}
	return nil
}
