package main

import (
	"context"
	"fmt"
	"os/exec"
	"strconv"
	"time"

	"github.com/tyg-dev/tyg/bench/internal/load"
	"github.com/tyg-dev/tyg/bench/internal/stat"
)

// stormTalkers is how many connections stay in a storm and send, and stormRate how much: few
// enough that a server has time for both.
const (
	stormTalkers = 200
	stormRate    = 2000
)

// stormFigures are what a storm of reconnects does.
type stormFigures struct {
	all     float64     // seconds from the cut until all are connected again
	storm   load.Result // of the clients that connect
	calm    load.Result // of the others, before
	peak    float64     // most resident memory of the server, in bytes
	settled float64     // its memory with all connections before
}

// stormOf cuts all of many connections at once, and has them come again, while other clients stay
// and send at a fixed rate.
func stormOf() experiment {
	megabytes := func(f func(row) float64) func(row) float64 {
		return func(r row) float64 { return f(r) / (1 << 20) }
	}
	return experiment{
		name: "storm", title: "A storm of reconnects", unit: "seconds until all are connected",
		metric: func(r row) float64 { return r.all }, less: true,
		servers: []string{"tyg", "gws", "centrifuge"}, bases: []string{"gws", "centrifuge"},
		subject: []string{"tyg"}, run: runStorm,
		columns: []column{
			{"p99 of those that stay, ms", func(r row) float64 { return r.P99 / 1000 }},
			{"the same before, ms", func(r row) float64 { return r.calm.P99 / 1000 }},
			{"their longest, ms", func(r row) float64 { return r.Max / 1000 }},
			{"p50 of a reconnect, ms", func(r row) float64 { return r.storm.P50 / 1000 }},
			{"p99 of a reconnect, ms", func(r row) float64 { return r.storm.P99 / 1000 }},
			{"tries again", func(r row) float64 { return float64(r.storm.Retries) }},
			{"peak MB of the server", megabytes(func(r row) float64 { return r.peak })},
			{"MB before", megabytes(func(r row) float64 { return r.settled })},
			{"server CPU s", func(r row) float64 { return r.ServerCPU * r.Seconds }},
		},
		setups: func(o options) (setups []setup) {
			for _, n := range valuesOr(o.conns, []int{10000}) {
				for _, spread := range []time.Duration{5 * time.Second, 0} {
					setups = append(setups, setup{
						mode: "storm", conns: n, depth: 1, size: 128, rate: stormRate, spread: spread,
						parallel: 64, many: true,
					})
				}
			}
			return setups
		},
	}
}

// runStorm runs a storm. The clients that stay have a process of their own, which goes before
// that of the storm on the client's core, so that their times are the server's.
func runStorm(ctx context.Context, b *bench, s setup, sv server) (r row) {
	p, err := b.start(ctx, sv, b.serverMode(s, sv))
	if err != nil {
		return row{err: err}
	}
	defer p.stop()
	st := &stormRun{bench: b, setup: s, server: sv, process: p}
	defer st.stop()
	if err := st.open(ctx); err != nil {
		return row{err: err}
	}
	if r, err = st.measure(ctx); err != nil {
		return row{err: err}
	}
	return r
}

// stormRun holds the processes of a storm.
type stormRun struct {
	bench   *bench
	setup   setup
	server  server
	process *process
	crowd   *client // comes again
	clients []*client
}

func (st *stormRun) stop() {
	for _, c := range st.clients {
		c.stop()
	}
}

// open opens the connections that are cut later.
func (st *stormRun) open(ctx context.Context) (err error) {
	args := append(st.setup.args(st.bench, st.server, st.process), "-steps",
		"-spread", st.setup.spread.String(), "storm")
	if st.crowd, err = st.bench.client(ctx, args...); err != nil {
		return err
	}
	st.clients = append(st.clients, st.crowd)
	return st.crowd.opened()
}

// talkers starts the clients that stay, and waits until they are open.
func (st *stormRun) talkers(ctx context.Context) (*client, error) {
	s := st.setup
	s.conns = stormTalkers
	args := append(s.args(st.bench, st.server, st.process), "-steps", "-until-line",
		"-rate", strconv.Itoa(s.rate), "-warm", "300ms", "-d", "10m", "echo")
	c, err := st.bench.urgentClient(ctx, args...)
	if err != nil {
		return nil, err
	}
	st.clients = append(st.clients, c)
	return c, c.opened()
}

// measure measures the others alone, and then during the storm.
func (st *stormRun) measure(ctx context.Context) (r row, err error) {
	pids := []int{st.process.pid()}
	calm := func() error { time.Sleep(2 * time.Second); return nil }
	if r.calm, err = st.during(ctx, calm); err != nil {
		return r, fmt.Errorf("before the storm: %w", err)
	}
	settled, err := stat.RSS(pids)
	if err != nil {
		return r, err
	}
	if err := stat.ResetPeak(pids); err != nil {
		return r, err
	}
	r.Result, err = st.during(ctx, func() (err error) {
		if err := st.crowd.begin(); err != nil {
			return err
		}
		r.storm, err = st.crowd.result()
		return err
	})
	if err != nil {
		return r, fmt.Errorf("in the storm: %w", err)
	}
	peak, err := stat.Peak(pids)
	r.all, r.peak, r.settled = r.storm.Seconds, float64(peak), float64(settled)
	return r, err
}

// during measures the clients that stay while do runs.
func (st *stormRun) during(ctx context.Context, do func() error) (r load.Result, err error) {
	c, err := st.talkers(ctx)
	if err != nil {
		return r, err
	}
	defer c.stop()
	if err := c.begin(); err != nil {
		return r, err
	}
	time.Sleep(500 * time.Millisecond) // they warm up
	if err := do(); err != nil {
		return r, err
	}
	if err := c.begin(); err != nil { // the second line ends them
		return r, err
	}
	return c.result()
}

// urgent prefixes a command so that it goes before all others on its core, where that is allowed.
func (b *bench) urgent(argv []string) []string {
	if _, err := exec.LookPath("chrt"); err != nil || b.nice >= 0 {
		return argv
	}
	return append([]string{"chrt", "--fifo", "2"}, argv...)
}
