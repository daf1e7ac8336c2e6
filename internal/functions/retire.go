package functions

import "time"

// adopt makes the version of proc the one that takes events from now on, proc being its first
// process, and ends those of the old one, each when it has no event any more.
func (p *pool) adopt(proc *process) {
	p.mu.Lock()
	done := p.retire()
	p.fn, p.version = proc.fn, proc.version
	p.starts++
	proc.candidate = false
	var c *call
	if proc.state != ended { // or it has died since it asked for an event
		p.procs[proc] = struct{}{}
	}
	if proc.state == idle {
		c = p.offer(proc)
	}
	p.grow()
	p.mu.Unlock()
	if c != nil {
		proc.give(c)
	}
	stopAll(done)
}

// retire makes all processes those of an old version, and returns the ones that have no event. One
// that has just replied will ask for another in a moment, and get none; it is not waited for long.
func (p *pool) retire() (done []*process) {
	for proc := range p.procs {
		switch proc.state {
		case replied:
			proc.limit(grace, time.Now())
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

// close lets the processes finish what they have and fails what waits.
func (p *pool) close(why error) {
	p.mu.Lock()
	p.closed = why
	done := p.retire()
	p.version++
	var calls []*call
	for e := p.waiting.Front(); e != nil; e = p.waiting.Front() {
		c := p.waiting.Remove(e).(*call)
		c.place = nil
		calls = append(calls, c)
	}
	if p.reaper != nil {
		p.reaper.Stop()
	}
	p.mu.Unlock()
	for _, c := range calls {
		c.done <- outcome{err: p.error(why)}
	}
	stopAll(done)
}

func stopAll(procs []*process) {
	for _, proc := range procs {
		proc.stop()
	}
}
