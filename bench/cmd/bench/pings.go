package main

import (
	"context"
	"time"

	"github.com/tyg-dev/tyg/bench/internal/stat"
)

// pings measures what idle connections cost that only answer pings, as nearly all connections of
// most servers are. Centrifugo has published 27.0 KB and 4.7 µs a second for each by default.
// (https://centrifugal.dev/blog/2026/08/17/tuning-idle-connections)
func pings() experiment {
	return experiment{
		name: "pings", title: "Idle connections with pings",
		unit:   "µs of server CPU a second, each",
		metric: func(r row) float64 { return r.cost }, less: true,
		servers: []string{"tyg", "centrifuge"}, bases: []string{"centrifuge"}, run: keepIdle,
		subject: []string{"tyg"},
		columns: []column{
			{"KB of the server, each", func(r row) float64 { return r.conn / 1024 }},
			{"trimmed", func(r row) float64 { return r.trimmed / 1024 }},
			{"µs/s of a server without connections", func(r row) float64 { return r.alone }},
			{"seconds to open all", func(r row) float64 { return r.opened }},
		},
		setups: func(o options) (setups []setup) {
			for _, n := range valuesOr(o.conns, []int{15000}) {
				setups = append(setups, setup{
					mode: "keep", conns: n, depth: 1, size: 32, parallel: 64, processes: 1, many: true,
					ping: 25 * time.Second,
				})
			}
			return setups
		},
	}
}

// keepIdle opens connections that answer pings, and measures what they cost in a minute and more.
func keepIdle(ctx context.Context, b *bench, s setup, sv server) (r row) {
	c := &idleRun{bench: b, setup: s, server: sv}
	defer c.stop()
	if err := c.startServers(ctx); err != nil {
		return row{err: err}
	}
	pids := []int{c.servers[0].pid()}
	const rest = 10 * time.Second
	alone, err := stat.Spend(ctx, pids, rest)
	if err != nil {
		return row{err: err}
	}
	r.alone = 1e6 * alone / rest.Seconds()
	if r.memory, err = c.measure(ctx); err != nil {
		return row{err: err}
	}
	window := 3 * s.ping // whole periods, so that each connection has as many pings
	used, err := stat.Spend(ctx, pids, window)
	r.cost, r.err = (1e6*used/window.Seconds()-r.alone)/float64(s.conns), err
	return r
}
