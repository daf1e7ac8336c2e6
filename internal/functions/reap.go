package functions

import "time"

// reapLater has idle processes looked after, once there is more than the one that stays.
func (p *pool) reapLater() {
	if p.reaper != nil || len(p.idle) < 2 || p.fn.IdleTimeout < 0 {
		return
	}
	p.reaper = time.AfterFunc(p.fn.IdleTimeout, p.reap)
}

// reap ends processes that have had no event for long. The idle ones are in the order of their last
// use, so those are the first, and the last one always stays.
func (p *pool) reap() {
	p.mu.Lock()
	p.reaper = nil
	n := 0
	for since := time.Now().Add(-p.fn.IdleTimeout); n < len(p.idle)-1; n++ {
		if p.idle[n].lastUse.After(since) {
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
		p.reapLater()
	}
	p.mu.Unlock()
	stopAll(done)
}
