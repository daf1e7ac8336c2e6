package functions

import (
	"fmt"
	"time"
)

// replyGrace is how long a process may take from its reply until it asks for the next event, before
// another process is started for the calls that wait. Runtimes take much less than a millisecond,
// unless the function continues to work.
const replyGrace = 20 * time.Millisecond

// hasCapacity reports whether there is or may be a process for one more waiting call. A process
// that has replied counts, however long it takes to ask again: it has no event.
func (p *pool) hasCapacity() bool {
	free := p.fn.Concurrency - len(p.procs)
	for proc := range p.procs {
		if proc.state == starting || proc.state == replied {
			free++
		}
	}
	return p.waiting.Len() < free
}

// grow starts processes until there is one for each waiting call, or Concurrency is reached.
func (p *pool) grow() {
	if p.closed != nil || len(p.procs) >= p.fn.Concurrency {
		return
	}
	for n := p.soonIdle(); n < p.waiting.Len() && len(p.procs) < p.fn.Concurrency; n++ {
		proc := newProcess(p, p.fn, p.version)
		proc.second = len(p.procs) == 1 && !p.fn.Cold && !p.warnedSecond
		p.warnedSecond = p.warnedSecond || proc.second
		if !p.host.runProcess(proc) {
			return // the Host is shut down and will fail the waiting calls
		}
		p.starts++
		p.procs[proc] = struct{}{}
	}
}

// soonIdle counts the processes that will soon ask for an event: those that start, and those that
// replied less than replyGrace ago. The latter ask within microseconds. If they did not count, a
// caller that sends event after event would find no idle process and start another.
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

// scheduleGrow calls grow after replyGrace, because a process that has just replied may not have
// asked for an event by then.
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

// scheduleReap calls reap after IdleTimeout, if there is more than the one idle process that stays.
func (p *pool) scheduleReap() {
	if p.reapTimer != nil || len(p.idle) < 2 || p.fn.IdleTimeout < 0 {
		return
	}
	p.reapTimer = time.AfterFunc(p.fn.IdleTimeout, p.reap)
}

// reap ends the processes that have been idle for IdleTimeout. p.idle is in the order of last use,
// so they are the first there; the last one always stays.
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

// retire makes all processes those of an old version. It returns those without an event, which the
// caller must stop. A process that has just replied is stopped when it asks for its next event, and
// killed after termGrace if it does not.
func (p *pool) retire() (done []*process) {
	for proc := range p.procs {
		switch proc.state {
		case replied:
			proc.setDeadline(termGrace, time.Now())
			p.retired[proc] = struct{}{}
		case busy:
			p.retired[proc] = struct{}{}
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

const secondProcess = "a second process has started, and processes share no memory: keep what " +
	"handlers share in groups, tyg.Value or a store, or run one process"

// warnWaited reports, once, an event that waited long although processes run.
func (p *pool) warnWaited(c *call) {
	if c.waited < SlowWait || p.warnedWait.Swap(true) {
		return
	}
	p.mu.Lock()
	n := p.fn.Concurrency
	p.mu.Unlock()
	p.host.warn(Warning{
		Kind: WarnWaited, Function: p.name, RequestID: c.inv.RequestID,
		Detail: fmt.Sprintf("an event waited %v, because each process handles one at a time and "+
			"there may be only %d; more processes share no memory", c.waited.Round(time.Millisecond), n),
	})
}
