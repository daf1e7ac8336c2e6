package tygtest

import (
	"net/url"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/apigw"
)

func eventPromises() []promise {
	return []promise{
		{
			"a life is connect, messages, disconnect",
			"events of one connection come in this order, with these types and routes", checkLife,
		},
		{
			"every event has a request id of its own",
			"RequestID is not empty and unique", checkRequestIDs,
		},
		{
			"every message has an id of its own",
			"Message.ID has 16 characters and is unique", checkMessageIDs,
		},
		{
			"times are when things happened",
			"Event.Time is when the host received the event, Conn.ConnectedAt when it was dialed",
			checkTimes,
		},
		{
			"all events of a connection have its Conn",
			"Event.Conn says the same about a connection in all its events", checkSameConn,
		},
		{
			"connection ids are unique and of API Gateway's shape",
			"an id is [A-Za-z0-9_-]{15}= and never used twice", checkConnIDs,
		},
		{
			"events carry what belongs to their type only",
			"Request is set at connect only, Message for messages only, Disconnect at the end only",
			checkEventFields,
		},
		{
			"Conn reaches its connection from any goroutine",
			"a Conn may be kept and used after its handler has returned", checkKeptConn,
		},
	}
}

// live runs a connection with n messages from connect to disconnect and returns its events.
func (r *rig) live(n int) []tyg.Event {
	r.t.Helper()
	p := r.join(Dial{Query: url.Values{"a": {"b"}}})
	for range n {
		p.roundTrip()
	}
	p.gone()
	return r.journal.of(p.id())
}

func checkLife(r *rig) {
	r.run()
	events := r.live(2)
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
		r.stop("there were %d events, want %d", len(events), len(want))
	}
	for i, e := range events {
		if e.Type != want[i].kind || e.Route != want[i].route {
			r.broken("event %d is %v on route %q, want %v on %q",
				i, e.Type, e.Route, want[i].kind, want[i].route)
		}
	}
}

func checkRequestIDs(r *rig) {
	r.run()
	seen := make(map[string]bool)
	for _, e := range append(r.live(10), r.live(10)...) {
		if e.RequestID == "" {
			r.broken("a %v event has no RequestID", e.Type)
		}
		if seen[e.RequestID] {
			r.broken("RequestID %q is there twice", e.RequestID)
		}
		seen[e.RequestID] = true
	}
}

func checkMessageIDs(r *rig) {
	r.run()
	seen := make(map[string]bool)
	for _, e := range append(r.live(10), r.live(10)...) {
		if e.Type != tyg.EventMessage {
			continue
		}
		id := e.Message.ID
		if len(id) != 16 || seen[id] {
			r.broken("Message.ID %q is not 16 characters, or there twice", id)
		}
		seen[id] = true
	}
}

func checkTimes(r *rig) {
	r.run()
	// A host may keep times in whole milliseconds.
	last := time.Now().Truncate(time.Millisecond).Add(-time.Millisecond)
	for _, e := range r.live(3) {
		if e.Time.Before(last) || e.Time.After(time.Now()) {
			r.broken("time of %v is %v, want it between %v and now", e.Type, e.Time, last)
		}
		if away := time.Until(e.Conn.ConnectedAt).Abs(); away > patience {
			r.broken("ConnectedAt is %v away from now", away)
		}
		last = e.Time.Truncate(time.Millisecond)
	}
}

func checkSameConn(r *rig) {
	r.run()
	events := r.live(2)
	first := events[0].Conn
	for _, e := range events[1:] {
		c := e.Conn
		if c.ID != first.ID || !c.ConnectedAt.Equal(first.ConnectedAt) ||
			c.SourceIP != first.SourceIP || c.UserAgent != first.UserAgent ||
			c.Domain != first.Domain || c.Stage != first.Stage || c.APIID != first.APIID {
			r.broken("Conn is %+v at connect and %+v at %v", *first, *c, e.Type)
		}
	}
}

func checkConnIDs(r *rig) {
	r.run()
	seen := make(map[tyg.ConnID]bool)
	for range 20 {
		p := r.join(Dial{})
		if !apigw.ValidID(p.id()) || seen[p.id()] {
			r.broken("id %q has another shape, or is there twice", p.id())
		}
		seen[p.id()] = true
		p.gone()
	}
}

func checkEventFields(r *rig) {
	r.run()
	for _, e := range r.live(1) {
		if (e.Request != nil) != (e.Type == tyg.EventConnect) {
			r.broken("Request of %v is %v", e.Type, e.Request)
		}
		if (e.Message.ID != "" || e.Message.Data != nil) != (e.Type == tyg.EventMessage) {
			r.broken("Message of %v is %+v", e.Type, e.Message)
		}
		if (e.Disconnect != tyg.Disconnect{}) != (e.Type == tyg.EventDisconnect) {
			r.broken("Disconnect of %v is %+v", e.Type, e.Disconnect)
		}
		if e.Message.Type != tyg.Text {
			r.broken("Message.Type of %v is not Text", e.Type)
		}
	}
}

func checkKeptConn(r *rig) {
	r.run()
	p := r.join(Dial{})
	if err := p.conn.SendString(r.ctx, "from outside"); err != nil {
		r.broken("Conn.SendString returned %v", err)
	}
	p.expect("from outside")
}
