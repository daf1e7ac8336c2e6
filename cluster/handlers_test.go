package cluster

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/connid"
)

// A callRecord is one call of a handler.
type callRecord struct {
	id         tyg.ConnID
	event      tyg.EventType
	node       int
	begin, end time.Time // end is zero while it runs
}

// A memHandler is the application on one node. It notes its calls, some of which take long, fail or
// panic.
type memHandler struct {
	h    *history
	node int
}

// handlerTime is the longest that a handler may run, as on a gateway.
const handlerTime = 29 * time.Second

func (a memHandler) Handle(ctx context.Context, e tyg.Event) (tyg.Reply, error) {
	a.h.mu.Lock()
	c := &callRecord{id: e.Conn.ID, event: e.Type, node: a.node, begin: time.Now()}
	a.h.calls = append(a.h.calls, c)
	if e.Type == tyg.EventDisconnect {
		a.h.ends = append(a.h.ends, endRecord{e.Conn.ID, e.RequestID, time.Now()})
	}
	takes, fate := time.Duration(0), 0
	if e.Type == tyg.EventMessage {
		takes, fate = a.h.takes()
	}
	a.h.mu.Unlock()
	defer func() { // also after a panic
		a.h.mu.Lock()
		defer a.h.mu.Unlock()
		c.end = time.Now()
	}()
	pause(ctx, takes)
	switch fate {
	case 1:
		panic("a handler that panics")
	case 2:
		return tyg.Reply{}, errors.New("a handler that fails")
	}
	return tyg.Reply{}, nil
}

// takes returns how long the handler of a message is to take, and how it ends. The lock is held.
func (h *history) takes() (time.Duration, int) {
	d := time.Duration(h.rand.Int64N(int64(time.Second)))
	if h.rand.IntN(4) == 0 {
		d = time.Duration(h.rand.Int64N(int64(2 * handlerTime))) // it is ended after handlerTime
	}
	return d, h.rand.IntN(10)
}

// live has a client connect and send messages, each handled after the one before, until its
// connection ends, as a gateway does.
func (l *memLocal) live(n *Node, h tyg.Handler, id tyg.ConnID, r *rand.Rand) {
	number := 0
	call := func(t tyg.EventType, route string, limit time.Duration) {
		defer func() { _ = recover() }() // a gateway logs it
		ctx, cancel := context.WithTimeout(n.ctx, limit)
		defer cancel()
		number++
		_, _ = h.Handle(ctx, tyg.Event{ // a gateway logs its error
			Type: t, Route: route, Conn: &tyg.Conn{ID: id}, RequestID: fmt.Sprint(id, "-", number),
		})
	}
	for n.ctx.Err() == nil && !l.over(id) {
		call(tyg.EventMessage, tyg.RouteDefault, handlerTime)
		pause(n.ctx, time.Duration(r.Int64N(int64(3*time.Second))))
	}
	if n.ctx.Err() == nil {
		number = -1 // the id of the event is that of all disconnects of the connection
		defer func() { _ = recover() }()
		_, _ = h.Handle(n.ctx, tyg.Event{
			Type: tyg.EventDisconnect, Route: tyg.RouteDisconnect, Conn: &tyg.Conn{ID: id},
			RequestID: connid.EventID(id, connid.Disconnect),
		})
	}
}

// over reports whether a connection has ended.
func (l *memLocal) over(id tyg.ConnID) bool {
	l.h.mu.Lock()
	defer l.h.mu.Unlock()
	return !l.conns[id].ended.IsZero()
}

// checkCalls checks that the handlers of each connection run one after the other, with connect
// first and no message after disconnect, on whichever node.
func (h *history) checkCalls() {
	byConn := make(map[tyg.ConnID][]*callRecord)
	for _, c := range h.calls {
		byConn[c.id] = append(byConn[c.id], c)
	}
	for id, calls := range byConn {
		slices.SortStableFunc(calls, func(a, b *callRecord) int { return a.begin.Compare(b.begin) })
		if calls[0].event != tyg.EventConnect {
			h.failf("G9 connect first", "%s begins with %v", id, calls[0].event)
		}
		for i, c := range calls[1:] {
			h.checkAfter(calls[:i+1], c)
		}
	}
}

// checkAfter checks a call against those that began before.
func (h *history) checkAfter(before []*callRecord, c *callRecord) {
	for _, b := range before {
		// The calls of a node that was killed ended with it.
		running := (b.end.IsZero() || b.end.After(c.begin)) && !h.killed[b.node]
		again := b.event == tyg.EventDisconnect && c.event == tyg.EventDisconnect
		switch {
		case running && !again:
			h.failf("G9 one by one", "%v of %s on node %d began %v into %v on node %d",
				c.event, c.id, c.node, c.begin.Sub(b.begin), b.event, b.node)
		case b.event == tyg.EventDisconnect && !again:
			h.failf("G9 disconnect last", "%v of %s on node %d began after its disconnect on node %d",
				c.event, c.id, c.node, b.node)
		case c.event == tyg.EventConnect:
			h.failf("G9 connect first", "%s has two", c.id)
		}
	}
}

// TestCheckerNoticesHandlers gives the checker calls that must not be.
func TestCheckerNoticesHandlers(t *testing.T) {
	const connect, message, disconnect = tyg.EventConnect, tyg.EventMessage, tyg.EventDisconnect
	zero := time.Now()
	call := func(e tyg.EventType, node int, begin, end time.Duration) *callRecord {
		return &callRecord{"id", e, node, zero.Add(begin), zero.Add(end)}
	}
	killed := call(message, 1, 2, 0)
	killed.end = time.Time{}
	for name, tt := range map[string]struct {
		calls []*callRecord
		want  string // the rule that is broken; "": none
	}{
		"all is well": {[]*callRecord{
			call(connect, 0, 0, 1), call(message, 0, 1, 2), call(disconnect, 0, 2, 3),
			call(disconnect, 2, 2, 3),
		}, ""},
		"a killed node": {[]*callRecord{call(connect, 1, 0, 1), killed, call(disconnect, 0, 5, 6)}, ""},
		"two messages at once": {[]*callRecord{
			call(connect, 0, 0, 1), call(message, 0, 1, 3), call(message, 0, 2, 4),
		}, "G9 one by one"},
		"a disconnect elsewhere while a message runs": {[]*callRecord{
			call(connect, 0, 0, 1), call(message, 0, 1, 3), call(disconnect, 2, 2, 4),
		}, "G9 one by one"},
		"a message before connect": {[]*callRecord{call(message, 0, 0, 1)}, "G9 connect first"},
		"a message after disconnect": {[]*callRecord{
			call(connect, 0, 0, 1), call(disconnect, 2, 1, 2), call(message, 0, 3, 4),
		}, "G9 disconnect last"},
	} {
		h := newHistory(1)
		h.killed[1], h.calls = true, tt.calls
		h.checkCalls()
		if len(h.failed) > 0 != (tt.want != "") ||
			tt.want != "" && !strings.HasPrefix(h.failed[0], tt.want) {
			t.Errorf("%s: %q, want %q", name, h.failed, tt.want)
		}
	}
}
