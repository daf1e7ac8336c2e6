package gateway

import "github.com/tyg-dev/tyg/internal/ws"

// hold keeps replies back while another complete message lies in the same read, so that all of them
// leave in one write, whoever they go to. A handler that takes its time does not keep them: the
// desk's watch lets them go.
func (c *session) hold(d *desk, b []byte) {
	if d.holding.Load() || !ws.FrameComplete(b) {
		return
	}
	d.startHolding()
	c.mu.Lock()
	if !c.held && d.keep(c, d.term) {
		c.held = true
	}
	c.mu.Unlock()
}

// startHolding begins a new term.
func (d *desk) startHolding() {
	d.mu.Lock()
	d.term++
	d.holding.Store(true)
	d.mu.Unlock()
}

// keep remembers that c is held, for release. It reports false if that comes too late: the term is
// over. c.mu is held.
func (d *desk) keep(c *session, term uint64) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.holding.Load() || d.term != term {
		return false
	}
	d.held = append(d.held, c)
	return true
}

// release ends the term, and writes what was held. It is called by the pass, or by its watch.
func (d *desk) release() {
	d.mu.Lock()
	held := d.held
	d.held = nil
	d.holding.Store(false)
	d.mu.Unlock()
	letGo(held)
	clear(held)
	d.mu.Lock()
	if d.held == nil {
		d.held = held[:0]
	}
	d.mu.Unlock()
}

// letGo writes what was held of sessions, one or many.
func letGo(held []*session) {
	if len(held) == 0 {
		return
	}
	b := held[0].srv.batch(len(held))
	defer flushBatch(b)
	for _, c := range held {
		c.mu.Lock()
		c.held = false
		c.flushIntoUnlock(b)
	}
}

// expire lets replies go whose handler takes its time.
func (d *desk) expire() {
	d.slow.Store(true)
	d.release()
}
