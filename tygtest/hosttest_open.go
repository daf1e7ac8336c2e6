package tygtest

import (
	"context"
	"errors"

	"github.com/tyg-dev/tyg"
)

func openPromises() []promise {
	return []promise{
		{
			"open comes between connect and the first message",
			"a Handler that asks for it gets one open event for each connection, before any message",
			checkOpenOrder,
		},
		{
			"open can send to its own client",
			"what is sent from open reaches the client, before the answers to its messages", checkGreeting,
		},
		{
			"open knows the connection",
			"the Conn of the open event is that of the other events, with the subprotocol", checkOpenConn,
		},
		{
			"a host makes no open event unasked",
			"a Handler whose Description does not ask for open gets none", checkNoOpen,
		},
		{
			"a refused client is not opened", "only a handshake that was accepted is followed by open",
			checkRefusedNotOpened,
		},
		{
			"a failure in open leaves the connection open",
			"errors and panics in open are logged; the client sees nothing of them", checkOpenFails,
		},
		{
			"disconnect comes after open",
			"the disconnect event follows when open has returned", checkDisconnectAfterOpen,
		},
	}
}

const greeting = "welcome"

func greet(ctx context.Context, c *tyg.Conn) error { return c.SendString(ctx, greeting) }

func checkOpenOrder(r *rig) {
	r.open = func(context.Context, *tyg.Conn) error { return nil }
	r.run()
	for range 3 {
		p := r.join(Dial{})
		p.roundTrip()
		p.roundTrip()
		r.await("open", func(events []tyg.Event) int {
			return find(events, func(e tyg.Event) bool {
				return e.Type == tyg.EventOpen && e.Conn.ID == p.id()
			})
		})
		p.gone()
		r.wantTypes(p.id())
	}
}

// wantTypes checks the order of a connection's events: connect, open, two messages, disconnect.
func (r *rig) wantTypes(id tyg.ConnID) {
	r.t.Helper()
	opens := 0
	for i, e := range r.journal.of(id) {
		if e.Type != tyg.EventOpen {
			continue
		}
		opens++
		if e.Route != tyg.RouteOpen || e.RequestID == "" {
			r.broken("the open event has route %q and request id %q", e.Route, e.RequestID)
		}
		if i != 1 && !r.LateOpen {
			r.broken("open is event %d of the connection, want the second", i+1)
		}
	}
	if opens != 1 {
		r.broken("there were %d open events, want 1", opens)
	}
}

func checkGreeting(r *rig) {
	r.open = greet
	r.run()
	p := &peer{Socket: r.dial(Dial{}), r: r}
	if r.LateOpen {
		p.expect(greeting)
		p.roundTrip()
		return
	}
	p.write("first")
	p.expect(greeting)
	p.expect("first")
	p.roundTrip()
}

func checkOpenConn(r *rig) {
	r.connect = func(_ context.Context, _ *tyg.Conn, q *tyg.Request) error {
		q.SelectSubprotocol("chat.v1")
		return nil
	}
	r.open = greet
	r.run()
	p := r.join(Dial{Subprotocols: []string{"chat.v1"}})
	p.expect(greeting)
	e := r.await("open", nth(tyg.EventOpen, 1))
	if e.Conn.ID != p.id() || e.Conn.SourceIP != p.conn.SourceIP {
		r.broken("open is about %s from %s, want %s from %s",
			e.Conn.ID, e.Conn.SourceIP, p.id(), p.conn.SourceIP)
	}
	if e.Conn.Subprotocol != "chat.v1" && !r.LateOpen { // on AWS events do not tell it
		r.broken("Conn.Subprotocol is %q in the open event, want chat.v1", e.Conn.Subprotocol)
	}
}

func checkNoOpen(r *rig) {
	r.run()
	p := r.join(Dial{})
	p.roundTrip()
	p.gone()
	if n := r.journal.count(tyg.EventOpen); n != 0 {
		r.broken("there were %d open events, want none", n)
	}
}

func checkRefusedNotOpened(r *rig) {
	r.connect = func(_ context.Context, _ *tyg.Conn, q *tyg.Request) error {
		if q.Query.Get("let") != "in" {
			return tyg.Reject(403, "no")
		}
		return nil
	}
	r.open = greet
	r.run()
	r.refused(Dial{})
	p := r.join(Dial{Query: map[string][]string{"let": {"in"}}})
	p.expect(greeting)
	p.roundTrip()
	if n := r.journal.count(tyg.EventOpen); n != 1 {
		r.broken("there were %d open events, want that of the client that was let in", n)
	}
}

func checkOpenFails(r *rig) {
	r.open = func(_ context.Context, c *tyg.Conn) error {
		if r.journal.count(tyg.EventOpen)%2 == 0 {
			panic("secret")
		}
		return errors.New("secret")
	}
	r.run()
	for n := range 2 {
		p := r.join(Dial{})
		r.await("open", nth(tyg.EventOpen, n+1))
		p.roundTrip()
	}
}

func checkDisconnectAfterOpen(r *rig) {
	leave, returned := make(chan struct{}), make(chan struct{})
	r.open = func(context.Context, *tyg.Conn) error {
		<-leave
		close(returned)
		return nil
	}
	r.disconnect = func(context.Context, *tyg.Conn, tyg.Disconnect) error {
		select {
		case <-returned:
		default:
			r.broken("disconnect runs while open does")
		}
		return nil
	}
	if r.run(); r.LateOpen {
		close(leave)
		return
	}
	dialed := make(chan Socket, 1)
	go func() { // A host in memory runs open inside of Dial; this ends with it.
		s, err := r.Dial(r.ctx, Dial{})
		if err != nil {
			r.broken("dial: %v", err)
		}
		dialed <- s
	}()
	r.await("open", nth(tyg.EventOpen, 1))
	close(leave)
	s := wait(r, "the client", dialed)
	if s == nil {
		return
	}
	if err := s.Drop(); err != nil {
		r.stop("client's drop: %v", err)
	}
	r.await("disconnect", nth(tyg.EventDisconnect, 1))
}
