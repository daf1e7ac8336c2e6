package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"github.com/tyg-dev/tyg/bench/internal/loopback"
)

// prepare builds the load client and the servers that the run needs.
func prepare(ctx context.Context, o options) (*bench, error) {
	if !exists("servers") || !exists("cmd/loadgen") {
		return nil, errors.New("run this in the folder of the bench module")
	}
	b := &bench{options: o, bin: "bin", port: firstPort}
	if err := b.pickServers(); err != nil {
		return nil, err
	}
	packages := []string{"./cmd/loadgen"}
	for _, s := range b.servers {
		if p := "./servers/" + s.program; s.program != "" && !slices.Contains(packages, p) {
			packages = append(packages, p)
		}
	}
	if err := os.MkdirAll(b.bin, 0o777); err != nil {
		return nil, err
	}
	if o.profiles != "" {
		if err := os.MkdirAll(o.profiles, 0o777); err != nil {
			return nil, err
		}
	}
	args := append([]string{"build", "-buildvcs=auto", "-o", b.bin + "/"}, packages...)
	b.cert = filepath.Join(b.bin, "loopback.pem")
	if err := loopback.Write(b.cert); err != nil {
		return nil, fmt.Errorf("make certificate: %w", err)
	}
	build := exec.CommandContext(ctx, "go", args...)
	build.Stderr = os.Stderr
	// As "tyg deploy" builds functions. With cgo, setting the trace id of an event takes 10 µs.
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if err := build.Run(); err != nil {
		return nil, fmt.Errorf("build servers: %w", err)
	}
	return b, b.buildFunctions(ctx)
}

// pickServers finds the servers of all experiments. A server that the command line names must be
// usable here; other servers are left out if they are not.
func (b *bench) pickServers() error {
	names := slices.Clone(b.only)
	for _, x := range b.experiments {
		if len(b.only) == 0 {
			names = append(names, x.servers...)
		}
	}
	slices.Sort(names)
	servers, err := pick(slices.Compact(names))
	if err != nil {
		return err
	}
	for _, s := range servers {
		err := s.usable()
		switch {
		case err == nil:
			b.servers = append(b.servers, s)
		case len(b.only) > 0:
			return err
		default:
			fmt.Fprintln(os.Stderr, "bench: left out:", err)
		}
	}
	return nil
}

// of returns the servers of an experiment, in its order or in that of the command line. If there
// are several experiments, each runs those servers of the command line that it lists.
func (b *bench) of(x experiment) (servers []server) {
	names := x.servers
	if len(b.only) > 0 {
		names = b.only
	}
	if len(b.experiments) > 1 {
		names = slices.DeleteFunc(slices.Clone(names), func(name string) bool {
			return !slices.Contains(x.servers, name)
		})
	}
	for _, name := range names {
		i := slices.IndexFunc(b.servers, func(s server) bool { return s.name == name })
		if i >= 0 {
			servers = append(servers, b.servers[i])
		}
	}
	return servers
}

func exists(path string) bool {
	_, err := os.Stat(filepath.FromSlash(path))
	return err == nil
}
