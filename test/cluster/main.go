//go:build unix

// Cluster runs nodes and NATS servers as processes, does to them what happens to machines and
// networks, and judges what their clients have seen.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/tyg-dev/tyg/test/cluster/record"
)

const help = `cluster starts three nodes of tyg over three NATS servers, all of them processes, with
a TCP proxy in each link. Clients connect, senders on all nodes send to them without end, and
meanwhile nodes and servers are killed, frozen, cut off and restarted. Then it prints which
guarantee was judged how often under which fault. It exits with 1 if one was broken, and with 2 if
it could not run.

Without -minutes each fault happens once, with constants of the cluster that are short, which
takes a minute. With -minutes faults go on, in random order, with the default constants.

  test/cluster/run
  test/cluster/run --minutes 60
  test/cluster/run --only "node frozen" --seed 7
  test/cluster/run --mutant all       break the code, and see that this program notices
  test/cluster/run --upgrade HEAD~1   roll clusters from a commit to this checkout, and back

Flags:`

// options are the command line.
type options struct {
	minutes float64
	clients int
	crowd   int
	seed    uint64
	only    string
	mutant  string
	upgrade string
	json    bool
	keep    bool
	list    bool

	out   io.Writer // for people
	fault string    // only this one
}

func main() {
	var o options
	flag.Float64Var(&o.minutes, "minutes", 0, "run for so many minutes, with the default constants")
	flag.IntVar(&o.clients, "clients", 30, "clients that talk")
	flag.IntVar(&o.crowd, "crowd", 0,
		"clients beside them in a rolling restart (200; with -minutes 5000)")
	flag.Uint64Var(&o.seed, "seed", 0, "repeat the choices of a run")
	flag.StringVar(&o.only, "only", "", "only faults with this `text` in their names")
	flag.StringVar(&o.mutant, "mutant", "", "break the code as this `name` says, or in all ways")
	flag.StringVar(&o.upgrade, "upgrade", "", "roll from the nodes of this `commit`, and back")
	flag.BoolVar(&o.json, "json", false, "print JSON")
	flag.BoolVar(&o.keep, "keep", false, "keep logs and data")
	flag.BoolVar(&o.list, "list", false, "print the names of faults and mutants")
	flag.Usage = func() { fmt.Fprintln(os.Stderr, help); flag.PrintDefaults() }
	flag.Parse()
	if flag.NArg() > 0 || o.minutes < 0 || o.clients < nodeCount || o.crowd < 0 {
		flag.Usage()
		os.Exit(2)
	}
	o.out = os.Stdout
	if o.json {
		o.out = os.Stderr
	}
	broken, err := o.run()
	if err != nil {
		fmt.Fprintln(os.Stderr, "cluster:", err)
		os.Exit(2)
	}
	if broken {
		os.Exit(1)
	}
}

// run does what the command line says, and reports whether a guarantee was broken.
func (o options) run() (broken bool, err error) {
	if o.list {
		o.printNames()
		return false, nil
	}
	if o.seed == 0 {
		o.seed = rand.Uint64N(1<<32) + 1
	}
	if o.crowd == 0 {
		o.crowd = 200
		if o.minutes > 0 {
			o.crowd = 5000
		}
	}
	dir, err := os.MkdirTemp("", "tyg-cluster-")
	if err != nil {
		return false, err
	}
	if o.keep {
		fmt.Fprintln(o.out, "logs and data are in", dir)
	} else {
		defer os.RemoveAll(dir)
	}
	p, err := o.build(dir)
	if err != nil {
		return false, err
	}
	switch {
	case o.mutant != "":
		return o.runMutants(p)
	case o.upgrade != "":
		return o.runUpgrade(p)
	}
	r, err := o.runFleets(p, o.fleets())
	if r == nil {
		return false, err
	}
	return r.broken(), errors.Join(r.print(o), err)
}

// programs are what a run starts.
type programs struct{ root, dir, node, nats string }

func (o options) build(dir string) (p programs, err error) {
	p = programs{dir: dir, node: filepath.Join(dir, "node"), nats: filepath.Join(dir, "nats-server")}
	if p.root, err = root(); err != nil {
		return p, err
	}
	return p, errors.Join(
		goBuild(p.root, p.node, nodeFolder), goBuild(p.root, p.nats, natsServer))
}

// A plan is what a fleet goes through.
type plan struct {
	name        string
	disconnects string
	faults      []fault
}

const (
	bestEffort  = "best-effort"
	atLeastOnce = "at-least-once"
)

// fleets returns what to do, without the faults that were not asked for.
func (o options) fleets() (plans []plan) {
	// Each takes about as long as the others.
	all := []plan{
		{"nats", bestEffort, natsFaults},
		{"node", bestEffort, nodeFaults},
		{"links", bestEffort, append(append([]fault{}, clientFaults...), linkFaults...)},
		{"ledger", atLeastOnce, ledgerFaults},
		{"sweep", atLeastOnce, sweepFaults},
	}
	if o.minutes > 0 {
		all[4].faults = append(append([]fault{}, sweepFaults...), ledgerLongFaults...)
	}
	for _, p := range all {
		var chosen []fault
		for _, f := range p.faults {
			if strings.Contains(f.name, o.only) && (o.fault == "" || f.name == o.fault) {
				chosen = append(chosen, f)
			}
		}
		if p.faults = chosen; len(chosen) > 0 {
			plans = append(plans, p)
		}
	}
	return plans
}

