package hosttest

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/tygtest/internal/suite"
)

func requestCases() []suite.Case {
	return []suite.Case{
		{
			Name: "the subprotocol that is accepted is selected",
			Rule: "Request.SelectSubprotocol selects the subprotocol; Conn.Subprotocol has it in " +
				"later events",
			Check: checkSubprotocol,
		},
		{
			Name:  "a plain Handler selects the subprotocol",
			Rule:  "Request.SelectSubprotocol works from every Handler, not only through App",
			Check: checkSubprotocolOfHandler,
		},
		{
			Name:  "no subprotocol is selected unless accepted",
			Rule:  "the host never selects a subprotocol by itself",
			Check: checkNoSubprotocol,
		},
		{
			Name:  "connect gets the header",
			Rule:  "Request.Header has the client's header fields",
			Check: checkHeader,
		},
		{
			Name:  "connect gets the query",
			Rule:  "Request.Query has the parsed query, all values of it",
			Check: checkQuery,
		},
		{
			Name:  "connect gets an empty query as an empty map",
			Rule:  "Request.Query and Request.Header are never nil",
			Check: checkNoQuery,
		},
		{
			Name:  "connect gets the client's address",
			Rule:  "SourceIP is the client's address without port, in Request and Conn alike",
			Check: checkSourceIP,
		},
	}
}

func checkSubprotocol(t *suite.T) {
	t.OnConnect = func(_ context.Context, _ *tyg.Conn, q *tyg.Request) error {
		q.SelectSubprotocol("unknown", "chat.v1")
		return nil
	}
	t.Start()
	offer := []string{"chat.v2", "chat.v1"}
	p := t.Connect(suite.Dial{Subprotocols: offer})
	if got := p.Subprotocol(); got != "chat.v1" {
		t.Errorf("client got subprotocol %q, want chat.v1", got)
	}
	request := t.WaitEvent("connect", suite.Nth(tyg.EventConnect, 1)).Request
	if !slices.Equal(request.Subprotocols, offer) {
		t.Errorf("Request.Subprotocols is %q, want %q", request.Subprotocols, offer)
	}
	p.RoundTrip()
	e := t.WaitEvent("the message", suite.Nth(tyg.EventMessage, 1))
	if e.Conn.Subprotocol != "chat.v1" {
		t.Errorf("Conn.Subprotocol is %q in the message event", e.Conn.Subprotocol)
	}
}

func checkSubprotocolOfHandler(t *suite.T) {
	t.StartHandler(tyg.HandlerFunc(func(ctx context.Context, e tyg.Event) (tyg.Reply, error) {
		switch e.Type {
		case tyg.EventConnect:
			e.Request.SelectSubprotocol("chat.v1")
		case tyg.EventMessage:
			return tyg.Reply{}, e.Conn.SendString(ctx, e.Conn.Subprotocol)
		}
		return tyg.Reply{}, nil
	}))
	p := t.NewClient(t.Dial(suite.Dial{Subprotocols: []string{"chat.v2", "chat.v1"}}))
	if got := p.Subprotocol(); got != "chat.v1" {
		t.Errorf("client got subprotocol %q, want chat.v1", got)
	}
	p.WriteText("which?")
	p.Expect("chat.v1")
}

func checkNoSubprotocol(t *suite.T) {
	var accepted atomic.Bool
	t.OnConnect = func(_ context.Context, _ *tyg.Conn, q *tyg.Request) error {
		_, ok := q.SelectSubprotocol("chat.v1")
		accepted.Store(ok)
		return nil
	}
	t.Start()
	p := t.Connect(suite.Dial{})
	if got := p.Subprotocol(); got != "" || accepted.Load() {
		t.Errorf("client that offered none got subprotocol %q, SelectSubprotocol returned %t",
			got, accepted.Load())
	}
}

func checkHeader(t *suite.T) {
	t.Start()
	p := t.Connect(suite.Dial{Header: http.Header{
		"User-Agent":   {"tyg conformance"},
		"X-Tyg-Custom": {"one", "two"},
	}})
	request := t.WaitEvent("connect", suite.Nth(tyg.EventConnect, 1)).Request
	got := strings.Join(request.Header.Values("X-Tyg-Custom"), ",")
	if strings.ReplaceAll(got, " ", "") != "one,two" {
		t.Errorf("X-Tyg-Custom is %q, want one and two", got)
	}
	if request.UserAgent() != "tyg conformance" || p.Conn.UserAgent != "tyg conformance" {
		t.Errorf("UserAgent is %q in Request, %q in Conn", request.UserAgent(), p.Conn.UserAgent)
	}
}

func checkQuery(t *suite.T) {
	t.Start()
	want := url.Values{"token": {"a=b&c d"}, "room": {"one", "zwölf"}, "empty": {""}}
	t.Connect(suite.Dial{Query: want})
	got := t.WaitEvent("connect", suite.Nth(tyg.EventConnect, 1)).Request.Query
	if got.Encode() != want.Encode() {
		t.Errorf("Query is %v, want %v", got, want)
	}
}

func checkNoQuery(t *suite.T) {
	t.Start()
	t.Connect(suite.Dial{})
	request := t.WaitEvent("connect", suite.Nth(tyg.EventConnect, 1)).Request
	if request.Query == nil || len(request.Query) > 0 {
		t.Errorf("Query is %#v, want an empty map", request.Query)
	}
	if request.Header == nil {
		t.Errorf("Header is nil")
	}
	if request.Host == "" {
		t.Errorf("Host is empty")
	}
}

func checkSourceIP(t *suite.T) {
	t.Start()
	p := t.Connect(suite.Dial{})
	request := t.WaitEvent("connect", suite.Nth(tyg.EventConnect, 1)).Request
	if _, err := netip.ParseAddr(request.SourceIP); err != nil {
		t.Errorf("Request.SourceIP is %q: %v", request.SourceIP, err)
	}
	if p.Conn.SourceIP != request.SourceIP {
		t.Errorf("Conn.SourceIP is %q, Request.SourceIP %q", p.Conn.SourceIP, request.SourceIP)
	}
}
