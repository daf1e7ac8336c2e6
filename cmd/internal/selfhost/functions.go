package selfhost

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/tyg-dev/tyg/cmd/internal/backend"
	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/cmd/internal/strict"
	"github.com/tyg-dev/tyg/internal/functions"
	"github.com/tyg-dev/tyg/internal/functions/runtimes"
)

// set returns the functions and routes of the configuration.
func (c *Config) set(ctx context.Context) (backend.Set, error) {
	s := backend.Set{Routes: c.Routes, Selection: c.RouteSelection, Authorizer: c.Authorizer}
	for _, name := range slices.Sorted(maps.Keys(c.Functions)) {
		fn, err := c.function(name, c.Functions[name])
		if err != nil {
			return s, err
		}
		s.Functions = append(s.Functions, fn)
	}
	if c.App != "" {
		return c.ask(ctx, s)
	}
	return s, s.Check()
}

// function returns a function, whose program must exist.
func (c *Config) function(name string, f project.Function) (functions.Function, error) {
	fn := functions.Function{
		Name: name, Command: f.Command, Dir: c.dir, Env: f.Environment.Here(), Handler: f.Handler,
		Timeout:     time.Duration(f.Timeout) * time.Second,
		InitTimeout: time.Duration(f.InitTimeout), IdleTimeout: time.Duration(f.IdleTimeout),
		MemorySize: f.MemorySize,
	}
	if f.ReservedConcurrency != nil && *f.ReservedConcurrency >= 0 {
		fn.Concurrency = *f.ReservedConcurrency
	}
	if f.Directory != "" {
		fn.Dir = c.path(filepath.FromSlash(f.Directory))
	}
	if f.Runtime != "" && len(f.Command) == 0 {
		kind, err := runtimes.Parse(f.Runtime)
		if err == nil {
			fn.Command, err = kind.Command(fn.Dir)
		}
		if err == nil && f.Handler == "" && kind.Extensions() != nil {
			err = errors.New(`it has a "runtime" and no "handler", such as "app.handler"`)
		}
		if err != nil {
			return fn, fmt.Errorf("function %q: %w", name, err)
		}
	}
	if len(fn.Command) == 0 {
		return fn, fmt.Errorf(`function %q has no "command"`, name)
	}
	if err := executable(fn); err != nil {
		return fn, fmt.Errorf("function %q: %w", name, err)
	}
	return fn, nil
}

// executable reports a program that is missing or cannot be run.
func executable(fn functions.Function) error {
	if info, err := os.Stat(fn.Dir); err != nil || !info.IsDir() {
		return fmt.Errorf("there is no directory %s", fn.Dir)
	}
	cmd := exec.Command(fn.Command[0])
	if strings.ContainsRune(fn.Command[0], '/') && cmd.Err == nil {
		cmd.Dir = fn.Dir
		program := Config{dir: fn.Dir}
		_, cmd.Err = exec.LookPath(program.path(fn.Command[0]))
	}
	if errors.Is(cmd.Err, exec.ErrNotFound) {
		return fmt.Errorf("%s is not in PATH; install it, or write its path", fn.Command[0])
	}
	if cmd.Err != nil {
		return fmt.Errorf("its program cannot be run: %w", cmd.Err)
	}
	return nil
}

// ask replaces the routes by those that the program of the app describes.
func (c *Config) ask(ctx context.Context, s backend.Set) (backend.Set, error) {
	i := slices.IndexFunc(s.Functions, func(fn functions.Function) bool { return fn.Name == c.App })
	if i < 0 {
		return s, fmt.Errorf("app: there is no function %q%s",
			c.App, strict.DidYouMean(c.App, slices.Collect(maps.Keys(c.Functions))))
	}
	d, err := backend.Ask(ctx, s.Functions[i], os.Environ())
	if err != nil {
		return s, fmt.Errorf("app %q: %w", c.App, err)
	}
	asked := backend.OfProgram(s.Functions[i], d)
	asked.Functions = s.Functions
	if s.Authorizer != nil {
		asked.Authorizer = s.Authorizer
	}
	c.Name = cmp.Or(c.Name, d.Name)
	return asked, asked.Check()
}
