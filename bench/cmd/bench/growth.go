package main

import (
	"context"
	"fmt"
	"slices"
	"syscall"

	"github.com/tyg-dev/tyg/bench/internal/load"
	"github.com/tyg-dev/tyg/bench/internal/stat"
)

// active is the number of connections that echo beside the silent ones.
const active = 64

// growth holds the figures of a run with many connections: memory, and a broadcast to some of them.
type growth struct {
	processes float64     // servers that shared the connections
	client    float64     // the load client's own memory, for each connection
	room      load.Result // zero: the server has no rooms
}

func growthOf() experiment {
	return experiment{
		name: "growth", title: "Echo beside idle connections", unit: "µs of server CPU per message",
		metric: func(r row) float64 { return 1e6 / r.PerCPU }, less: true,
		servers: []string{"floor", "pooled", "tyg", "gws"}, bases: []string{"pooled", "gws"}, run: grow,
		subject: []string{"tyg"},
		columns: []column{
			{"p99 ms", func(r row) float64 { return r.P99 / 1000 }},
			{"bytes of the server, each", func(r row) float64 { return r.conn }},
			{"trimmed", func(r row) float64 { return r.trimmed }},
			{"kernel, each end", func(r row) float64 { return r.kernel }},
			{"client, each", func(r row) float64 { return r.client }},
			{"server processes", func(r row) float64 { return r.processes }},
			{"in rooms", func(r row) float64 { return float64(r.setup.members) }},
			{"deliveries per CPU s", func(r row) float64 { return r.room.PerCPU }},
			{"last p50 ms", func(r row) float64 { return r.room.LastP50 / 1000 }},
			{"seconds to open all", func(r row) float64 { return r.opened }},
		},
		setups: func(o options) (setups []setup) {
			conns := []int{1_000, 10_000, 100_000, 1_000_000}
			for _, s := range o.grid("growth", conns, []int{1}, []int{512}) {
				s.members, s.many = s.conns/10, true
				setups = append(setups, s)
			}
			return setups
		},
	}
}

// grow opens silent connections, a tenth of which are in a room, lets others echo beside them, and
// then sends to the room. Where a process may not have enough descriptors, several servers share
// the connections; the echoes then go to one of them, and each has a room of its own.
func grow(ctx context.Context, b *bench, s setup, sv server) (r row) {
	files, why := b.tooMany(s, sv)
	if why != "" {
		return row{skipped: why}
	}
	if !sv.joins {
		s.members = 0
	}
	s.processes = (s.conns + files - 1) / files
	g := &growthRun{idleRun: idleRun{bench: b, setup: s, server: sv}}
	defer g.stop()
	r.processes = float64(s.processes)
	if err := g.startServers(ctx); err != nil {
		return row{err: err}
	}
	if err := g.run(ctx, &r); err != nil {
		r.err = fmt.Errorf("%w\n%s", err, g.output())
	}
	return r
}

// growthRun holds the processes of a run with many connections.
type growthRun struct {
	idleRun
	rooms []*client // the clients whose connections are in rooms
}

func (g *growthRun) run(ctx context.Context, r *row) (err error) {
	if r.memory, err = g.measureWith(func() error { return g.fill(ctx) }); err != nil {
		return err
	}
	if r.client, err = g.clientMemory(); err != nil {
		return err
	}
	if r.Result, err = g.echo(ctx); err != nil {
		return fmt.Errorf("echo beside %d: %w", g.setup.conns, err)
	}
	if r.room, err = g.send(); err != nil {
		return fmt.Errorf("send to %d: %w", g.setup.members, err)
	}
	return nil
}

// fill opens all connections: the same number to each server, members of rooms to the first
// servers.
func (g *growthRun) fill(ctx context.Context) error {
	conns, members := g.setup.conns, g.setup.members
	for i := range g.servers {
		n := conns / (len(g.servers) - i)
		m := min(n, members)
		if err := g.hold(ctx, i, n-m); err != nil {
			return err
		}
		if err := g.join(ctx, i, m); err != nil {
			return err
		}
		conns, members = conns-n, members-m
	}
	return nil
}

func (g *growthRun) hold(ctx context.Context, i, n int) error {
	if n == 0 {
		return nil
	}
	s := g.setup
	s.conns = n
	args := append(s.args(g.bench, g.server, g.servers[i]), "-source", "127.1.0.1", "hold")
	return g.open(ctx, n, args)
}

