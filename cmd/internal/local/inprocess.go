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
	"time"

	"github.com/tyg-dev/tyg/cmd/internal/gobuild"
	"github.com/tyg-dev/tyg/cmd/internal/watch"
	"github.com/tyg-dev/tyg/internal/scratch"
	"github.com/tyg-dev/tyg/internal/stopsignal"
	"github.com/tyg-dev/tyg/internal/visible"
)

// An InProcess runs the program of a project without functions: the program holds the sockets
// itself, which therefore close when a change of the source restarts it.
type InProcess struct {
	Dir      string
	Args     []string
	Files    []string                 // more files whose change restarts the program
	Environ  func() ([]string, error) // of the program, at each start
	NoReload bool

	Stdout, Stderr io.Writer
}

// An ExitError is the exit status of the program, which has reported its error itself. For a
// program that a signal has ended it is 128 plus the signal, as in a shell.
type ExitError int

// Error returns the status as text.
func (e ExitError) Error() string {
	return fmt.Sprintf("the program exited with status %d", int(e))
}

// Run builds the program and runs it until it ends. It passes the first signal on to the program,
// and kills it at the second. The error is an [ExitError] if the program ran.
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
	temp, err := scratch.New("", tempPrefix)
	if err != nil {
		return fmt.Errorf("build project: %w", err)
	}
	defer func() { _ = temp.Remove() }() // on Windows, a program that is running stays
	r.project.Temp = temp.Path
	if r.environ, err = p.Environ(); err != nil {
		return err
	}
	r.project.Tags = inProcessTags(r.environ)
	if r.program, err = r.project.Build(ctx); err != nil {
		return r.explain(ctx, err)
	}
	return r.run(ctx)
}

// A runner runs one InProcess.
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
		fmt.Fprint(r.Stderr, visible.Block(build.Output, ""))
	}
	return err
}

// run runs the program, and new versions of it, to the end.
func (r *runner) run(ctx context.Context) error {
	signals := make(chan os.Signal, 4) // a user may send several
	signal.Notify(signals, stopsignal.List()...)
	defer signal.Stop(signals)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	cmd, done, err := r.start(r.program, r.environ)
	if err != nil {
		return err
	}
	watching, stop := context.WithCancel(context.Background())
	next, over := make(chan restart), make(chan struct{})
	go func() { // stop ends it
		defer close(over)
		r.watch(watching, next)
	}()
	defer func() { stop(); <-over }()
	for ending := false; ; {
		select {
		case s := <-signals:
			if ending {
				s = os.Kill
			} else {
				awaitEnd(ctx)
			}
			pass(cmd.Process, s)
			ending = true
		case n := <-next:
			if ending {
				continue // it is about to exit
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

// awaitEnd waits until the command has noticed its first signal, too. Until then the second one
// would end the command, in place of the program.
func awaitEnd(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(time.Second): // it is a context that no signal ends
	}
}

// A restart is a program that replaces the running one.
type restart struct {
	program gobuild.Program
	environ []string
}

// start starts a program, in a process group of its own, so that Ctrl-C at a terminal reaches it
// once, from here. Such a process cannot read from the terminal, so it gets no input.
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

// end ends a program before its replacement starts.
func end(cmd *exec.Cmd, done <-chan error) {
	stop(cmd.Process)
	timer := time.AfterFunc(drainTime, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	<-done
}

// exitOf returns the error that the end of a program means.
func exitOf(cmd *exec.Cmd, err error) error {
	if _, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
		return fmt.Errorf("run program: %w", err)
	}
	if code := exitStatus(cmd.ProcessState); code != 0 {
		return ExitError(code)
	}
	return nil
}

// watch builds the program when its source has changed, and sends it to next, until ctx ends.
func (r *runner) watch(ctx context.Context, next chan<- restart) {
	if r.NoReload {
		return
	}
	w, err := watch.New()
	if err == nil {
		defer w.Close()
		err = r.follow(ctx, w, next)
	}
	if ctx.Err() == nil {
		fmt.Fprintf(r.Stderr, "tyg: %s; changes are no longer noticed\n",
			visible.Block(err.Error(), "  "))
	}
}

func (r *runner) follow(ctx context.Context, w *watch.Watcher, next chan<- restart) error {
	for {
		var err error
		if r.sources, err = r.project.Sources(ctx, r.sources); err != nil {
			return err
		}
		if err := w.Watch(sourceSet(r.sources, r.Files)); err != nil {
			return err
		}
		if err := r.rebuild(ctx, next); err != nil {
			text := visible.Block(r.explain(ctx, err).Error(), "  ")
			fmt.Fprintf(r.Stderr, "tyg: %s\ntyg: the previous build keeps running\n", text)
		}
		if _, err := w.Wait(ctx); err != nil {
			return err
		}
	}
}

// rebuild builds the program, and sends it to next if it differs.
func (r *runner) rebuild(ctx context.Context, next chan<- restart) error {
	environ, err := r.Environ()
	if err != nil {
		return err
	}
	r.project.Tags = inProcessTags(environ)
	program, err := r.project.Build(ctx)
	if err != nil {
		return err
	}
	if program == r.program && slices.Equal(environ, r.environ) {
		return nil
	}
	select {
	case next <- restart{program, environ}:
		r.program, r.environ = program, environ
	case <-ctx.Done():
	}
	return nil
}

// sourceSet returns the files to watch for a Go program.
func sourceSet(s *gobuild.Sources, files []string) watch.Set {
	set := watch.Set{Dirs: slices.Clone(s.Dirs), Trees: s.Embeds}
	for _, file := range slices.Concat(s.Files, files) {
		set.Dirs = append(set.Dirs, filepath.Dir(file))
	}
	set.Has = func(path string) bool { return slices.Contains(files, path) || s.Has(path) }
	return set
}
