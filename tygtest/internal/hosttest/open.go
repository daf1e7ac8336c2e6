package hosttest

import (
	"context"
	"errors"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/tygtest/internal/suite"
)

func openCases() []suite.Case {
	return []suite.Case{
		{
			Name:  "open comes between connect and the first message",
			Rule:  "a Handler that asks for it gets one open event for each connection, before any message",
			Check: checkOpenOrder,
		},
		{
			Name:  "open can send to its own client",
			Rule:  "what is sent from open reaches the client, before the answers to its messages",
			Check: checkGreeting,
		},
		{
			Name:  "the open event has the connection",
			Rule:  "the Conn of the open event is that of the other events, with the subprotocol",
			Check: checkOpenConn,
		},
		{
			Name:  "without an open handler there is no open event",
			Rule:  "a Handler whose Description does not ask for open gets none",
			Check: checkNoOpen,
		},
		{
			Name:  "a refused client is not opened",
			Rule:  "only an accepted handshake is followed by open",
			Check: checkRefusedNotOpened,
		},
		{
			Name:  "a failure in open leaves the connection open",
			Rule:  "errors and panics in open are logged; the client sees nothing of them",
			Check: checkOpenFails,
		},
		{
			Name:  "disconnect comes after open",
			Rule:  "the disconnect event follows when open has returned",
			Check: checkDisconnectAfterOpen,
		},
	}
}

const greeting = "welcome"

func greet(ctx context.Context, c *tyg.Conn) error { return c.SendString(ctx, greeting) }

func checkOpenOrder(t *suite.T) {
	t.OnOpen = func(context.Context, *tyg.Conn) error { return nil }
	t.Start()
	for range 3 {
		p := t.Connect(suite.Dial{})
		p.RoundTrip()
		p.RoundTrip()
		t.WaitEvent("open", func(events []tyg.Event) int {
			return suite.Find(events, func(e tyg.Event) bool {
				return e.Type == tyg.EventOpen && e.Conn.ID == p.ID()
			})
		})
		p.Disconnect()
		wantTypes(t, p.ID())
	}
}

// wantTypes checks the order of a connection's events: connect, open, two messages, disconnect.
func wantTypes(t *suite.T, id tyg.ConnID) {
	t.Helper()
	opens := 0
	for i, e := range t.Events.Of(id) {
		if e.Type != tyg.EventOpen {
			continue
		}
		opens++
		if e.Route != tyg.RouteOpen || e.RequestID == "" {
			t.Errorf("the open event has route %q and request id %q", e.Route, e.RequestID)
		}
		if i != 1 && !t.LateOpen {
			t.Errorf("open is event %d of the connection, want the second", i+1)
		}
	}
	if opens != 1 {
		t.Errorf("there were %d open events, want 1", opens)
	}
}

func checkGreeting(t *suite.T) {
	t.OnOpen = greet
	t.Start()
	p := t.NewClient(t.Dial(suite.Dial{}))
	if t.LateOpen {
		p.Expect(greeting)
		p.RoundTrip()
		return
	}
	p.WriteText("first")
	p.Expect(greeting)
	p.Expect("first")
	p.RoundTrip()
}

func checkOpenConn(t *suite.T) {
	t.OnConnect = func(_ context.Context, _ *tyg.Conn, q *tyg.Request) error {
		q.SelectSubprotocol("chat.v1")
		return nil
	}
	t.OnOpen = greet
	t.Start()
	p := t.Connect(suite.Dial{Subprotocols: []string{"chat.v1"}})
	p.Expect(greeting)
	e := t.WaitEvent("open", suite.Nth(tyg.EventOpen, 1))
	if e.Conn.ID != p.ID() || e.Conn.SourceIP != p.Conn.SourceIP {
		t.Errorf("open is about %s from %s, want %s from %s",
			e.Conn.ID, e.Conn.SourceIP, p.ID(), p.Conn.SourceIP)
	}
	if e.Conn.Subprotocol != "chat.v1" && !t.LateOpen { // on AWS events do not tell it
		t.Errorf("Conn.Subprotocol is %q in the open event, want chat.v1", e.Conn.Subprotocol)
	}
}

func checkNoOpen(t *suite.T) {
	t.Start()
	p := t.Connect(suite.Dial{})
	p.RoundTrip()
	p.Disconnect()
	if n := t.Events.Count(tyg.EventOpen); n != 0 {
		t.Errorf("there were %d open events, want none", n)
	}
}

func checkRefusedNotOpened(t *suite.T) {
	t.OnConnect = func(_ context.Context, _ *tyg.Conn, q *tyg.Request) error {
		if q.Query.Get("accept") != "yes" {
			return tyg.Reject(403, "no")
		}
		return nil
	}
	t.OnOpen = greet
	t.Start()
	t.DialRefused(suite.Dial{})
	p := t.Connect(suite.Dial{Query: map[string][]string{"accept": {"yes"}}})
	p.Expect(greeting)
	p.RoundTrip()
	if n := t.Events.Count(tyg.EventOpen); n != 1 {
		t.Errorf("there were %d open events, want that of the accepted client", n)
	}
}

func checkOpenFails(t *suite.T) {
	t.OnOpen = func(_ context.Context, c *tyg.Conn) error {
		if t.Events.Count(tyg.EventOpen)%2 == 0 {
			panic("secret")
		}
		return errors.New("secret")
	}
	t.Start()
	for n := range 2 {
		p := t.Connect(suite.Dial{})
		t.WaitEvent("open", suite.Nth(tyg.EventOpen, n+1))
		p.RoundTrip()
	}
}

func checkDisconnectAfterOpen(t *suite.T) {
	leave, returned := make(chan struct{}), make(chan struct{})
	t.OnOpen = func(context.Context, *tyg.Conn) error {
		<-leave
		close(returned)
		return nil
	}
	t.OnDisconnect = func(context.Context, *tyg.Conn, tyg.Disconnect) error {
		select {
		case <-returned:
		default:
			t.Errorf("disconnect runs while open does")
		}
		return nil
	}
	if t.Start(); t.LateOpen {
		close(leave)
		return
	}
	dialed := make(chan suite.Socket, 1)
	go func() { // A host in memory runs open inside of Dial; this ends with it.
		s, err := t.Subject.Dial(t.Ctx, suite.Dial{})
		if err != nil {
			t.Errorf("dial: %v", err)
		}
		dialed <- s
	}()
	t.WaitEvent("open", suite.Nth(tyg.EventOpen, 1))
	close(leave)
	s := suite.Wait(t, "the client", dialed)
	if s == nil {
		return
	}
	if err := s.Drop(); err != nil {
		t.Fatalf("client's drop: %v", err)
	}
	t.WaitEvent("disconnect", suite.Nth(tyg.EventDisconnect, 1))
}
