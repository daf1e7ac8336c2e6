// Package bench is "tyg bench": it loads a WebSocket server and measures how long its answers take.
//
// The load is an open loop: each message has a time at which it is due, whatever became of the ones
// before it, and its latency is counted from that time. A server that stalls for a second is
// charged for every message of that second, and not for one.
package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tyg-dev/tyg/internal/wsclient"
)

// Config is the load.
type Config struct {
	URL  string
	Dial wsclient.Options

	Connections int
	Rate        float64       // messages a second, of all connections together
	Duration    time.Duration // of sending
	Payload     int           // bytes of a message, unless there is a Message
	Message     string        // with {id}, {conn} and {group} in it; empty means the id, filled up
	First       []string      // messages of each connection before the load, with {conn} and {group}
	Settle      time.Duration // after First, until the load begins
	Groups      int           // how many groups get each other's messages; 0: each its own
	Timeout     time.Duration // of handshakes, and for the last answers

	// Progress, if not nil, is called about once a second, from one goroutine.
	Progress func(Progress)
}

// Progress is how far a run is.
type Progress struct {
	Connected int
	Elapsed   time.Duration // of sending; 0 while it connects
	Sent      int64
	Received  int64
	P50, P99  time.Duration // so far
}

// A run is one load.
type run struct {
	Config
	expect  Expectation
	clients []*client
	start   time.Time // of sending

	connected atomic.Int64
	sent      atomic.Int64
	tally     tally
}

// Run connects, sends and measures. If ctx ends while it sends, the result is that of the shorter
// run, and Interrupted is set.
func Run(ctx context.Context, cfg Config) (*Result, error) {
	if err := checkLimit(cfg.Connections); err != nil {
		return nil, err
	}
	r := &run{Config: cfg, tally: newTally()}
	defer r.close()
	stop := r.report()
	defer stop()
	if err := r.connect(ctx); err != nil {
		return nil, err
	}
	if err := r.settle(ctx); err != nil {
		return nil, err
	}
	if err := r.probe(ctx); err != nil {
		return nil, err
	}
	r.load(ctx)
	return r.result(ctx.Err() != nil), nil
}

// parallelHandshakes is how many connections are opened at the same time.
const parallelHandshakes = 64

func (r *run) connect(ctx context.Context) error {
	r.clients = make([]*client, r.Connections)
	slots := make(chan struct{}, parallelHandshakes)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	for i := range r.clients {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			wg.Wait()
			return context.Cause(ctx)
		}
		wg.Go(func() {
			defer func() { <-slots }()
			c, err := r.open(ctx, i)
			if err != nil {
				cancel(fmt.Errorf("connection %d of %d: %w", i+1, r.Connections, err))
				return
			}
			r.clients[i] = c
			r.connected.Add(1)
		})
	}
	wg.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

// settle gives the server time for the first messages, to which it may have no answer.
func (r *run) settle(ctx context.Context) error {
	if len(r.First) == 0 {
		return nil
	}
	timer := time.NewTimer(r.Settle)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// load sends until the end of the time, and reads until nothing more is missing or will come.
func (r *run) load(ctx context.Context) {
	reading, stopReading := context.WithCancel(context.WithoutCancel(ctx))
	defer stopReading()
	r.start = time.Now()
	// A server that reads nothing must not hold the senders.
	sending, cancel := context.WithDeadline(ctx, r.start.Add(r.Duration+r.Timeout))
	defer cancel()
	var readers, senders sync.WaitGroup
	for _, c := range r.clients {
		readers.Go(func() { c.receive(reading) })
		senders.Go(func() { c.send(sending) })
	}
	senders.Wait()
	r.await(ctx)
	stopReading()
	readers.Wait()
}

// await waits for the last answers.
func (r *run) await(ctx context.Context) {
	const step = 5 * time.Millisecond
	end := time.Now().Add(r.Timeout)
	for time.Now().Before(end) && ctx.Err() == nil && r.tally.received() < r.missing() {
		time.Sleep(step)
	}
}

// missing returns how many deliveries the messages that were sent must have.
func (r *run) missing() int64 {
	switch r.expect {
	case Nothing:
		return 0
	case ToGroup:
		var n int64
		for _, c := range r.clients {
			n += c.sent.Load() * int64(r.groupSize(c.group()))
		}
		return n
	}
	return r.sent.Load()
}

func (r *run) groupSize(group int) int {
	n := r.Connections / r.Groups
	if group < r.Connections%r.Groups {
		n++
	}
	return n
}

func (r *run) close() {
	var wg sync.WaitGroup
	for _, c := range r.clients {
		if c != nil {
			wg.Go(c.close)
		}
	}
	wg.Wait()
}

// report calls Progress until the caller calls stop.
func (r *run) report() (stop func()) {
	if r.Progress == nil {
		return func() {}
	}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() { // ends by stop, which waits for it
		defer close(ended)
		ticks := time.NewTicker(time.Second)
		defer ticks.Stop()
		begun := time.Now()
		for {
			select {
			case <-done:
				return
			case <-ticks.C:
				r.Progress(r.progress(begun))
			}
		}
	}()
	return func() {
		close(done)
		<-ended
	}
}

func (r *run) progress(begun time.Time) Progress {
	p := Progress{Connected: int(r.connected.Load()), Sent: r.sent.Load()}
	p.Received, p.P50, p.P99 = r.tally.soFar()
	if p.Sent > 0 {
		p.Elapsed = time.Since(begun)
	}
	return p
}

// errLost is the reason of a connection that ended during the load.
var errLost = errors.New("the connection ended")
