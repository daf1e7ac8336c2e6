package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/tyg-dev/tyg/bench/internal/load"
	"github.com/tyg-dev/tyg/bench/internal/stat"
)

// row is one run.
type row struct {
	experiment experiment
	config     string
	setup      setup
	server     string
	round      int
	err        error
	skipped    string // why this machine cannot measure it

	load.Result
	memory
	calls // system calls
	growth
	stormFigures
	startFigures
	buildFigures
	mallocs float64 // for each message
}

// setup configures the load client for a run.
type setup struct {
	mode                string
	conns, depth, size  int
	rate                int
	piece               int           // pieces: bytes of a write; the messages are binary
	spread              time.Duration // storm: clients come again within this time
	ping                time.Duration // pings: time between those of the server
	warm                time.Duration // before the measurement; 0: the client's own
	dialect             load.Dialect  // of the payload; empty: the server's own
	parallel, processes int
	starts              int  // coldstart: how many; their medians count
	members             int  // growth: how many of conns are in a room
	tls                 bool // with TLS
	resume              bool // and sessions that are resumed
	many                bool // the server takes more than its defaults allow
}

// String names the setup in a table's title.
func (s setup) String() string {
	var b strings.Builder
	if s.mode == "handshake" {
		return fmt.Sprintf("%d at a time", s.parallel)
	}
	switch s.mode {
	case "bursts":
		return fmt.Sprintf("%d messages of %d bytes in one write", s.depth, s.size)
	case "growth":
		return fmt.Sprintf("%d idle, depth %d, %d bytes", s.conns, s.depth, s.size)
	case "change":
		return fmt.Sprintf("medians of %d changes", s.starts)
	case "storm":
		if s.spread == 0 {
			return fmt.Sprintf("%d at once, %d stay and send %d messages a second",
				s.conns, stormTalkers, s.rate)
		}
		return fmt.Sprintf("%d within %v, %d stay and send %d messages a second",
			s.conns, s.spread, stormTalkers, s.rate)
	case "keep":
		return fmt.Sprintf("%d idle, a ping each %v", s.conns, s.ping)
	case "start":
		return fmt.Sprintf("medians of %d starts", s.starts)
	case "room-bursts":
		return fmt.Sprintf("a message of %d bytes to %d members", s.size, s.conns)
	}
	fmt.Fprintf(&b, "%d connections", s.conns)
	if s.mode == "hold" {
		return b.String()
	}
	if s.rate > 0 {
		fmt.Fprintf(&b, ", %d messages a second", s.rate)
	} else {
		fmt.Fprintf(&b, ", depth %d", s.depth)
	}
	fmt.Fprintf(&b, ", %d bytes", s.size)
	if s.piece > 0 {
		fmt.Fprintf(&b, " in pieces of %d", s.piece)
	}
	return b.String()
}

// args are the load client's arguments.
func (s setup) args(b *bench, sv server, p *process) []string {
	dialect := sv.dialect
	if s.dialect != "" {
		dialect = s.dialect
	}
	if dialect == "" {
		dialect = load.Plain
	}
	args := []string{
		"-addr", p.addr, "-pids", strconv.Itoa(p.pid()), "-dialect", string(dialect),
		"-c", strconv.Itoa(s.conns), "-p", strconv.Itoa(s.depth), "-s", strconv.Itoa(s.size),
		"-par", strconv.Itoa(s.parallel),
	}
	if s.piece > 0 {
		args = append(args, "-binary", "-piece", strconv.Itoa(s.piece))
	}
	if s.tls {
		args = append(args, "-tls", b.cert)
	}
	if s.resume {
		args = append(args, "-resume")
	}
	if s.warm > 0 {
		args = append(args, "-warm", s.warm.String())
	}
	return args
}

// experiment runs all configurations of x. A round runs each with all servers, one after the
// other, so that figures that are compared were measured within a minute: the speed of machines
// drifts.
func (b *bench) experiment(ctx context.Context, x experiment) error {
	for round := range b.rounds {
		for _, s := range x.setups(b.options) {
			for _, sv := range b.of(x) {
				r := b.quietest(ctx, x, s, sv)
				if ctx.Err() != nil {
					return ctx.Err()
				}
				r.experiment, r.config, r.server, r.round = x, s.String(), sv.name, round
				r.setup = s
				b.rows = append(b.rows, r)
				fmt.Fprintln(os.Stderr, r.line())
			}
		}
	}
	return nil
}

// line returns one line about a run, for the progress output.
func (r row) line() string {
	head := fmt.Sprintf("%-9s %-40s %-13s", r.experiment.name, r.config, r.server)
	if r.err != nil {
		return head + " failed: " + r.err.Error()
	}
	if r.skipped != "" {
		return head + " not measured: " + r.skipped
	}
	x := r.experiment
	return fmt.Sprintf("%s %s %s, noise %.2f", head, number(x.metric(r)), x.unit, r.Noise())
}

// quietest repeats a run while other programs disturb it, and returns the least disturbed.
func (b *bench) quietest(ctx context.Context, x experiment, s setup, sv server) (best row) {
	for try := range b.retries + 1 {
		b.awaitQuiet(ctx)
		r := x.run(ctx, b, s, sv)
		if r.err != nil || r.skipped != "" || x.family {
			return r
		}
		if try == 0 || r.Noise() < best.Noise() {
			best = r
		}
		if best.Noise() <= b.noise {
			return best
		}
	}
	return best
}

// awaitQuiet waits until the machine is idle for a moment, at most for b.gate.
func (b *bench) awaitQuiet(ctx context.Context) {
	const moment = 300 * time.Millisecond
	for end := time.Now().Add(b.gate); ctx.Err() == nil && time.Now().Before(end); {
		before, stolen, err := stat.Machine()
		time.Sleep(moment)
		after, stolenNow, err2 := stat.Machine()
		if err != nil || err2 != nil {
			return // the run will report the error
		}
		if (after-before+stolenNow-stolen)/moment.Seconds() <= b.noise {
			return
		}
	}
}

// drive starts a server and runs the load client against it. Each run has a new server, because
// rooms must not keep members of another run.
func drive(ctx context.Context, b *bench, s setup, sv server) (r row) {
	p, err := b.start(ctx, sv, b.serverMode(s, sv))
	if err != nil {
		return row{err: err}
	}
	defer p.stop()
	args := append(s.args(b, sv, p), "-d", b.duration.String())
	if s.rate > 0 {
		args = append(args, "-rate", strconv.Itoa(s.rate), "-spin")
	}
	c, err := b.client(ctx, append(args, s.mode)...)
	if err != nil {
		return row{err: err}
	}
	defer c.stop()
	if r.Result, err = c.result(); err != nil {
		p.stop()
		return row{err: fmt.Errorf("%w\n%s", err, p.output())}
	}
	return r
}

// serverMode returns how a server runs for a setup.
func (b *bench) serverMode(s setup, sv server) serverMode {
	room := strings.HasPrefix(s.mode, "room") || s.mode == "broadcast"
	h := serverMode{room: room, many: s.many, ping: s.ping, resume: s.resume}
	h.profile = b.profile(s, sv)
	if s.tls {
		h.tls = b.cert
	}
	return h
}

// profile returns the file for a server's profile, or "" without -profiles.
func (b *bench) profile(s setup, sv server) string {
	if b.profiles == "" {
		return ""
	}
	name := fmt.Sprintf("%s-%s-c%d-p%d-s%d.pprof", sv.name, s.mode, s.conns, s.depth, s.size)
	return filepath.Join(b.profiles, name)
}
