package tygtest

import (
	"time"

	"github.com/tyg-dev/tyg"
)

// touch notes that the client has sent something, or returns a *Closed.
func (c *Client) touch() error {
	c.host.mu.Lock()
	defer c.host.mu.Unlock()
	if c.state == over {
		return &Closed{Code: c.ended.client.Code, Reason: c.ended.client.Reason}
	}
	c.active = time.Now()
	return nil
}

// enter opens a connection whose connect handler has accepted it.
func (c *Client) enter() {
	c.host.mu.Lock()
	defer c.host.mu.Unlock()
	c.state = open
}

// leave ends the connection from the client's side. Its error is a *Closed if it was over already.
func (c *Client) leave(e ending) error {
	if !c.end(e) {
		return c.touch()
	}
	c.settle()
	return nil
}

// end makes the connection gone, and its disconnect event due. It reports false if the connection
// was not open.
func (c *Client) end(e ending) bool {
	c.host.mu.Lock()
	defer c.host.mu.Unlock()
	if c.state != open {
		return false
	}
	if e.event == (tyg.Disconnect{}) {
		e.event = e.client
	}
	c.state, c.ended, c.due = over, e, true
	delete(c.host.clients, c.conn.ID)
	c.changed()
	return true
}

// settle handles the disconnect event if it is due. While a handler of the connection runs, settle
// leaves that to release.
func (c *Client) settle() {
	if c.take() {
		defer c.giveBack()
		c.host.disconnect(c)
	}
}

// take takes the turn for a disconnect event that is due.
func (c *Client) take() bool {
	c.host.mu.Lock()
	defer c.host.mu.Unlock()
	if !c.due {
		return false
	}
	select {
	case c.turn <- struct{}{}:
		c.due = false
		return true
	default:
		return false
	}
}

// release gives the turn back, after the disconnect event if that has become due.
func (c *Client) release() {
	if c.giveBack() {
		return
	}
	defer c.giveBack()
	c.host.disconnect(c)
}

// giveBack gives the turn back, unless the disconnect event is due, which it then no longer is.
func (c *Client) giveBack() bool {
	c.host.mu.Lock()
	defer c.host.mu.Unlock()
	if c.due {
		c.due = false
		return false
	}
	<-c.turn
	return true
}
