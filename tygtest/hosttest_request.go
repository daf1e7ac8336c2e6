package tygtest

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/tyg-dev/tyg"
)

func requestPromises() []promise {
	return []promise{
		{
			"the subprotocol that is accepted is selected",
			"Request.SelectSubprotocol selects the subprotocol; Conn.Subprotocol has it in later events",
			checkSubprotocol,
		},
		{
			"a plain Handler selects the subprotocol",
			"Request.SelectSubprotocol works from every Handler, not only through App",
			checkSubprotocolOfHandler,
		},
		{
			"no subprotocol is selected unless accepted",
			"the host never selects a subprotocol by itself", checkNoSubprotocol,
		},
		{
			"connect sees the header", "Request.Header has the client's header fields",
			checkHeader,
		},
		{
			"connect sees the query", "Request.Query has the parsed query, all values of it",
			checkQuery,
		},
		{
			"connect sees an empty query as empty", "Request.Query and Request.Header are never nil",
			checkNoQuery,
		},
		{
			"connect sees the client's address",
			"SourceIP is the client's address without port, in Request and Conn alike",
			checkSourceIP,
		},
	}
}

func checkSubprotocol(r *rig) {
	r.connect = func(_ context.Context, _ *tyg.Conn, q *tyg.Request) error {
		q.SelectSubprotocol("unknown", "chat.v1")
		return nil
	}
	r.run()
	offer := []string{"chat.v2", "chat.v1"}
	p := r.join(Dial{Subprotocols: offer})
	if got := p.Subprotocol(); got != "chat.v1" {
		r.broken("client got subprotocol %q, want chat.v1", got)
	}
	request := r.await("connect", nth(tyg.EventConnect, 1)).Request
	if !slices.Equal(request.Subprotocols, offer) {
		r.broken("Request.Subprotocols is %q, want %q", request.Subprotocols, offer)
	}
	p.roundTrip()
	e := r.await("the message", nth(tyg.EventMessage, 1))
	if e.Conn.Subprotocol != "chat.v1" {
		r.broken("Conn.Subprotocol is %q in the message event", e.Conn.Subprotocol)
	}
}

func checkSubprotocolOfHandler(r *rig) {
	r.runHandler(tyg.HandlerFunc(func(ctx context.Context, e tyg.Event) (tyg.Reply, error) {
		switch e.Type {
		case tyg.EventConnect:
			e.Request.SelectSubprotocol("chat.v1")
		case tyg.EventMessage:
			return tyg.Reply{}, e.Conn.SendString(ctx, e.Conn.Subprotocol)
		}
		return tyg.Reply{}, nil
	}))
	p := &peer{Socket: r.dial(Dial{Subprotocols: []string{"chat.v2", "chat.v1"}}), r: r}
	if got := p.Subprotocol(); got != "chat.v1" {
		r.broken("client got subprotocol %q, want chat.v1", got)
	}
	p.write("which?")
	p.expect("chat.v1")
}

func checkNoSubprotocol(r *rig) {
	var accepted atomic.Bool
	r.connect = func(_ context.Context, _ *tyg.Conn, q *tyg.Request) error {
		_, ok := q.SelectSubprotocol("chat.v1")
		accepted.Store(ok)
		return nil
	}
	r.run()
	p := r.join(Dial{})
	if got := p.Subprotocol(); got != "" || accepted.Load() {
		r.broken("client that offered none got subprotocol %q, SelectSubprotocol returned %t",
			got, accepted.Load())
	}
}

func checkHeader(r *rig) {
	r.run()
	p := r.join(Dial{Header: http.Header{
		"User-Agent":   {"tyg conformance"},
		"X-Tyg-Custom": {"one", "two"},
	}})
	request := r.await("connect", nth(tyg.EventConnect, 1)).Request
	got := strings.Join(request.Header.Values("X-Tyg-Custom"), ",")
	if strings.ReplaceAll(got, " ", "") != "one,two" {
		r.broken("X-Tyg-Custom is %q, want one and two", got)
	}
	if request.UserAgent() != "tyg conformance" || p.conn.UserAgent != "tyg conformance" {
		r.broken("UserAgent is %q in Request, %q in Conn", request.UserAgent(), p.conn.UserAgent)
	}
}

func checkQuery(r *rig) {
	r.run()
	want := url.Values{"token": {"a=b&c d"}, "room": {"one", "zwölf"}, "empty": {""}}
	r.join(Dial{Query: want})
	got := r.await("connect", nth(tyg.EventConnect, 1)).Request.Query
	if got.Encode() != want.Encode() {
		r.broken("Query is %v, want %v", got, want)
	}
}

func checkNoQuery(r *rig) {
	r.run()
	r.join(Dial{})
	request := r.await("connect", nth(tyg.EventConnect, 1)).Request
	if request.Query == nil || len(request.Query) > 0 {
		r.broken("Query is %#v, want an empty map", request.Query)
	}
	if request.Header == nil {
		r.broken("Header is nil")
	}
	if request.Host == "" {
		r.broken("Host is empty")
	}
}

func checkSourceIP(r *rig) {
	r.run()
	p := r.join(Dial{})
	request := r.await("connect", nth(tyg.EventConnect, 1)).Request
	if _, err := netip.ParseAddr(request.SourceIP); err != nil {
		r.broken("Request.SourceIP is %q: %v", request.SourceIP, err)
	}
	if p.conn.SourceIP != request.SourceIP {
		r.broken("Conn.SourceIP is %q, Request.SourceIP %q", p.conn.SourceIP, request.SourceIP)
	}
}
