package tygotel

import (
	"runtime"
	"sync"
	"weak"

	"go.opentelemetry.io/otel/trace"

	"github.com/tyg-dev/tyg"
)

// conns are the connections that this process has accepted. A connection leaves when it ends, and
// at the latest when the host has forgotten its Conn: on AWS Lambda, where another process may get
// the disconnect.
type conns struct{ all sync.Map } // tyg.ConnID to *tracedConn

// A tracedConn is what handlers get in place of a host's Conn: a copy whose Sender is traced. It is
// one for all events of a connection, as the host's own is.
type tracedConn struct {
	conn    tyg.Conn
	source  weak.Pointer[tyg.Conn] // of the host
	span    trace.SpanContext      // of connect
	cleanup runtime.Cleanup

	once sync.Once // for what is known only after connect
}

// open adds a connection whose connect is about to be handled.
func (cs *conns) open(c *tyg.Conn, s tyg.Sender, span trace.SpanContext) *tracedConn {
	t := &tracedConn{conn: *c, source: weak.Make(c), span: span}
	t.conn.Sender = s
	cs.all.Store(c.ID, t)
	t.cleanup = runtime.AddCleanup(c, func(id tyg.ConnID) {
		cs.all.CompareAndDelete(id, t)
	}, c.ID)
	return t
}

// find returns a connection, or nil.
func (cs *conns) find(id tyg.ConnID) *tracedConn {
	t, _ := cs.all.Load(id)
	c, _ := t.(*tracedConn)
	return c
}

// close removes a connection.
func (cs *conns) close(id tyg.ConnID) {
	if t, ok := cs.all.LoadAndDelete(id); ok {
		t.(*tracedConn).cleanup.Stop()
	}
}

// of returns the copy for an event with a host's Conn, or nil if that is another one than at
// connect, as on AWS Lambda.
func (t *tracedConn) of(c *tyg.Conn) *tyg.Conn {
	if t.source.Value() != c {
		return nil
	}
	t.once.Do(func() { t.conn.Subprotocol = c.Subprotocol }) // selected after connect
	return &t.conn
}
