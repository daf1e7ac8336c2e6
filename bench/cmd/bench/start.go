package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/tyg-dev/tyg/bench/internal/stat"
)

// A starting is a program of this repository whose start is measured: what its author waits for
// after a change, and what it holds while no client comes.
type starting struct {
	name    string
	pkg     string   // below the root of the repository; its main.go is changed
	args    []string // ADDR stands for the address
	project string   // the folder that it runs in; empty: any
	config  string   // of a project to make and run in; %q stands for the program of examples/echo
}

func startings() []starting {
	return []starting{
		{
			name: "start-hello", pkg: "bench/servers/hello",
			args: []string{"-addr", "ADDR"},
		},
		{name: "start-echo", pkg: "examples/echo", args: []string{"--addr", "ADDR"}},
		{
			name: "start-local", pkg: "cmd/tyg", project: "../examples/echo",
			args: []string{"local", "--addr", "ADDR", "--no-reload"},
		},
		{
			name: "start-gateway", pkg: "cmd/tyg", args: []string{"gateway", "--addr", "ADDR"},
			config: `{"app_name": "echo", "app": "echo", "admin": {"off": true},
				"lambda_functions": {"echo": {"command": [%q]}}}`,
		},
	}
}

// argv returns the arguments of a program that listens on addr.
func (st starting) argv(addr string) []string {
	args := slices.Clone(st.args)
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "ADDR", addr)
	}
	return args
}

// buildFigures are where the time after a change goes, in milliseconds, and the memory of a process
// that waits, in bytes.
type buildFigures struct {
	total, compile, link, ready float64
	resident, heap, text, rest  float64
	program                     float64
}

// start measures from a change of a program's source until it listens, as with "go run", and its
// memory then.
func start() experiment {
	millis := func(title string, f func(row) float64) column { return column{title + ", ms", f} }
	megabytes := func(title string, f func(row) float64) column {
		return column{title + ", MB", func(r row) float64 { return f(r) / (1 << 20) }}
	}
	return experiment{
		name: "start", title: "From a change until it listens", unit: "ms, from a change of its source",
		metric: func(r row) float64 { return r.buildFigures.total }, less: true,
		servers: []string{"start-hello", "start-echo", "start-local", "start-gateway"},
		bases:   []string{"start-hello"}, run: startChanged, family: true,
		columns: []column{
			millis("compile", func(r row) float64 { return r.buildFigures.compile }),
			millis("link", func(r row) float64 { return r.buildFigures.link }),
			millis("until it listens", func(r row) float64 { return r.buildFigures.ready }),
			megabytes("resident", func(r row) float64 { return r.buildFigures.resident }),
			megabytes("heap and goroutines", func(r row) float64 { return r.buildFigures.heap }),
			megabytes("its file", func(r row) float64 { return r.buildFigures.text }),
			megabytes("runtime and threads", func(r row) float64 { return r.buildFigures.rest }),
			megabytes("program", func(r row) float64 { return r.buildFigures.program }),
		},
		setups: func(o options) []setup { return []setup{{mode: "change", starts: min(o.starts, 5)}} },
	}
}

// startChanged changes, builds and starts a program some times, and returns the medians.
func startChanged(ctx context.Context, b *bench, s setup, sv server) (r row) {
	dir, err := os.MkdirTemp("", "tyg-bench-start-")
	if err != nil {
		return row{err: err}
	}
	defer os.RemoveAll(dir)
	var all []buildFigures
	for i := range s.starts + 1 { // the first fills caches
		f, err := b.startOnceChanged(ctx, sv, dir, i)
		if err != nil {
			return row{err: err}
		}
		if i > 0 {
			all = append(all, f)
		}
	}
	r.buildFigures = buildMedians(all)
	return r
}

func buildMedians(all []buildFigures) (m buildFigures) {
	of := func(f func(buildFigures) float64) float64 {
		var values []float64
		for _, b := range all {
			values = append(values, f(b))
		}
		return median(values)
	}
	return buildFigures{
		total:    of(func(b buildFigures) float64 { return b.total }),
		compile:  of(func(b buildFigures) float64 { return b.compile }),
		link:     of(func(b buildFigures) float64 { return b.link }),
		ready:    of(func(b buildFigures) float64 { return b.ready }),
		resident: of(func(b buildFigures) float64 { return b.resident }),
		heap:     of(func(b buildFigures) float64 { return b.heap }),
		text:     of(func(b buildFigures) float64 { return b.text }),
		rest:     of(func(b buildFigures) float64 { return b.rest }),
		program:  of(func(b buildFigures) float64 { return b.program }),
	}
}