// setup returns the constants of a cluster.
func (o options) setup(p plan) record.Setup {
	s := record.Setup{
		Cluster: p.name, Disconnects: p.disconnects, Replicas: serverCount, Drain: 60_000,
		Ping: 10_000,
	}
	if o.minutes == 0 {
		s.Heartbeat, s.Suspect, s.Dead, s.Renew, s.Fence = 200, 1000, 6000, 1000, 4000
		s.Retry, s.Timeout, s.Redeliver = 500, 1500, 2000
		s.Ping, s.Drain = 3000, 20_000
	}
	return s
}

// pingSweep is how much later than promised a node may look for clients that are silent.
const pingSweep = 4 * time.Second

// rulesOf returns what the judge has to know.
func rulesOf(s record.Setup) rules {
	r := rules{
		ledger: s.Disconnects == atLeastOnce, dead: 30 * time.Second, timeout: 5 * time.Second,
		fence: 20 * time.Second, findsOut: 5 * time.Second,
		silence: 2*time.Duration(s.Ping)*time.Millisecond + pingSweep,
	}
	if s.Dead > 0 {
		r.dead = time.Duration(s.Dead) * time.Millisecond
		r.timeout = time.Duration(s.Timeout) * time.Millisecond
		r.fence = time.Duration(s.Fence) * time.Millisecond
		r.findsOut = 2 * time.Second
	}
	return r
}

// runFleets runs all plans at the same time.
func (o options) runFleets(p programs, plans []plan) (*report, error) {
	if len(plans) == 0 {
		return nil, fmt.Errorf("no fault has %q in its name; -list prints them", o.only)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	r := &report{Seed: o.seed, began: time.Now()}
	errs := make([]error, len(plans))
	var running sync.WaitGroup
	var crowds sync.Mutex
	for i, plan := range plans {
		running.Go(func() { // ends with its faults, or with those of another fleet that failed
			errs[i] = o.runFleet(ctx, p, plan, &crowds, r)
			if errs[i] != nil {
				stop()
			}
		})
	}
	running.Wait()
	return r, errors.Join(errs...)
}

// runFleet runs one plan.
func (o options) runFleet(
	ctx context.Context, p programs, plan plan, crowds *sync.Mutex, r *report,
) error {
	setup := o.setup(plan)
	f := &fleet{
		ctx: ctx, name: plan.name, setup: setup, program: p.node,
		dir: filepath.Join(p.dir, "fleet-"+plan.name),
		h:   newHistory(rulesOf(setup)), long: o.minutes > 0, crowd: o.crowd, crowds: crowds,
		rand: rand.New(rand.NewPCG(o.seed, uint64(len(plan.name)))), keep: o.keep,
	}
	if err := os.Mkdir(f.dir, 0o700); err != nil {
		return err
	}
	err := startFleet(f, p.nats, o.clients)
	if err == nil {
		err = f.runAll(ctx, o, plan.faults, r)
	}
	return errors.Join(err, f.close())
}

// runAll runs each fault once, or random ones until the time is over.
func (f *fleet) runAll(ctx context.Context, o options, faults []fault, r *report) error {
	if err := f.talking(true); err != nil {
		return err
	}
	if err := f.heal(); err != nil {
		return err
	}
	end := time.Now().Add(time.Duration(o.minutes * float64(time.Minute)))
	for n := 0; n < len(faults) || time.Now().Before(end); n++ {
		i := n
		if n >= len(faults) {
			i = f.rand.IntN(len(faults))
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := f.runFault(faults[i], r, o.out); err != nil {
			return fmt.Errorf("%s: %w", faults[i].name, err)
		}
	}
	return nil
}

// runFault does one fault, repairs it, and judges.
func (f *fleet) runFault(ft fault, r *report, out io.Writer) error {
	if err := errors.Join(f.balance(), f.talking(true)); err != nil {
		return err
	}
	if err := f.heal(); err != nil {
		return err
	}
	began := time.Now()
	f.h.mu.Lock()
	f.h.results, f.h.healed = make(map[string]*tally), time.Time{}
	f.h.mu.Unlock()
	time.Sleep(300 * time.Millisecond)
	struck, failed := ft.do(f)
	repaired := time.Now()
	err := failed
	if err == nil {
		err = f.heal()
	}
	f.h.mu.Lock()
	f.h.ok(ruleHealed, err == nil, "%v", err)
	f.h.mu.Unlock()
	if err := f.crashed(); err != nil {
		return err
	}
	f.letFindOut(struck)
	if err := f.talking(false); err != nil {
		return err
	}
	time.Sleep(500 * time.Millisecond) // for what is still on its way
	f.judgeLost(ft, struck, began)
	f.h.judge()
	r.add(ft.name, f.h.results)
	if failed != nil {
		return failed
	}
	fmt.Fprintf(out, "%-38s %5.1f s, all reached %4.1f s after the repair\n", ft.name,
		repaired.Sub(began).Seconds(), time.Since(repaired).Seconds())
	return nil
}

// letFindOut goes on until a node that was declared dead serves no client of before any more.
func (f *fleet) letFindOut(struck []*member) {
	for _, m := range struck {
		for time.Now().Before(f.h.foundOut(m.generation).Add(time.Second)) {
			time.Sleep(100 * time.Millisecond)
		}
	}
}

// judgeLost judges that no connection has ended that the fault does not explain.
func (f *fleet) judgeLost(ft fault, struck []*member, since time.Time) {
	f.h.mu.Lock()
	defer f.h.mu.Unlock()
	for id, c := range f.h.conns {
		may := ft.ends == allEnd || c.crowd || c.moved
		for _, m := range struck {
			may = may || ft.ends == struckEnd && m.generation == c.node
		}
		if may || !c.ended.IsZero() && c.ended.Before(since) || f.h.starved(c) {
			continue
		}
		f.h.ok(ruleKept, c.ended.IsZero(), "%s on %s ended with %d", id, c.node, c.code)
	}
}
