// Attack attacks a server in each way that we know, and prints what that did to it and to a healthy
// client. It is bounded: each attack takes -for, and the whole program a few times the sum.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/tyg-dev/tyg/test/internal/victim"
)

const help = `attack starts a server for each attack, lets a healthy client talk to it before and
during the attack, and prints a table. It exits with 1 if an attack has succeeded: the server has
crashed or did not drain, took more memory than -memory, or the healthy client got no answer, a
wrong one, or waited longer than -p99 for one of a hundred.

Attackers and clients run on the same machine. With -pin, which needs Linux, root and two cores,
the times are those of the server all the same; without it the attackers take them from the
server's processor. On a busy machine -fifo and -percent 90 measure the server too: the kernel has
it wait for 50 ms of a second in which it has no rest.

With -control each attack is tried on a sink, too: a process that takes all and does nothing, on the
core of a server that is not attacked. What a client of that server waits for is due to the machine
and to the attackers; -ratio is about what the attack adds to that.

Flags:`

// options are the command line.
type options struct {
	each   time.Duration
	only   string
	memory int64
	p99    time.Duration
	ratio  float64
	pin    bool
	fifo   bool
	of     int
	json   bool
	trace  string
	sink   bool
}

// A result is a row of the table.
type result struct {
	Attack  string        `json:"attack"`
	Did     string        `json:"did"`
	Memory  int64         `json:"peak_memory_bytes"`
	Percent int           `json:"percent"` // of the messages that the next two are about
	Before  time.Duration `json:"before_ns"`
	During  time.Duration `json:"during_ns"`
	Machine time.Duration `json:"machine_ns,omitempty"` // with -control
	Verdict string        `json:"verdict"`
}

const held = "held"

// ratio returns how many times as long the healthy client has waited during the attack as before
// or, where that is longer, beside the sink.
func (r result) ratio() float64 {
	if r.Before == 0 {
		return 0
	}
	return float64(r.During) / float64(max(r.Before, r.Machine))
}

func main() {
	victim.Main()
	mainAttackers()
	mainHealthy()
	mainSink()
	var o options
	flag.DurationVar(&o.each, "for", 5*time.Second, "how long each attack takes")
	flag.StringVar(&o.only, "only", "", "only attacks whose name contains this")
	flag.Int64Var(&o.memory, "memory", 400, "most memory of the server, in MB")
	flag.DurationVar(&o.p99, "p99", time.Second, "most time that the healthy client waits")
	flag.IntVar(&o.of, "percent", 99, "how many of 100 messages that is about")
	flag.Float64Var(&o.ratio, "ratio", 0,
		"how many times as long as before the healthy client may wait; 0: any")
	flag.BoolVar(&o.pin, "pin", canPin(),
		"give the server a core, and another one to the healthy client before the attackers")
	flag.StringVar(&o.trace, "trace", "",
		"`folder` for what the server's scheduler does in each attack, for go tool trace")
	flag.BoolVar(&o.fifo, "fifo", false, "with -pin, the server goes before all other programs")
	flag.BoolVar(&o.sink, "control", false, "attack a sink, too, to know what is due to the machine")
	flag.BoolVar(&o.json, "json", false, "print one JSON object for each attack")
	flag.Usage = func() { fmt.Fprintln(os.Stderr, help); flag.PrintDefaults() }
	flag.Parse()
	if flag.NArg() > 0 || o.each <= 0 || o.of < 1 || o.of > 99 {
		flag.Usage()
		os.Exit(2)
	}
	if !run(o) {
		os.Exit(1)
	}
}

// run runs the attacks. It reports whether the server has held against all.
func run(o options) bool {
	all, ran := true, 0
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	if !o.json {
		fmt.Fprintf(w, "attack\twhat it did\tpeak memory\tp%d before\tbeside a sink\tduring\tratio\t"+
			"verdict\n", o.of)
	}
	for _, a := range attacks() {
		if !strings.Contains(a.name, o.only) {
			continue
		}
		r := try(a, o)
		ran++
		all = all && r.Verdict == held
		if o.json {
			_ = json.NewEncoder(os.Stdout).Encode(r)
			continue
		}
		fmt.Fprintf(w, "%s\t%s\t%d MB\t%v\t%v\t%v\t%.1f\t%s\n", r.Attack, r.Did, r.Memory>>20,
			round(r.Before), round(r.Machine), round(r.During), r.ratio(), r.Verdict)
	}
	_ = w.Flush()
	if ran == 0 {
		fmt.Fprintf(os.Stderr, "no attack is called %q\n", o.only)
		return false
	}
	return all
}

func round(d time.Duration) time.Duration { return d.Round(10 * time.Microsecond) }

// try runs one attack against a server of its own.
func try(a attack, o options) (r result) {
	r = result{Attack: a.name, Verdict: held, Percent: o.of}
	fail := func(err error) result { r.Verdict = err.Error(); return r }
	if o.sink {
		var err error
		if r.Machine, err = control(a, o); err != nil {
			return fail(fmt.Errorf("beside the sink: %w", err))
		}
	}
	p, h, err := o.startServer()
	if err != nil {
		return fail(err)
	}
	stop, over := make(chan struct{}), make(chan struct{})
	memory := watchMemory(p, over) // from the start: it takes time of the server, too
	r.Before, err = h.measure(o.each/4, o.of)
	if err == nil {
		var done <-chan string
		traced := make(chan error, 1)
		if done, err = a.start(p.Addr, o.pin, stop); err == nil {
			go func() { traced <- o.traceServer(p, a.name) }() // ends with the server, at the latest
			r.During, err = h.measure(o.each, o.of)
			err = errors.Join(err, <-traced)
		}
		close(stop)
		if done != nil {
			r.Did = <-done
		}
	}
	close(over)
	r.Memory = <-memory
	h.close()
	if e := p.Stop(); e != nil {
		return fail(e)
	}
	switch {
	case err != nil:
		return fail(fmt.Errorf("the healthy client: %w", err))
	case r.Memory > o.memory<<20:
		return fail(fmt.Errorf("more than %d MB", o.memory))
	case r.During > o.p99:
		return fail(fmt.Errorf("p%d over %v", o.of, o.p99))
	case o.ratio > 0 && r.ratio() > o.ratio:
		return fail(fmt.Errorf("p%d over %.1f of that before", o.of, o.ratio))
	}
	return r
}

// traceServer writes a trace of a second of the attack, if -trace is given.
func (o options) traceServer(p *victim.Process, attack string) error {
	if o.trace == "" {
		return nil
	}
	name := strings.ReplaceAll(attack, " ", "-") + ".trace"
	return p.Trace(filepath.Join(o.trace, name), 1)
}

// watchMemory samples the memory of the server until stop, and returns the most.
func watchMemory(p *victim.Process, stop <-chan struct{}) <-chan int64 {
	most := make(chan int64, 1)
	go func() { // ends after stop
		var peak int64
		for {
			if r, err := p.Report(false); err == nil {
				peak = max(peak, r.Memory)
			}
			select {
			case <-stop:
				most <- peak
				return
			case <-time.After(100 * time.Millisecond):
			}
		}
	}()
	return most
}
