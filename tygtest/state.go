package tygtest

import (
	"time"

	"github.com/tyg-dev/tyg"
)

// markActive notes that the client has sent a message, or returns a *Closed.
func (c *Client) markActive() error {
	c.host.mu.Lock()
	defer c.host.mu.Unlock()
	if c.state == closed {
		return &Closed{Code: c.ended.client.Code, Reason: c.ended.client.Reason}
	}
	c.active = time.Now()
	return nil
}

// markOpen opens a connection that its connect handler has accepted.
func (c *Client) markOpen() {
	c.host.mu.Lock()
	defer c.host.mu.Unlock()
	c.state = open
	c.host.groups.Open(&c.groups)
}

// endByClient ends the connection from the client's side. Its error is a *Closed if the connection
// had ended before.
func (c *Client) endByClient(e ending) error {
	if !c.markEnded(e) {
		return c.markActive()
	}
	c.runDisconnect()
	return nil
}

// markEnded ends the connection and makes its disconnect event due. It reports false if the
// connection was not open.
func (c *Client) markEnded(e ending) bool {
	c.host.mu.Lock()
	defer c.host.mu.Unlock()
	if c.state != open {
		return false
	}
	if e.event == (tyg.Disconnect{}) {
		e.event = e.client
	}
	c.state, c.ended, c.disconnectDue = closed, e, true
	delete(c.host.clients, c.conn.ID)
	c.host.leaving[c.conn.ID] = c
	c.notify()
	return true
}

// runDisconnect handles the disconnect event if it is due. While a handler of the connection runs,
// it leaves that to unlock.
func (c *Client) runDisconnect() {
	if c.lockForDisconnect() {
		defer c.unlockOrDisconnect()
		c.host.disconnect(c)
	}
}

// lockForDisconnect locks busy for a disconnect event that is due, if no handler runs.
func (c *Client) lockForDisconnect() bool {
	c.host.mu.Lock()
	defer c.host.mu.Unlock()
	if !c.disconnectDue {
		return false
	}
	select {
	case c.busy <- struct{}{}:
		c.disconnectDue = false
		return true
	default:
		return false
	}
}

// unlock unlocks busy, after the disconnect event if that has become due.
func (c *Client) unlock() {
	if c.unlockOrDisconnect() {
		return
	}
	defer c.unlockOrDisconnect()
	c.host.disconnect(c)
}

// unlockOrDisconnect unlocks busy. If the disconnect event is due it reports false instead: the
// caller must handle the event.
func (c *Client) unlockOrDisconnect() bool {
	c.host.mu.Lock()
	defer c.host.mu.Unlock()
	if c.disconnectDue {
		c.disconnectDue = false
		return false
	}
	<-c.busy
	return true
}
