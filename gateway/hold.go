package gateway

import "github.com/tyg-dev/tyg/internal/ws"

// hold keeps replies back while another complete message lies in the same read, so that all of them
// leave in one write. A handler that takes its time does not keep them: the desk's timer lets them
// go.
func (c *session) hold(d *desk, b []byte) {
	if d.holding != nil {
		return
	}
	if size := ws.FrameSize(b); size == 0 || size > len(b) {
		return
	}
	c.mu.Lock()
	c.held = true
	c.mu.Unlock()
	d.startHolding(c)
}

// release ends a hold, and writes what was held.
func (c *session) release(d *desk) {
	if d.holding == nil {
		return
	}
	d.stopHolding()
	c.letGo()
}

func (c *session) letGo() {
	c.mu.Lock()
	c.held = false
	c.flushUnlock()
}
