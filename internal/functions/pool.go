package functions

import (
	"container/list"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/tyg-dev/tyg/internal/functions/osproc"
	"github.com/tyg-dev/tyg/internal/functions/runtimeapi"
)

// A pool is the processes of one function, and the events that wait for them.
type pool struct {
	host *Host
	name string

	mu        sync.Mutex
	fn        Function              // the version that takes events
	version   int                   // of fn, from 1; 0 before the first
	procs     map[*process]struct{} // of this version, whatever they are doing
	old       map[*process]struct{} // of older versions, with an event to finish
	idle      []*process            // the most recently used last
	waiting   list.List             // of *call, the oldest first
	starts    int
	closed    error       // not nil: takes no events any more
	reapTimer *time.Timer // nil: nothing to reap
	growTimer *time.Timer // nil: nobody waits for one who has just replied
}

func newPool(h *Host, name string) *pool {
	return &pool{
		host: h, name: name,
		procs: make(map[*process]struct{}), old: make(map[*process]struct{}),
	}
}

// dispatch finds an idle process for c. If there is none, c is queued, and a process is started for
// it if there may be more. Whichever process is free first then takes the oldest call.
func (p *pool) dispatch(c *call) (*process, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed != nil {
		return nil, p.error(p.closed)
	}
	if len(p.idle) > 0 {
		return p.assignIdle(c), nil
	}
	if p.waiting.Len() >= p.host.queue() || c.inv.NoWait && !p.hasCapacity() {
		return nil, p.error(ErrThrottled)
	}
	c.element = p.waiting.PushBack(c)
	p.grow()
	return nil, nil
}

// assignIdle gives c to the idle process that was used last, so that the others get old.
func (p *pool) assignIdle(c *call) *process {
	n := len(p.idle) - 1
	proc := p.idle[n]
	p.idle = p.idle[:n]
	proc.assign(c)
	return proc
}

// wait waits for the outcome of a call, or until the caller's context ends.
func (p *pool) wait(ctx context.Context, c *call) (Result, error) {
	select {
	case o := <-c.done:
		return c.result(o)
	case <-ctx.Done():
	}
	err := fmt.Errorf("invoke %q: %w", p.name, ctx.Err())
	if p.abandon(c) {
		err = fmt.Errorf("%w: %w", err, ErrThrottled)
	}
	return Result{RequestID: c.inv.RequestID}, err
}

// abandon is for a caller who waits no longer. It returns when nobody reads the payload any more, and
// reports whether the call was still in the queue.
func (p *pool) abandon(c *call) (queued bool) {
	p.mu.Lock()
	queued = c.element != nil
	if queued {
		p.waiting.Remove(c.element)
		c.element = nil
	}
	c.abandoned = true
	p.mu.Unlock()
	c.writing.Lock()
	defer c.writing.Unlock()
	return queued
}

// park takes a process that asks for its next event, on c, and returns one that waits already. A
// process that is to end gets none; then stop is true.
func (p *pool) park(proc *process, c *runtimeapi.Conn) (next *call, stop bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch proc.state {
	case busy:
		return nil, false, runtimeapi.ErrTransition
	case ended:
		return nil, false, nil // it is about to end, and until then it waits
	case idle:
		_ = proc.next.Close() // it asks again: what it asked before, it does not listen to any more
		proc.next = c
		return nil, false, nil
	}
	if proc.cause != nil {
		return nil, false, nil // as above
	}
	proc.next = c
	proc.markReady()
	if proc.candidate {
		return nil, false, nil
	}
	if proc.version != p.version || p.closed != nil || proc.fn.Cold && proc.used {
		proc.state = ended
		return nil, true, nil
	}
	return p.offer(proc), false, nil
}

// offer returns the oldest call that waits, or makes the process idle.
func (p *pool) offer(proc *process) *call {
	first := p.waiting.Front()
	if first == nil {
		if proc.fn.Freeze {
			proc.group.Signal(osproc.Freeze) // before anybody can give it an event and thaw it
		}
		p.idle = append(p.idle, proc)
		p.scheduleReap()
		return nil
	}
	c := p.waiting.Remove(first).(*call)
	c.element = nil
	proc.assign(c)
	return c
}

