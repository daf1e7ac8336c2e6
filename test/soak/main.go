// Soak lets clients come, talk in groups and go for minutes or hours, and judges every delivery and
// the memory of the server.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tyg-dev/tyg/internal/stopsignal"
	"github.com/tyg-dev/tyg/internal/wsclient"
	"github.com/tyg-dev/tyg/test/internal/victim"
)

const help = `soak starts a server and clients that join groups, say numbers to them, and leave
with or without a close frame. Each member checks that the numbers of each other one come in
order, once each, without a gap, and from its own group only. Now and then it calls a function in
another process, whose answers must come in order, once each; of a call without an answer soak says
where the server has it. Calls that have waited in vain for one of the two processes of the function
are late, and not wrong: the machine is too slow for them. At the end the server must have no
connection left, and no more memory and goroutines than after the first fifth, give or take a
little. soak exits with 1 if something is wrong. An interrupt ends it early: it judges what was
until then, the memory if four tenths of the time are over, and exits with 1 in any case.

What the server knows of calls for soak is in memory that it has from its start. To see whether a
leak is noticed, -leak 1024 has the server keep 1 KB of each connection: that exits with 1 after
some 15,000 sessions, which are two minutes where nothing else runs. -heap has profiles of what
keeps memory, after each tenth.

Flags:`

// options are the command line.
type options struct {
	length  time.Duration
	clients int
	groups  int
	json    bool
	leak    int
	heap    string
}

// A verdict is the output.
type verdict struct {
	Seconds     int64   `json:"seconds"`
	Sessions    int64   `json:"sessions"`
	Said        int64   `json:"said"`
	Delivered   int64   `json:"delivered"`
	Called      int64   `json:"called"`
	Late        int64   `json:"late"` // calls that waited for a process for too long
	Wrong       int64   `json:"wrong"`
	Faults      faults  `json:"faults,omitempty"`
	MemoryEarly int64   `json:"memory_early_bytes"`
	MemoryAtEnd int64   `json:"memory_at_end_bytes"`
	Memory      []int64 `json:"memory_mb_by_tenth"`
	PerSession  int64   `json:"memory_growth_bytes_per_session"`
	Goroutines  [2]int  `json:"goroutines_early_and_at_end"`
	LeftBehind  int64   `json:"connections_left"`
	PerSecond   float64 `json:"delivered_per_second"`
	Verdict     string  `json:"verdict"`
}

