package gateway

import (
	"runtime"
	"sync/atomic"
	"time"

	"github.com/tyg-dev/tyg/internal/sock"
)

// A headGate bounds how many heads of requests are worked on at the same time: as many as there are
// processors, less one, and no more often than now and then. All others are worked on in turns that
// the loops give them, between those of clients that are connected: goroutines that parse a flood
// of heads would have these wait for each of them. A nil headGate lets all pass.
type headGate struct {
	slots  chan struct{}
	poller *sock.Poller // has the loops; nil: there are none
	clock  *clock
	last   atomic.Int64 // when a slot was last given to a head that did not wait
	taken  atomic.Int64 // slots and turns
}

const (
	// slotPause is how often a head gets a slot at once. A turn costs it two switches of goroutines; a
	// goroutine that never waited would keep its processor for 10 ms.
	slotPause = 200 * time.Microsecond

	// turnPatience is how long a head waits for its turn at most, and slotPatience for a slot where
	// there are no turns. A flood is slowed by it anyway, and a slot that was never given back would
	// stop no client.
	turnPatience = time.Second
	slotPatience = 10 * time.Millisecond
)

func newHeadGate(poller *sock.Poller, c *clock) *headGate {
	n := max(runtime.GOMAXPROCS(0)-1, 1)
	return &headGate{slots: make(chan struct{}, n), poller: poller, clock: c}
}

// A headSlot is a slot or a turn of a headGate, or none.
type headSlot struct {
	gate  *headGate // nil: none
	visit *sock.Visit
}

// enter waits for a slot or a turn.
func (g *headGate) enter() headSlot {
	if g == nil {
		return headSlot{}
	}
	if g.isTime() && g.enterNow() {
		return g.slot(nil)
	}
	if g.poller != nil {
		if v := g.poller.Visit(turnPatience); v != nil {
			return g.slot(v)
		}
	}
	if g.enterNow() {
		return g.slot(nil)
	}
	timer := time.NewTimer(slotPatience)
	defer timer.Stop()
	select {
	case g.slots <- struct{}{}:
		return g.slot(nil)
	case <-timer.C:
		return headSlot{}
	}
}

func (g *headGate) slot(v *sock.Visit) headSlot {
	g.taken.Add(1)
	return headSlot{g, v}
}

// isTime reports whether the last head that did not wait was long ago.
func (g *headGate) isTime() bool {
	now, last := g.clock.now(), g.last.Load()
	return now-last >= int64(slotPause) && g.last.CompareAndSwap(last, now)
}

// enterNow takes a slot that is free.
func (g *headGate) enterNow() bool {
	select {
	case g.slots <- struct{}{}:
		return true
	default:
		return false
	}
}

// held reports whether there is something to leave.
func (s *headSlot) held() bool { return s.gate != nil }

// leave gives the slot back, once.
func (s *headSlot) leave() {
	if s.gate == nil {
		return
	}
	s.gate.taken.Add(-1)
	if s.visit != nil {
		s.visit.Leave()
	} else {
		<-s.gate.slots
	}
	*s = headSlot{}
}

// headSlot waits for a slot in which the head of c is worked on. Within a turn of a socket none is
// needed: there are as many turns as processors.
func (s *Server) headSlot(c *session) headSlot {
	if c.inTurn {
		return headSlot{}
	}
	return s.heads.enter()
}

// enterSlot waits for a slot before c is worked on, unless the code that comes next is of others or
// may wait for something.
func (c *headConn) enterSlot() {
	c.mu.Lock()
	needs := c.gate != nil && !c.free && !c.slot.held()
	c.mu.Unlock()
	if !needs {
		return
	}
	slot := c.gate.enter()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.free || c.slot.held() { // meanwhile: an http.Server reads while a handler runs
		slot.leave()
		return
	}
	c.slot = slot
}

// leaveSlot gives the slot back before c waits for its client.
func (c *headConn) leaveSlot() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.slot.leave()
}

// setFree notes whether code may run that takes its time, such as the application's. A nil c does
// nothing.
func (c *headConn) setFree(on bool) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.free = on
	if on {
		c.slot.leave()
	}
}
