package functions

import (
	"time"
)

// replyGrace is how long a process may take from its reply until it asks for the next event, before
// those who wait get another. Runtimes take much less than a millisecond, unless they work on.
const replyGrace = 20 * time.Millisecond

// hasCapacity reports whether one more waiting call would find a process that comes, or may be started.
func (p *pool) hasCapacity() bool {
	return p.waiting.Len() < p.soonIdle()+p.fn.Concurrency-len(p.procs)
}

// grow starts processes until one comes for each call that waits, or there may be no more.
func (p *pool) grow() {
	if p.closed != nil || len(p.procs) >= p.fn.Concurrency {
		return
	}
	for n := p.soonIdle(); n < p.waiting.Len() && len(p.procs) < p.fn.Concurrency; n++ {
		proc := newProcess(p, p.fn, p.version)
		if !p.host.runProcess(proc) {
			return // the Host is shut down, and will tell those who wait
		}
		p.starts++
		p.procs[proc] = struct{}{}
	}
}

// soonIdle counts the processes that will soon ask for an event: those that start, and those that
// have just replied. The latter ask within microseconds, much sooner than a new process would;
// without them, a caller who comes back at once would find no idle process and start another. One
// that works on instead is not waited for.
func (p *pool) soonIdle() (n int) {
	since := time.Now().Add(-replyGrace)
	for proc := range p.procs {
		if proc.state == starting {
			n++
		}
		if proc.state == replied && proc.lastUsed.After(since) {
			n++
			p.scheduleGrow()
		}
	}
	return n
}

// scheduleGrow looks again when nobody who has just replied is waited for any more.
func (p *pool) scheduleGrow() {
	if p.growTimer != nil {
		return
	}
	p.growTimer = time.AfterFunc(replyGrace, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.growTimer = nil
		if p.waiting.Len() > 0 {
			p.grow()
		}
	})
}

// scheduleReap has idle processes looked after, once there is more than the one that stays.
func (p *pool) scheduleReap() {
	if p.reapTimer != nil || len(p.idle) < 2 || p.fn.IdleTimeout < 0 {
		return
	}
	p.reapTimer = time.AfterFunc(p.fn.IdleTimeout, p.reap)
}

// reap ends processes that have had no event for long. The idle ones are in the order of their last
// use, so those are the first, and the last one always stays.
func (p *pool) reap() {
	p.mu.Lock()
	p.reapTimer = nil
	n := 0
	for since := time.Now().Add(-p.fn.IdleTimeout); n < len(p.idle)-1; n++ {
		if p.idle[n].lastUsed.After(since) {
			break
		}
	}
	done := append([]*process(nil), p.idle[:n]...)
	p.idle = append(p.idle[:0], p.idle[n:]...)
	for _, proc := range done {
		proc.state = ended
		delete(p.procs, proc)
	}
	if p.closed == nil {
		p.scheduleReap()
	}
	p.mu.Unlock()
	stopAll(done)
}

// retire makes all processes those of an old version, and returns the ones that have no event. One
// that has just replied will ask for another in a moment, and get none; it is not waited for long.
func (p *pool) retire() (done []*process) {
	for proc := range p.procs {
		switch proc.state {
		case replied:
			proc.setDeadline(termGrace, time.Now())
			p.old[proc] = struct{}{}
		case busy:
			p.old[proc] = struct{}{}
		default:
			proc.state = ended
			done = append(done, proc)
		}
	}
	clear(p.procs)
	p.idle = nil
	return done
}

func stopAll(procs []*process) {
	for _, proc := range procs {
		proc.stop()
	}
}
