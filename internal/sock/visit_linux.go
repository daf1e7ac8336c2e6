package sock

import (
	"sync"
	"sync/atomic"
	"time"
)

// A Visit is a piece of work of a goroutine for which the leader of a loop waits, as if it were a
// turn. Goroutines that work beside the leader would have all sockets wait for them: Go's scheduler
// knows no priorities, and while any goroutine can run it looks at epoll once in 10 ms.
type Visit struct {
	turn  chan struct{} // told when the visitor may work
	left  chan struct{} // told when it has
	state atomic.Int32
	timer *time.Timer
}

// The values of Visit.state.
const (
	visitWaits int32 = iota
	visitBegun
	visitGivenUp
)

// visits are those that are not in use.
var visits = sync.Pool{New: func() any {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return &Visit{turn: make(chan struct{}, 1), left: make(chan struct{}, 1), timer: t}
}}

// Visit waits until the caller may work, for d at most. Call Leave when the work is done or has to
// wait. Without a loop, or after d, it returns nil, which needs no Leave. It must not be called
// from within a turn: there it would wait for the caller itself.
func (p *Poller) Visit(d time.Duration) *Visit {
	if l := p.anyLoop(); l != nil {
		return l.visit(d)
	}
	return nil
}

// anyLoop returns one of the loops that are open, another one at each call.
func (p *Poller) anyLoop() *loop {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.loops) == 0 {
		return nil
	}
	p.visits++
	return p.loops[p.visits%uint(len(p.loops))]
}

func (l *loop) visit(d time.Duration) *Visit {
	v := visits.Get().(*Visit)
	v.state.Store(visitWaits)
	if !l.ask(v) {
		visits.Put(v)
		return nil
	}
	v.timer.Reset(d)
	select {
	case <-v.turn:
	case <-v.timer.C:
		if v.state.CompareAndSwap(visitWaits, visitGivenUp) {
			return nil // the leader has it yet
		}
		<-v.turn
	}
	v.timer.Stop()
	return v
}

// ask queues v. It reports false if the loop is closed.
func (l *loop) ask(v *Visit) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	l.asked = append(l.asked, v)
	l.ringLocked()
	return true
}

// Leave ends v. A nil v is none.
func (v *Visit) Leave() {
	if v != nil {
		v.left <- struct{}{}
	}
}

// begin lets the visitor work, and reports whether it still waited.
func (v *Visit) begin() bool {
	if !v.state.CompareAndSwap(visitWaits, visitBegun) {
		return false
	}
	v.turn <- struct{}{}
	return true
}

// takeVisit takes the Visit that has waited longest. Visits and the turns of l.more alternate.
func (l *loop) takeVisit() *Visit {
	others := l.nextMore < len(l.more) && l.paused.Load() < maxPaused
	if l.nextVisit == len(l.visitors) || l.visited && others {
		l.visited = false
		return nil
	}
	l.visited = true
	v := l.visitors[l.nextVisit]
	l.visitors[l.nextVisit] = nil
	l.nextVisit++
	if 2*l.nextVisit >= len(l.visitors) {
		l.visitors, l.nextVisit = append(l.visitors[:0], l.visitors[l.nextVisit:]...), 0
	}
	return v
}

// receive lets v run, and reports whether the caller is still the leader.
func (l *loop) receive(v *Visit) bool {
	seq := l.turnSeq.Add(1)
	l.visitSeq.Store(seq)
	l.arm()
	if v.begin() {
		<-v.left
	}
	visits.Put(v)
	now := time.Since(l.start)
	if !l.turnSeq.CompareAndSwap(seq, seq+1) {
		return false
	}
	l.now = now
	return true
}

// Pausing turns wait for pausePatience at most. While maxPaused of a loop do, no turn begins that
// may wait, and twice as many may: each keeps what it works with.
const (
	pausePatience = time.Second
	maxPaused     = 8
)

// Pause lets others go first in the middle of a turn that takes long: the turns of sockets that
// have something new to read, and some of those that may wait. It is called from within a turn,
// with what the last Pause of the same turn has returned, nil at first. The caller must Leave what
// it returns before the turn ends.
func (c *Conn) Pause(last *Visit) *Visit {
	if c.blocking != nil {
		return nil // its goroutine is one of many
	}
	l := c.loop
	if l.paused.Add(1) > 2*maxPaused {
		l.paused.Add(-1)
		return last
	}
	defer l.paused.Add(-1)
	last.Leave()
	seq := l.turnSeq.Load()
	if c.led != 0 && uint32(seq) == c.led && l.turnSeq.CompareAndSwap(seq, seq+1) {
		l.poller.workers.run(l.lead) // ends as the first leader does
	}
	c.led = 0
	return l.visit(pausePatience)
}
