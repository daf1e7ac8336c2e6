package gateway

import (
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/ws"
)

// queueUpgrade queues the 101 in front of everything that will be written. start writes it; until
// then all senders only queue behind it.
func (c *session) queueUpgrade(up ws.Upgrade, subprotocol string, deflate bool) {
	c.hasSocket = true
	now := c.srv.clock.now()
	c.lastActive.Store(now)
	c.silentSince.Store(now)
	c.out = c.srv.pools.getBuffer()
	c.out.b = up.AppendResponse(c.out.b, subprotocol, deflate)
	c.writing = true
}

// start writes the 101, runs the open handler, and leaves the rest to the turns of the socket, of
// which the first handles what the client sent along with its handshake.
func (c *session) start() {
	c.flush(c.dequeue())
	if c.inTurn {
		c.sock.Pass(c) // which ends it if the open handler ends the goroutine
		c.runOpen()
		c.backlog = len(c.unparsed) > 0
		return
	}
	c.runOpen()
	c.backlog = len(c.unparsed) > 0
	c.serve()
}

// runOpen runs the open handler, if the application has one and the connection is not closing, and
// returns when it has returned. No message is read meanwhile. It runs on the goroutine that accepts
// the handshake, see pace.
func (c *session) runOpen() {
	if !c.srv.opens || c.closing.Load() {
		return
	}
	c.pauseSilenceClock()
	returned := false
	defer func() {
		if !returned && !c.inTurn { // the handler has ended the goroutine, and the connection closes
			go c.serve() // returns, at the latest after a turn
		}
	}()
	now := time.Now()
	defer c.srv.pace.record(now)
	_, _ = c.callHandler(nil, &tyg.Event{ // callHandler has logged the error; the client sees nothing
		Type:      tyg.EventOpen,
		Route:     tyg.RouteOpen,
		RequestID: eventID(),
		Time:      now,
		Conn:      &c.conn,
	}, now)
	returned = true
	c.resumeSilenceClock()
}