// join opens connections that are in a room. Their client waits for begin.
func (g *growthRun) join(ctx context.Context, i, n int) error {
	if n == 0 {
		return nil
	}
	s := g.setup
	s.conns, s.size = n, 128
	args := append(s.args(g.bench, g.server, g.servers[i]), "-source", "127.2.0.1",
		"-path", "/?room", "-d", g.bench.duration.String(), "-timeout", "60s", "-steps", "broadcast")
	if err := g.open(ctx, n, args); err != nil {
		return err
	}
	g.rooms = append(g.rooms, g.clients[len(g.clients)-1])
	return nil
}

// clientMemory returns the memory of the load clients per connection.
func (g *growthRun) clientMemory() (float64, error) {
	pids := make([]int, len(g.clients))
	for i, c := range g.clients {
		pids[i] = c.cmd.Process.Pid
	}
	total, err := stat.RSS(pids)
	return float64(total) / float64(g.setup.conns), err
}

func (g *growthRun) echo(ctx context.Context) (load.Result, error) {
	s := g.setup
	s.conns = active
	args := append(s.args(g.bench, g.server, g.servers[0]), "-d", g.bench.duration.String(), "echo")
	c, err := g.bench.client(ctx, args...)
	if err != nil {
		return load.Result{}, err
	}
	defer c.stop()
	return c.result()
}

// send starts all rooms at the same time, and adds up their results.
func (g *growthRun) send() (sum load.Result, err error) {
	for _, c := range g.rooms {
		if err := c.begin(); err != nil {
			return sum, err
		}
	}
	for _, c := range g.rooms {
		r, err := c.result()
		if err != nil {
			return sum, err
		}
		sum.Rate += r.Rate
		sum.ServerCPU += r.ServerCPU
		sum.LastP50 = max(sum.LastP50, r.LastP50)
	}
	if sum.ServerCPU > 0 {
		sum.PerCPU = sum.Rate / sum.ServerCPU
	}
	return sum, nil
}

// output stops the first server and returns its output.
func (g *growthRun) output() string {
	g.servers[0].stop()
	return g.servers[0].output()
}

// tooMany returns how many connections a process may have, or why this machine cannot hold the
// connections of a setup. It estimates memory from the same server with fewer connections.
func (b *bench) tooMany(s setup, sv server) (files int, why string) {
	const spare = 1000 // descriptors besides connections
	limit, err := raiseFiles(uint64(s.conns + spare))
	if err != nil {
		return 0, err.Error()
	}
	for _, file := range []string{"fs/file-max", "fs/epoll/max_user_watches"} {
		have, err := stat.Sysctl(file)
		if needs := 2*int64(s.conns) + spare; err == nil && have < needs {
			return 0, fmt.Sprintf("%s is %d; %d are needed", file, have, needs)
		}
	}
	free, err := stat.Available()
	if err != nil {
		return 0, err.Error()
	}
	if needs := int64(b.footprint(sv.name) * float64(s.conns)); needs > free*9/10 {
		return 0, fmt.Sprintf("about %d MB of memory are needed; %d are free", needs>>20, free>>20)
	}
	return int(limit) - spare, ""
}

// footprint returns the bytes that a connection takes of the machine: those of the largest run with
// this server, or a guess.
func (b *bench) footprint(server string) float64 {
	bytes, largest := 12_000.0, 1000 // a thousand are too few to extrapolate
	for _, r := range b.rows {
		if r.experiment.name == "growth" && r.server == server && r.err == nil &&
			r.skipped == "" && r.setup.conns > largest {
			largest = r.setup.conns
			bytes = r.conn + r.client + 2*r.kernel
		}
	}
	return bytes
}

// raiseFiles raises the limit on descriptors, which later processes inherit, to n or to the maximum
// that is allowed, and returns the limit. Root with all its privileges may have as many as sysctl
// fs.nr_open says.
func raiseFiles(n uint64) (uint64, error) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0, err
	}
	more := syscall.Rlimit{Cur: max(n, limit.Max), Max: max(n, limit.Max)}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &more); err == nil {
		return more.Cur, nil
	}
	limit.Cur = limit.Max
	return limit.Cur, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)
}

// growthSeries returns a server's figures by the number of connections.
func growthSeries(rows []row, server string, value func(row) float64) (x, y []float64) {
	byConns := make(map[int][]float64)
	for _, r := range good(rows, server) {
		byConns[r.setup.conns] = append(byConns[r.setup.conns], value(r))
	}
	for n := range byConns {
		x = append(x, float64(n))
	}
	slices.Sort(x)
	for _, n := range x {
		y = append(y, median(byConns[int(n)]))
	}
	return x, y
}
