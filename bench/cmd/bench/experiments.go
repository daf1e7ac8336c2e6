package main

import (
	"context"

	"github.com/tyg-dev/tyg/bench/internal/load"
)

// experiment is a kind of run and the layout of its tables.
type experiment struct {
	name    string
	title   string
	unit    string // of the metric
	servers []string
	setups  func(options) []setup
	run     func(context.Context, *bench, setup, server) row
	metric  func(row) float64 // the figure of a run, and of ratios
	less    bool              // a smaller metric is better
	bases   []string          // the servers that ratios divide by
	columns []column
	subject []string // the servers whose ratios to bases a matrix shows
	second  *column  // besides the metric in a matrix
	family  bool     // servers start processes, which cannot be separated from noise
}

// column is a column of a table besides the metric.
type column struct {
	title string
	value func(row) float64
}

func experimentNames() (names []string) {
	for _, x := range experiments() {
		names = append(names, x.name)
	}
	return names
}

func experiments() []experiment {
	return []experiment{
		echo(), route(), latency(), broadcast(), handshake(), idleMemory(), allocations(), syscalls(),
		secureEcho(), secureHandshake(), secureResume(), secureIdle(), chat(), functions(), coldstart(),
		growthOf(), pieces(), stormOf(), pings(), start(),
	}
}

func plainServers() []string {
	return []string{
		"floor", "pooled", "tyg", "gws", "gnet", "gorilla", "coder", "nbio", "gobwas", "melody",
		"centrifuge", "node-ws", "bun",
	}
}

func perCPU(r row) float64 { return r.PerCPU }

func bases() []string { return []string{"pooled", "floor", "gws"} }

func echo() experiment {
	return experiment{
		name: "echo", title: "Echo", unit: "messages per server CPU second", metric: perCPU,
		servers: append(plainServers(), "tcp"), bases: append(bases(), "bun"),
		columns: throughput(), run: drive, subject: []string{"tyg"},
		second: &column{"p99, ms", func(r row) float64 { return r.P99 / 1000 }},
		setups: func(o options) []setup {
			return o.grid("echo", []int{64, 1000}, []int{1, 8}, []int{32, 512, 4096})
		},
	}
}

// route sends the same JSON to both, so that only the search for the route differs.
func route() experiment {
	x := echo()
	x.name, x.title = "route", "Echo with route selection on a JSON body"
	x.servers, x.bases = []string{"tyg", "tyg-route"}, []string{"tyg"}
	x.subject = []string{"tyg-route"}
	x.setups = func(o options) []setup {
		setups := o.grid("echo", []int{64}, []int{1, 8}, []int{32, 512, 4096})
		for i := range setups {
			setups[i].dialect = load.JSON
		}
		return setups
	}
	return x
}

func latency() experiment {
	return experiment{
		name: "latency", title: "Latency at a fixed rate", unit: "µs, 99th percentile",
		metric: func(r row) float64 { return r.P99 }, less: true,
		servers: plainServers(), bases: bases(), run: drive, subject: []string{"tyg"},
		columns: []column{
			{"p50 µs", func(r row) float64 { return r.P50 }},
			{"p99.9 µs", func(r row) float64 { return r.P999 }},
			{"rate", func(r row) float64 { return r.Rate }},
			{"server %", func(r row) float64 { return 100 * r.ServerCPU }},
		},
		setups: func(o options) (setups []setup) {
			o.depths = nil // the rate decides how many are in flight
			for _, s := range o.grid("echo", []int{64}, []int{1}, []int{512}) {
				for _, s.rate = range o.rates {
					setups = append(setups, s)
				}
			}
			return setups
		},
	}
}

func broadcast() experiment {
	return experiment{
		name: "broadcast", title: "Broadcast", unit: "deliveries per server CPU second",
		metric:  perCPU,
		servers: append(plainServers(), "floor-uring"), bases: bases(), run: drive,
		subject: []string{"tyg"},
		second: &column{
			"p99 of the last delivery, ms", func(r row) float64 { return r.LastP99 / 1000 },
		},
		columns: []column{
			{"deliveries/s", func(r row) float64 { return r.Rate }},
			{"last p50 µs", func(r row) float64 { return r.LastP50 }},
			{"last p99 µs", func(r row) float64 { return r.LastP99 }},
			{"server %", func(r row) float64 { return 100 * r.ServerCPU }},
		},
		setups: func(o options) []setup {
			return o.grid("broadcast", []int{1000, 10000}, []int{1, 8}, []int{128})
		},
	}
}

func handshake() experiment {
	return experiment{
		name: "handshake", title: "New connections", unit: "connections per server CPU second",
		metric: perCPU, servers: plainServers(), bases: bases(), columns: throughput(), run: drive,
		setups: func(options) []setup {
			return []setup{{mode: "handshake", conns: 64, depth: 1, size: 32, parallel: 64}}
		},
	}
}

func idleMemory() experiment {
	return experiment{
		name: "idle", title: "Memory of an idle connection", unit: "bytes of the server per connection",
		metric: func(r row) float64 { return r.conn }, less: true,
		servers: append(plainServers(), "gorilla-small", "tyg-portable"), bases: bases(), run: idle,
		columns: []column{
			{"trimmed", func(r row) float64 { return r.trimmed }},
			{"kernel, each end", func(r row) float64 { return r.kernel }},
			{"server at start", func(r row) float64 { return r.start }},
			{"seconds to open all", func(r row) float64 { return r.opened }},
		},
		setups: func(o options) (setups []setup) {
			for _, n := range valuesOr(o.conns, []int{10000}) {
				setups = append(setups, setup{
					mode: "hold", conns: n, depth: 1, size: 32, parallel: 64,
					processes: (n + o.perProc - 1) / o.perProc,
				})
			}
			return setups
		},
	}
}

func throughput() []column {
	return []column{
		{"per second", func(r row) float64 { return r.Rate }},
		{"p50 µs", func(r row) float64 { return r.P50 }},
		{"p99 µs", func(r row) float64 { return r.P99 }},
		{"server %", func(r row) float64 { return 100 * r.ServerCPU }},
	}
}

// grid returns the setups of all combinations. Values of the command line replace the arguments.
func (o options) grid(mode string, conns, depths, sizes []int) (setups []setup) {
	for _, c := range valuesOr(o.conns, conns) {
		for _, p := range valuesOr(o.depths, depths) {
			for _, s := range valuesOr(o.sizes, sizes) {
				setups = append(setups, setup{mode: mode, conns: c, depth: p, size: s, parallel: 64})
			}
		}
	}
	return setups
}

func valuesOr(set, byDefault []int) []int {
	if len(set) > 0 {
		return set
	}
	return byDefault
}
