package functions

import (
	"container/list"
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tyg-dev/tyg/internal/functions/osproc"
	"github.com/tyg-dev/tyg/internal/functions/runtimeapi"
)

// A pool has the processes of one function and the calls that wait for them. Its lock guards the
// state of the processes too.
type pool struct {
	host *Host
	name string

	mu        sync.Mutex
	fn        Function              // the version that takes events
	version   int                   // of fn, from 1; 0 before the first
	procs     map[*process]struct{} // of this version, in any state
	retired   map[*process]struct{} // of older versions, with an event to finish
	idle      []*process            // the most recently used last
	waiting   list.List             // of *call, the oldest first
	starts    int                   // of processes, over all versions
	closed    error                 // why the pool takes no more calls; nil: it takes calls
	reapTimer *time.Timer           // nil: not set
	growTimer *time.Timer           // nil: not set

	warnedSecond bool        // of a second process
	warnedWait   atomic.Bool // not guarded by mu
}

func newPool(h *Host, name string) *pool {
	return &pool{
		host: h, name: name,
		procs: make(map[*process]struct{}), retired: make(map[*process]struct{}),
	}
}

// dispatch assigns c to an idle process, to which the caller must write the event. If there is
// none, dispatch queues c, starts a process if there may be more, and returns nil. The first
// process that is free takes the oldest call.
func (p *pool) dispatch(c *call) (*process, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed != nil {
		return nil, p.invokeError(p.closed)
	}
	if len(p.idle) > 0 {
		return p.assignIdle(c), nil
	}
	if p.waiting.Len() >= p.host.queue() || c.inv.NoWait && !p.fn.Queue && !p.hasCapacity() {
		return nil, p.invokeError(ErrThrottled)
	}
	if len(p.procs) >= p.fn.Concurrency {
		c.queuedAt = time.Now()
	}
	c.element = p.waiting.PushBack(c)
	p.grow()
	return nil, nil
}

// assignIdle assigns c to the idle process that was used last, so that the others can time out.
func (p *pool) assignIdle(c *call) *process {
	n := len(p.idle) - 1
	proc := p.idle[n]
	p.idle = p.idle[:n]
	proc.assign(c)
	return proc
}

// wait waits for the outcome of c, or until the caller's context ends.
func (p *pool) wait(ctx context.Context, c *call) (Result, error) {
	select {
	case o := <-c.done:
		p.warnWaited(c)
		return c.result(o)
	case <-ctx.Done():
	}
	err := fmt.Errorf("invoke %q: %w", p.name, ctx.Err())
	if p.abandon(c) {
		err = fmt.Errorf("%w: %w", err, ErrThrottled)
	}
	return Result{RequestID: c.inv.RequestID}, err
}

// abandon notes that the caller of c stops waiting, and reports whether c was still in the queue.
// It returns when the payload is not being read any more.
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

// park notes that proc asks for its next event on c. It returns a call that waits already, to be
// written to proc, or stop if proc must end instead.
func (p *pool) park(proc *process, c *runtimeapi.Conn) (next *call, stop bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch proc.state {
	case busy:
		return nil, false, runtimeapi.ErrTransition
	case ended:
		return nil, false, nil // it waits without an event until it ends
	case idle:
		_ = proc.next.Close() // it asks again, so it does not read its earlier connection any more
		proc.next = c
		return nil, false, nil
	}
	if proc.cause != nil {
		return nil, false, nil // it is being killed
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
	return p.nextCall(proc), false, nil
}

// nextCall assigns the oldest waiting call to proc and returns it. If no call waits, proc becomes
// idle.
func (p *pool) nextCall(proc *process) *call {
	first := p.waiting.Front()
	if first == nil {
		if proc.fn.Freeze {
			proc.group.Signal(osproc.Freeze) // before it is in p.idle, where a call could thaw it
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

// unpark notes that proc closed c. If it was waiting for an event there, it gets InitTimeout to ask
// again.
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

// requeue takes back c, which could not be written to proc: proc gets no more events. It returns an
// idle process to which it has assigned c, or puts c at the head of the queue. Retrying is safe:
// the event did not reach proc whole, so its handling has not begun.
func (p *pool) requeue(proc *process, c *call) (other *process) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if proc.call != c {
		return nil // proc has ended meanwhile, and c has failed
	}
	proc.call, proc.state = nil, ended
	switch {
	case c.abandoned:
	case p.closed != nil:
		c.done <- outcome{err: p.invokeError(p.closed)}
	case len(p.idle) > 0:
		return p.assignIdle(c)
	default:
		c.element = p.waiting.PushFront(c)
		p.grow()
	}
	return nil
}

// finish notes that proc has replied to the call of that id, and adds to o how long it took. It
// returns nil if proc does not have that call.
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
	if _, old := p.retired[proc]; old {
		proc.setDeadline(termGrace, proc.lastUsed)
	}
	return c, c.abandoned
}

// failStart notes that proc reports that it cannot start. It returns false if proc has started.
func (p *pool) failStart(proc *process, why error) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if proc.initialized || proc.cause != nil {
		return false
	}
	proc.cause = why
	return true
}

// remove removes proc, which has exited. It returns the call that fails with it: the call that proc
// had or, if proc never asked for an event, the oldest that waits.
func (p *pool) remove(proc *process) (c *call, took time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c = proc.call
	if c != nil {
		took = time.Since(proc.assignedAt)
	}
	neverReady := proc.state == starting && !proc.initialized && !proc.candidate
	proc.call = nil
	proc.state = ended
	p.removeIdle(proc)
	delete(p.procs, proc)
	delete(p.retired, proc)
	if first := p.waiting.Front(); neverReady && first != nil {
		c = p.waiting.Remove(first).(*call)
		c.element = nil
	}
	p.grow()
	return c, took
}

// close lets the processes finish their events and fails the calls that wait.
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
		c.done <- outcome{err: p.invokeError(why)}
	}
	stopAll(done)
}

func (p *pool) removeIdle(proc *process) {
	if i := slices.Index(p.idle, proc); i >= 0 {
		p.idle = slices.Delete(p.idle, i, i+1)
	}
}

func (p *pool) invokeError(err error) error { return fmt.Errorf("invoke %q: %w", p.name, err) }

// Stats counts the processes of one function, by state, and its events.
type Stats struct {
	Starting int // processes that have not asked for an event yet
	Idle     int // processes that have asked for an event, or have just replied to one
	Busy     int // processes that have an event, those of older versions included
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
	for proc := range p.retired {
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