// unpark is for a process that hung up while it waited for an event. It may ask again soon.
func (p *pool) unpark(proc *process, c *runtimeapi.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if proc.state != idle || proc.next != c {
		return
	}
	p.removeIdle(proc)
	proc.next = nil
	proc.state = starting
	proc.setDeadline(proc.fn.InitTimeout, time.Now())
}

// requeue is for a call that could not be written to its process, which gets no more. It returns an
// idle process that takes the call in its place, else the call goes to the head of the queue. What
// was written is no whole event, so nobody can have begun with it.
func (p *pool) requeue(proc *process, c *call) (other *process) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if proc.call != c {
		return nil // the process has ended meanwhile, and the call with it
	}
	proc.call, proc.state = nil, ended
	switch {
	case c.abandoned:
	case p.closed != nil:
		c.done <- outcome{err: p.error(p.closed)}
	case len(p.idle) > 0:
		return p.assignIdle(c)
	default:
		c.element = p.waiting.PushFront(c)
		p.grow()
	}
	return nil
}

// finish is for a process that has replied to the call of that id, and adds to o how long it took.
// It returns nil if that is not the call that the process has.
func (p *pool) finish(proc *process, id string, o *outcome) (c *call, abandoned bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c = proc.call
	if c == nil || c.inv.RequestID != id {
		return nil, false
	}
	proc.lastUsed = time.Now()
	o.took, o.init = proc.lastUsed.Sub(proc.assignedAt), proc.initTook
	proc.call, proc.initTook = nil, 0
	proc.state = replied
	if _, old := p.old[proc]; old {
		proc.setDeadline(termGrace, proc.lastUsed)
	}
	return c, c.abandoned
}

// failInit is for a process that says itself that it cannot start. It returns false if it has
// started.
func (p *pool) failInit(proc *process, why error) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if proc.initialized || proc.cause != nil {
		return false
	}
	proc.cause = why
	return true
}

// remove is for a process that has ended. It returns the call that it had, or the oldest that waits
// if the process never came to take one.
func (p *pool) remove(proc *process) (c *call, took time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c = proc.call
	if c != nil {
		took = time.Since(proc.assignedAt)
	}
	never := proc.state == starting && !proc.initialized && !proc.candidate
	proc.call = nil
	proc.state = ended
	p.removeIdle(proc)
	delete(p.procs, proc)
	delete(p.old, proc)
	if first := p.waiting.Front(); never && first != nil {
		c = p.waiting.Remove(first).(*call)
		c.element = nil
	}
	p.grow()
	return c, took
}

// close lets the processes finish what they have and fails what waits.
func (p *pool) close(why error) {
	p.mu.Lock()
	p.closed = why
	done := p.retire()
	p.version++
	var calls []*call
	for e := p.waiting.Front(); e != nil; e = p.waiting.Front() {
		c := p.waiting.Remove(e).(*call)
		c.element = nil
		calls = append(calls, c)
	}
	if p.reapTimer != nil {
		p.reapTimer.Stop()
	}
	p.mu.Unlock()
	for _, c := range calls {
		c.done <- outcome{err: p.error(why)}
	}
	stopAll(done)
}

func (p *pool) removeIdle(proc *process) {
	if i := slices.Index(p.idle, proc); i >= 0 {
		p.idle = slices.Delete(p.idle, i, i+1)
	}
}

func (p *pool) error(err error) error { return fmt.Errorf("invoke %q: %w", p.name, err) }

// Stats is what the processes of one function are doing.
type Stats struct {
	Starting int // processes that have not asked for an event yet
	Idle     int // processes that have asked for an event, or have just replied to one
	Busy     int // processes that have one, those of older versions included
	Waiting  int // events that wait for a process
	Starts   int // processes started since the function was first deployed
}

func (p *pool) stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := Stats{Waiting: p.waiting.Len(), Starts: p.starts}
	for proc := range p.procs {
		s.count(proc.state)
	}
	for proc := range p.old {
		s.count(proc.state)
	}
	return s
}

func (s *Stats) count(what state) {
	switch what {
	case starting:
		s.Starting++
	case idle, replied:
		s.Idle++
	case busy:
		s.Busy++
	}
}
