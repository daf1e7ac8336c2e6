package gateway

import (
	"runtime"
	"time"
)

// A headGate bounds how many heads of requests are worked on at the same time: as many as there are
// processors, less one. That one is left for the loops: goroutines that parse a flood of heads
// would keep all processors, and those of clients that are connected would wait for each of them.
// The zero headGate lets all pass.
type headGate struct{ slots chan struct{} }

// slotPatience is how long a head waits for its slot at most. A flood is slowed by it anyway, and a
// slot that was never given back would stop no client.
const slotPatience = 10 * time.Millisecond

func newHeadGate() headGate {
	return headGate{make(chan struct{}, max(runtime.GOMAXPROCS(0)-1, 1))}
}

// enter waits for a slot. It reports whether there is one to leave.
func (g headGate) enter() bool {
	if g.slots == nil {
		return false
	}
	select {
	case g.slots <- struct{}{}:
		return true
	default:
	}
	timer := time.NewTimer(slotPatience)
	defer timer.Stop()
	select {
	case g.slots <- struct{}{}:
		return true
	case <-timer.C:
		return false
	}
}

// leave gives back what enter returned.
func (g headGate) leave(entered bool) {
	if entered {
		<-g.slots
	}
}

// A headSlot is a slot of a headGate, or none.
type headSlot struct {
	gate headGate
	held bool
}

// leave gives the slot back, once.
func (s *headSlot) leave() {
	s.gate.leave(s.held)
	s.held = false
}

// headSlot waits for a slot in which the head of c is worked on. Within a turn of a socket none is
// needed: there are as many turns as processors.
func (s *Server) headSlot(c *session) headSlot {
	if c.inTurn {
		return headSlot{}
	}
	return headSlot{s.heads, s.heads.enter()}
}

// enterSlot waits for a slot before c is worked on, unless the code that comes next is of others or
// may wait for something.
func (c *headConn) enterSlot() {
	c.mu.Lock()
	needs := c.gate.slots != nil && !c.free && !c.inSlot
	c.mu.Unlock()
	if !needs {
		return
	}
	entered := c.gate.enter()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.free || c.inSlot { // meanwhile: an http.Server reads while a handler runs
		c.gate.leave(entered)
		return
	}
	c.inSlot = entered
}

// leaveSlot gives the slot back before c waits for its client.
func (c *headConn) leaveSlot() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gate.leave(c.inSlot)
	c.inSlot = false
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
		c.gate.leave(c.inSlot)
		c.inSlot = false
	}
}
