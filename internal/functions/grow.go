package functions

import "time"

// slack is how long a process may take from its reply until it asks for the next event, before
// those who wait get another. Runtimes take much less than a millisecond, unless they work on.
const slack = 20 * time.Millisecond

// hasRoom reports whether one more waiting call would find a process that comes, or may be started.
func (p *pool) hasRoom() bool {
	return p.waiting.Len() < p.coming()+p.fn.Concurrency-len(p.procs)
}

// grow starts processes until one comes for each call that waits, or there may be no more.
func (p *pool) grow() {
	if p.closed != nil || len(p.procs) >= p.fn.Concurrency {
		return
	}
	for n := p.coming(); n < p.waiting.Len() && len(p.procs) < p.fn.Concurrency; n++ {
		proc := newProcess(p, p.fn, p.version)
		if !p.host.begin(proc) {
			return // the Host is shut down, and will tell those who wait
		}
		p.starts++
		p.procs[proc] = struct{}{}
	}
}

// coming counts the processes that will soon ask for an event: those that start, and those that
// have just replied. The latter ask within microseconds, much sooner than a new process would;
// without them, a caller who comes back at once would find no idle process and start another. One
// that works on instead is not waited for.
func (p *pool) coming() (n int) {
	since := time.Now().Add(-slack)
	for proc := range p.procs {
		if proc.state == starting {
			n++
		}
		if proc.state == replied && proc.lastUse.After(since) {
			n++
			p.growLater()
		}
	}
	return n
}

// growLater looks again when nobody who has just replied is waited for any more.
func (p *pool) growLater() {
	if p.hurry != nil {
		return
	}
	p.hurry = time.AfterFunc(slack, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.hurry = nil
		if p.waiting.Len() > 0 {
			p.grow()
		}
	})
}
