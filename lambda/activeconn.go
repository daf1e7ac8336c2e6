package lambda

import (
	"context"
	"fmt"

	"github.com/tyg-dev/tyg"
)

// An activeConn is a connection with an event in this process, which is alive for all that the
// process knows. That saves a question to API Gateway, which does not know a connection before its
// connect handler has returned.
type activeConn struct {
	events  int
	ending  int  // how many of them are its end: its state may be used although it is over
	touched bool // something was written to the table
}

// active reports whether a connection has an event in this process, and whether that is its end.
func (g *tableGroups) active(id tyg.ConnID) (active, ending bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	c := g.conns[id]
	return c != nil, c != nil && c.ending > 0
}

// touch notes that something is written to the table for a connection, and reports whether it ends.
func (g *tableGroups) touch(id tyg.ConnID) (ending bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	c := g.conns[id]
	if c == nil {
		return false
	}
	c.touched = true
	return c.ending > 0
}

// enter notes that an event of a connection begins. The function that it returns ends it, and
// reports whether anything was written for the connection meanwhile.
func (g *tableGroups) enter(id tyg.ConnID, ends bool) (exit func() (touched bool)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	c := g.conns[id]
	if c == nil {
		c = new(activeConn)
		g.conns[id] = c
	}
	c.events++
	if ends {
		c.ending++
	}
	return func() bool {
		g.mu.Lock()
		defer g.mu.Unlock()
		if ends {
			c.ending--
		}
		if c.events--; c.events == 0 {
			delete(g.conns, id)
		}
		return c.touched
	}
}

// A lifetime follows one event of a connection through the Handler, for the table. The zero
// lifetime is that of a function without a table.
type lifetime struct {
	groups *tableGroups
	event  tyg.Event
	exit   func() (touched bool)
	was    TableConn
}

// begin is called before the Handler. A connection that ends leaves its groups here, so that the
// disconnect handler finds it in none.
func (g *tableGroups) begin(ctx context.Context, e tyg.Event) lifetime {
	if g == nil {
		return lifetime{}
	}
	ends := e.Type == tyg.EventDisconnect
	l := lifetime{groups: g, event: e, exit: g.enter(e.Conn.ID, ends)}
	if ends {
		l.was = g.leave(ctx, e.Conn, "")
	}
	return l
}

// end is called after the Handler, which has accepted a connect or not. It returns an error if the
// client cannot be let in.
func (l *lifetime) end(ctx context.Context, accepted bool) error {
	g := l.groups
	if g == nil {
		return nil
	}
	touched := l.exit()
	switch l.event.Type {
	case tyg.EventConnect:
		return l.endConnect(ctx, accepted, touched)
	case tyg.EventDisconnect:
		if l.was.Revision == 0 && !touched {
			return nil
		}
		if err := g.table.Forget(ctx, l.event.Conn.ID); err != nil {
			g.host.log.ErrorContext(ctx, "state not removed", "conn", l.event.Conn.ID, "err", err)
		}
	}
	return nil
}

// endConnect registers a client that was accepted. One that was not leaves what it has joined.
func (l *lifetime) endConnect(ctx context.Context, accepted, touched bool) error {
	g, c := l.groups, l.event.Conn
	var err error
	if accepted && g.registers {
		if err = g.table.Register(ctx, c.ID, c.ConnectedAt); err != nil {
			accepted, touched, err = false, true, fmt.Errorf("register connection: %w", err)
		}
	}
	if accepted || !touched {
		return err
	}
	exit := g.enter(c.ID, true)
	g.leave(ctx, c, "")
	exit()
	if failed := g.table.Forget(ctx, c.ID); failed != nil {
		g.host.log.ErrorContext(ctx, "state not removed", "conn", c.ID, "err", failed)
	}
	return err
}