// startOnceChanged changes a program in the way numbered i, builds it and starts it.
func (b *bench) startOnceChanged(
	ctx context.Context, sv server, dir string, i int,
) (f buildFigures, err error) {
	st := sv.starting
	program := filepath.Join(dir, "program")
	began := time.Now()
	if f, err = b.buildChanged(ctx, *st, dir, program, i); err != nil {
		return f, fmt.Errorf("build %s: %w", st.pkg, err)
	}
	p := &process{addr: b.freeAddr()}
	p.cmd = exec.CommandContext(ctx, program, st.argv(p.addr)...)
	if p.cmd.Dir, err = b.folder(ctx, *st, dir); err != nil {
		return f, err
	}
	started := time.Now()
	if err := b.begin(p); err != nil {
		return f, err
	}
	defer p.stop()
	if err := p.listening(time.Minute); err != nil {
		p.stop()
		return f, fmt.Errorf("start %s: %w: %s", sv.name, err, p.output())
	}
	f.ready = millis(p.heard.Sub(started))
	f.total = millis(p.heard.Sub(began))
	time.Sleep(2 * time.Second) // until the memory of the start is returned
	m, err := stat.MapsOf(p.pid(), program)
	f.resident, f.heap, f.text = float64(m.Resident), float64(m.Heap), float64(m.File)
	f.rest = f.resident - f.heap - f.text
	return f, err
}

// buildChanged builds a program whose main file has one line more than the last time. The file in
// the repository stays as it is.
func (b *bench) buildChanged(
	ctx context.Context, st starting, dir, program string, i int,
) (f buildFigures, err error) {
	root, err := filepath.Abs("..")
	if err != nil {
		return f, err
	}
	source := filepath.Join(root, st.pkg, "main.go")
	text, err := os.ReadFile(source)
	if err != nil {
		return f, err
	}
	changed, overlay := filepath.Join(dir, "main.go"), filepath.Join(dir, "overlay.json")
	text = fmt.Appendf(text, "\nvar _ = %d // at %v\n", i, time.Now().UnixNano())
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{source: changed}})
	if err != nil {
		return f, err
	}
	graph := filepath.Join(dir, "actions.json")
	if err := errors.Join(os.WriteFile(changed, text, 0o644),
		os.WriteFile(overlay, replace, 0o644)); err != nil {
		return f, err
	}
	build := exec.CommandContext(ctx, "go", "build", "-overlay", overlay, "-debug-actiongraph", graph,
		"-o", program, ".")
	build.Dir, build.Stderr = filepath.Join(root, st.pkg), os.Stderr
	if err := build.Run(); err != nil {
		return f, err
	}
	info, err := os.Stat(program)
	if err != nil {
		return f, err
	}
	f.program = float64(info.Size())
	f.compile, f.link, err = actionTimes(graph)
	return f, err
}

// actionTimes returns for how long the go command has compiled and linked, in milliseconds.
func actionTimes(graph string) (compile, link float64, err error) {
	text, err := os.ReadFile(graph)
	if err != nil {
		return 0, 0, err
	}
	var actions []struct {
		Mode    string
		CmdReal int64 // nanoseconds of the commands that ran
	}
	if err := json.Unmarshal(text, &actions); err != nil {
		return 0, 0, fmt.Errorf("read %s: %w", graph, err)
	}
	for _, a := range actions {
		took := float64(a.CmdReal) / 1e6
		switch {
		case strings.HasPrefix(a.Mode, "link"):
			link += took
		case strings.HasPrefix(a.Mode, "build"):
			compile += took
		}
	}
	return compile, link, nil
}

// folder returns the folder in which the program runs. A project with a configuration is made, with
// the program of examples/echo.
func (b *bench) folder(ctx context.Context, st starting, dir string) (string, error) {
	if st.config == "" {
		return st.project, nil
	}
	echo := filepath.Join(dir, "echo")
	if !exists(echo) {
		build := exec.CommandContext(ctx, "go", "build", "-o", echo, "./examples/echo")
		build.Dir, build.Stderr = "..", os.Stderr
		if err := build.Run(); err != nil {
			return "", err
		}
	}
	project := filepath.Join(dir, "project")
	if err := os.MkdirAll(filepath.Join(project, ".tyg"), 0o777); err != nil {
		return "", err
	}
	config := fmt.Sprintf(st.config, echo)
	return project, os.WriteFile(filepath.Join(project, ".tyg", "config.json"), []byte(config), 0o666)
}
