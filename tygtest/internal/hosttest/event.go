package hosttest

import (
	"net/url"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/apigw"
	"github.com/tyg-dev/tyg/tygtest/internal/suite"
)

func eventCases() []suite.Case {
	return []suite.Case{
		{
			Name:  "events come in the order connect, messages, disconnect",
			Rule:  "events of one connection come in this order, with these types and routes",
			Check: checkEventOrder,
		},
		{
			Name:  "every event has a request id of its own",
			Rule:  "RequestID is not empty and unique",
			Check: checkRequestIDs,
		},
		{
			Name:  "every message has an id of its own",
			Rule:  "Message.ID has 16 characters and is unique",
			Check: checkMessageIDs,
		},
		{
			Name:  "times are those of the events",
			Rule:  "Event.Time is when the host received the event, Conn.ConnectedAt when it was dialed",
			Check: checkTimes,
		},
		{
			Name:  "all events of a connection have its Conn",
			Rule:  "Event.Conn says the same about a connection in all its events",
			Check: checkSameConn,
		},
		{
			Name:  "connection ids are unique and of API Gateway's shape",
			Rule:  "an id is [A-Za-z0-9_-]{15}= and never used twice",
			Check: checkConnIDs,
		},
		{
			Name:  "events have only the fields of their type",
			Rule:  "Request is set at connect only, Message for messages only, Disconnect at the end only",
			Check: checkEventFields,
		},
		{
			Name:  "Conn reaches its connection from any goroutine",
			Rule:  "a Conn may be kept and used after its handler has returned",
			Check: checkKeptConn,
		},
	}
}

// runConnection connects, echoes n messages and disconnects, and returns the events.
func runConnection(t *suite.T, n int) []tyg.Event {
	t.Helper()
	p := t.Connect(suite.Dial{Query: url.Values{"a": {"b"}}})
	for range n {
		p.RoundTrip()
	}
	p.Disconnect()
	return t.Events.Of(p.ID())
}

func checkEventOrder(t *suite.T) {
	t.Start()
	events := runConnection(t, 2)
	want := []struct {
		kind  tyg.EventType
		route string
	}{
		{tyg.EventConnect, tyg.RouteConnect},
		{tyg.EventMessage, tyg.RouteDefault},
		{tyg.EventMessage, tyg.RouteDefault},
		{tyg.EventDisconnect, tyg.RouteDisconnect},
	}
	if len(events) != len(want) {
		t.Fatalf("there were %d events, want %d", len(events), len(want))
	}
	for i, e := range events {
		if e.Type != want[i].kind || e.Route != want[i].route {
			t.Errorf("event %d is %v on route %q, want %v on %q",
				i, e.Type, e.Route, want[i].kind, want[i].route)
		}
	}
}

func checkRequestIDs(t *suite.T) {
	t.Start()
	seen := make(map[string]bool)
	for _, e := range append(runConnection(t, 10), runConnection(t, 10)...) {
		if e.RequestID == "" {
			t.Errorf("a %v event has no RequestID", e.Type)
		}
		if seen[e.RequestID] {
			t.Errorf("RequestID %q is used twice", e.RequestID)
		}
		seen[e.RequestID] = true
	}
}

func checkMessageIDs(t *suite.T) {
	t.Start()
	seen := make(map[string]bool)
	for _, e := range append(runConnection(t, 10), runConnection(t, 10)...) {
		if e.Type != tyg.EventMessage {
			continue
		}
		id := e.Message.ID
		if len(id) != 16 || seen[id] {
			t.Errorf("Message.ID %q is not 16 characters, or is used twice", id)
		}
		seen[id] = true
	}
}

func checkTimes(t *suite.T) {
	t.Start()
	// A host may keep times in whole milliseconds.
	last := time.Now().Truncate(time.Millisecond).Add(-time.Millisecond)
	for _, e := range runConnection(t, 3) {
		if e.Time.Before(last) || e.Time.After(time.Now()) {
			t.Errorf("time of %v is %v, want it between %v and now", e.Type, e.Time, last)
		}
		if away := time.Until(e.Conn.ConnectedAt).Abs(); away > suite.Patience {
			t.Errorf("ConnectedAt is %v away from now", away)
		}
		last = e.Time.Truncate(time.Millisecond)
	}
}

func checkSameConn(t *suite.T) {
	t.Start()
	events := runConnection(t, 2)
	first := events[0].Conn
	for _, e := range events[1:] {
		c := e.Conn
		if c.ID != first.ID || !c.ConnectedAt.Equal(first.ConnectedAt) ||
			c.SourceIP != first.SourceIP || c.UserAgent != first.UserAgent ||
			c.Domain != first.Domain || c.Stage != first.Stage || c.APIID != first.APIID {
			t.Errorf("Conn is %+v at connect and %+v at %v", *first, *c, e.Type)
		}
	}
}

func checkConnIDs(t *suite.T) {
	t.Start()
	seen := make(map[tyg.ConnID]bool)
	for range 20 {
		p := t.Connect(suite.Dial{})
		if !apigw.ValidID(p.ID()) || seen[p.ID()] {
			t.Errorf("id %q has another shape, or is used twice", p.ID())
		}
		seen[p.ID()] = true
		p.Disconnect()
	}
}

func checkEventFields(t *suite.T) {
	t.Start()
	for _, e := range runConnection(t, 1) {
		if (e.Request != nil) != (e.Type == tyg.EventConnect) {
			t.Errorf("Request of %v is %v", e.Type, e.Request)
		}
		if (e.Message.ID != "" || e.Message.Data != nil) != (e.Type == tyg.EventMessage) {
			t.Errorf("Message of %v is %+v", e.Type, e.Message)
		}
		if (e.Disconnect != tyg.Disconnect{}) != (e.Type == tyg.EventDisconnect) {
			t.Errorf("Disconnect of %v is %+v", e.Type, e.Disconnect)
		}
		if e.Message.Type != tyg.Text {
			t.Errorf("Message.Type of %v is not Text", e.Type)
		}
	}
}

func checkKeptConn(t *suite.T) {
	t.Start()
	p := t.Connect(suite.Dial{})
	if err := p.Conn.SendString(t.Ctx, "from outside"); err != nil {
		t.Errorf("Conn.SendString returned %v", err)
	}
	p.Expect("from outside")
}