func main() {
	victim.Main()
	var o options
	flag.DurationVar(&o.length, "for", time.Minute, "how long")
	flag.IntVar(&o.clients, "clients", 100, "clients at one time")
	flag.IntVar(&o.groups, "groups", 20, "groups")
	flag.BoolVar(&o.json, "json", false, "print JSON")
	flag.IntVar(&o.leak, "leak", 0, "how many bytes of each connection the server keeps")
	flag.StringVar(&o.heap, "heap", "", "`folder` for profiles of the server's heap")
	flag.Usage = func() { fmt.Fprintln(os.Stderr, help); flag.PrintDefaults() }
	flag.Parse()
	if flag.NArg() > 0 || o.length <= 0 || o.clients <= 0 || o.groups <= 0 {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := stopsignal.Context(context.Background())
	v := run(ctx, o)
	stop()
	if o.json {
		_ = json.NewEncoder(os.Stdout).Encode(v)
	} else {
		fmt.Printf("%d s: %d sessions said %d, %d delivered, %d calls of the function, %d late, "+
			"%d wrong; memory in MB after each tenth %v, %d bytes a session; "+
			"goroutines early and at the end %v; %s\n",
			v.Seconds, v.Sessions, v.Said, v.Delivered, v.Called, v.Late, v.Wrong, v.Memory,
			v.PerSession, v.Goroutines, v.Verdict)
	}
	for kind, f := range v.Faults {
		fmt.Fprintf(os.Stderr, "%s: %v\n", kind, f)
	}
	if v.Verdict != good {
		os.Exit(1)
	}
}

const good = "good"

// patience is for how long a session lasts at most: long enough for a machine that is busy.
const patience = 2 * time.Minute

// run runs the clients and judges.
func run(ctx context.Context, o options) (v verdict) {
	p, err := victim.StartWithFunction(o.leak)
	if err != nil {
		v.Verdict = err.Error()
		return v
	}
	s := &soak{options: o, server: p, stop: make(chan struct{})}
	start := time.Now()
	var running sync.WaitGroup
	for i := range o.clients {
		running.Go(func() { s.client(rand.New(rand.NewPCG(uint64(i), uint64(start.UnixNano())))) })
	}
	reports, err := o.observe(ctx, p)
	close(s.stop)
	running.Wait()
	end, e := await(p)
	err = errors.Join(err, e, p.Stop())
	v = verdict{
		Seconds: int64(time.Since(start).Seconds()), Sessions: s.sessions.Load(), Said: s.said.Load(),
		Delivered: s.delivered.Load(), Called: s.called.Load(), Late: s.late.Load(),
		Wrong: s.wrong.Load(), Faults: s.kinds(),
		LeftBehind: end.Stats.Connections, Verdict: good,
	}
	v.PerSecond = float64(v.Delivered) / time.Since(start).Seconds()
	enough := v.compare(reports, end)
	v.judge(err)
	if v.Verdict == good && ctx.Err() != nil {
		v.Verdict = "interrupted; good until then"
		if !enough {
			v.Verdict = "interrupted before the memory could be judged; good until then"
		}
	}
	if log := p.LogTail(); v.Verdict != good && log != "" {
		fmt.Fprintf(os.Stderr, "the server has logged, at last:\n%s", log)
	}
	return v
}

// compare compares the end with the end of the first fifth. It reports false if there is too little
// between them.
func (v *verdict) compare(reports []victim.Report, end victim.Report) bool {
	for _, r := range reports {
		v.Memory = append(v.Memory, r.Memory>>20)
	}
	if len(reports) < 4 {
		return false
	}
	early, busy := reports[1], reports[len(reports)-1]
	busy.Memory = min(busy.Memory, reports[len(reports)-2].Memory) // a leak is in both
	v.MemoryEarly, v.MemoryAtEnd = early.Memory, busy.Memory
	v.Goroutines = [2]int{early.Goroutines, end.Goroutines}
	v.PerSession = (v.MemoryAtEnd - v.MemoryEarly) / max(busy.Stats.Connects-early.Stats.Connects, 1)
	return true
}

// observe asks the server for a report after each tenth of the time, until ctx ends.
func (o options) observe(
	ctx context.Context, p *victim.Process,
) (reports []victim.Report, err error) {
	const parts = 10
	for i := range parts {
		select {
		case <-ctx.Done():
			return reports, err
		case <-time.After(o.length / parts):
		}
		r, e := p.Report(true)
		reports, err = append(reports, r), errors.Join(err, e)
		if o.heap != "" {
			err = errors.Join(err, p.Heap(filepath.Join(o.heap, fmt.Sprint("heap.", i+1))))
		}
	}
	return reports, err
}

// await waits until the server has noticed that all clients have gone.
func await(p *victim.Process) (r victim.Report, err error) {
	for range 100 {
		if r, err = p.Report(true); err != nil || r.Stats.Connections == 0 {
			return r, err
		}
		time.Sleep(100 * time.Millisecond)
	}
	return r, nil
}

// judge sets the verdict.
func (v *verdict) judge(err error) {
	const spare = 8 << 20 // buffers and stacks of what is under way
	switch {
	case err != nil:
		v.Verdict = err.Error()
	case v.Wrong > 0:
		v.Verdict = fmt.Sprintf("wrong: %v", v.Faults)
	case v.Delivered == 0 || v.Called == 0:
		v.Verdict = "nothing was delivered, or no function called"
	case v.LeftBehind > 0:
		v.Verdict = fmt.Sprintf("%d connections were left behind", v.LeftBehind)
	case v.MemoryAtEnd > v.MemoryEarly*5/4+spare:
		v.Verdict = "the memory grows"
	case v.Goroutines[1] > v.Goroutines[0]+100:
		v.Verdict = "goroutines stay"
	}
}

// A soak is the clients and what they count.
type soak struct {
	options
	server *victim.Process
	stop   chan struct{}
	ids    atomic.Int64

	sessions, said, delivered, called, late, wrong atomic.Int64

	mu     sync.Mutex
	faults faults // guarded by mu
}

// Faults are what was wrong, by kind: how often, and the first of each.
type faults map[string]*fault

type fault struct {
	Count int64  `json:"count"`
	First string `json:"first"`
}

// String returns the count.
func (f *fault) String() string { return fmt.Sprintf("%d times, first %q", f.Count, f.First) }

func (s *soak) kinds() faults {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.faults
}

// fault counts something wrong.
func (s *soak) fault(format string, args ...any) {
	s.wrong.Add(1)
	s.note(format, args...)
}

// unanswered counts a call without an answer, of the kind that the server says.
func (s *soak) unanswered(what string, f victim.Fate) {
	count := &s.wrong
	if f.Busy {
		count = &s.late
	}
	count.Add(1)
	s.note("a call was "+what+": "+f.Stage+": %s %s", f.Text, f.Detail)
}

// note keeps the first of a kind.
func (s *soak) note(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.faults == nil {
		s.faults = make(faults)
	}
	f := s.faults[format]
	if f == nil {
		f = &fault{First: fmt.Sprintf(format, args...)}
		s.faults[format] = f
	}
	f.Count++
}

func (s *soak) over() bool {
	select {
	case <-s.stop:
		return true
	default:
		return false
	}
}

// client has one session after the other.
func (s *soak) client(rng *rand.Rand) {
	for !s.over() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		c, _, err := wsclient.Dial(ctx, s.server.URL(), &wsclient.Options{Deflate: rng.IntN(2) == 0})
		if err != nil {
			s.fault("dial: %v", err)
			time.Sleep(time.Second)
		} else {
			s.sessions.Add(1)
			m := &member{soak: s, conn: c, group: rng.IntN(s.groups), id: s.ids.Add(1)}
			m.live(ctx, rng)
		}
		cancel()
	}
}
