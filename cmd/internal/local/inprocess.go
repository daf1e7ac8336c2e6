package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/tyg-dev/tyg/cmd/internal/gobuild"
	"github.com/tyg-dev/tyg/cmd/internal/watch"
)

// An InProcess runs a project's program as it is: it holds the sockets itself, and so they close when
// it is started anew because its source has changed.
type InProcess struct {
	Dir      string
	Args     []string
	Files    []string                 // whose change starts the program anew, beside the sources
	Environ  func() ([]string, error) // of the program, at each start
	NoReload bool

	Stdout, Stderr io.Writer
}

// An ExitError is the status of the project's program, which has said itself what was wrong. A program
// that a signal has ended has 128 and the signal, as in a shell.
type ExitError int

// Error says so.
func (e ExitError) Error() string { return fmt.Sprintf("the program exited with status %d", int(e)) }

// Run builds the program and runs it until it ends, by itself or at a signal, which is passed on; the
// second one kills it. The error is an [ExitError], or says why the program could not run.
func (p InProcess) Run(ctx context.Context) error {
	r := &runner{InProcess: p}
	var err error
	if r.Dir, err = filepath.Abs(p.Dir); err != nil {
		return fmt.Errorf("find project: %w", err)
	}
	r.project.Dir = r.Dir
	if err := r.project.Check(); err != nil {
		return err
	}
	if r.project.Temp, err = os.MkdirTemp("", "tyg-local-*"); err != nil {
		return fmt.Errorf("build project: %w", err)
	}
	defer os.RemoveAll(r.project.Temp)
	if r.environ, err = p.Environ(); err != nil {
		return err
	}
	r.project.Tags = storageTags(r.environ, nil)
	if r.program, err = r.project.Build(ctx); err != nil {
		return r.explain(ctx, err)
	}
	return r.run(ctx)
}

// A runner is an InProcess at work.
type runner struct {
	InProcess
	project gobuild.Project

	// owned by run until watch begins, then by watch
	sources *gobuild.Sources
	program gobuild.Program
	environ []string
}

func (r *runner) explain(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if build, ok := errors.AsType[*gobuild.Error](err); ok {
		fmt.Fprint(r.Stderr, build.Output)
	}
	return err
}

// run runs the program, and new versions of it, to the end.
func (r *runner) run(ctx context.Context) error {
	signals := make(chan os.Signal, 4) // a person's impatience
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	cmd, done, err := r.start(r.program, r.environ)
	if err != nil {
		return err
	}
	watching, stop := context.WithCancel(context.Background())
	next, over := make(chan start), make(chan struct{})
	go func() { // stop ends it
		defer close(over)
		r.watch(watching, next)
	}()
	defer func() { stop(); <-over }()
	for asked := false; ; {
		select {
		case s := <-signals:
			if asked {
				s = os.Kill
			}
			pass(cmd.Process, s)
			asked = true
		case n := <-next:
			if asked {
				continue // it is about to end
			}
			end(cmd, done)
			if cmd, done, err = r.start(n.program, n.environ); err != nil {
				return err
			}
		case err := <-done:
			return exitOf(cmd, err)
		}
	}
}

// A start is a program to be started.
type start struct {
	program gobuild.Program
	environ []string
}

// start starts a program. It is in a process group of its own, so that Ctrl-C at a terminal reaches it
// once, from here; it could not read from the terminal then, and gets no input.
func (r *runner) start(program gobuild.Program, environ []string) (*exec.Cmd, <-chan error, error) {
	cmd := exec.Command(program.Path, r.Args...)
	cmd.Dir, cmd.Env = r.Dir, environ
	cmd.Stdout, cmd.Stderr = r.Stdout, r.Stderr
	ownGroup(cmd)
	if err := cmd.Start(); err != nil {
		return nil, nil, fmt.Errorf("run program: %w", err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }() // ends with the program
	return cmd, done, nil
}

// end ends a program that is to be replaced.
func end(cmd *exec.Cmd, done <-chan error) {
	stop(cmd.Process)
	timer := time.AfterFunc(drainTime, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	<-done
}

// exitOf says how a program has ended.
func exitOf(cmd *exec.Cmd, err error) error {
	if _, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
		return fmt.Errorf("run program: %w", err)
	}
	if code := exitStatus(cmd.ProcessState); code != 0 {
		return ExitError(code)
	}
	return nil
}

// watch builds the program when its source has changed, and hands it to next, until ctx ends.
func (r *runner) watch(ctx context.Context, next chan<- start) {
	if r.NoReload {
		return
	}
	w, err := watch.New()
	if err == nil {
		defer w.Close()
		err = r.follow(ctx, w, next)
	}
	if ctx.Err() == nil {
		fmt.Fprintf(r.Stderr, "tyg: %v; changes are not seen any more\n", err)
	}
}

func (r *runner) follow(ctx context.Context, w *watch.Watcher, next chan<- start) error {
	for {
		var err error
		if r.sources, err = r.project.Sources(ctx, r.sources); err != nil {
			return err
		}
		if err := w.Watch(sourceSet(r.sources, r.Files)); err != nil {
			return err
		}
		if err := r.rebuild(ctx, next); err != nil {
			fmt.Fprintf(r.Stderr, "tyg: %v\ntyg: the code from before goes on\n", r.explain(ctx, err))
		}
		if _, err := w.Wait(ctx); err != nil {
			return err
		}
	}
}

// rebuild hands over a new program, if there is one.
func (r *runner) rebuild(ctx context.Context, next chan<- start) error {
	environ, err := r.Environ()
	if err != nil {
		return err
	}
	r.project.Tags = storageTags(environ, nil)
	program, err := r.project.Build(ctx)
	if err != nil {
		return err
	}
	if program == r.program && slices.Equal(environ, r.environ) {
		return nil
	}
	select {
	case next <- start{program, environ}:
		r.program, r.environ = program, environ
	case <-ctx.Done():
	}
	return nil
}

// sourceSet is what to watch for a Go program.
func sourceSet(s *gobuild.Sources, files []string) watch.Set {
	set := watch.Set{Dirs: slices.Clone(s.Dirs), Trees: s.Embeds}
	for _, file := range slices.Concat(s.Files, files) {
		set.Dirs = append(set.Dirs, filepath.Dir(file))
	}
	set.Has = func(path string) bool { return slices.Contains(files, path) || s.Has(path) }
	return set
}
