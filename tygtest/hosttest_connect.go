package tygtest

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/tyg-dev/tyg"
)

func connectPromises() []promise {
	return []promise{
		{
			"an application without connect handler lets everybody in",
			"$connect is optional; without it every handshake is accepted", checkNoConnectHandler,
		},
		{
			"the handshake waits for the connect handler",
			"the client is answered 101 only after connect has returned", checkHandshakeWaits,
		},
		{
			"connect comes before messages",
			"a connection's first event is connect, even if its client writes at once",
			checkConnectFirst,
		},
		{
			"Reject answers with that very status",
			"tyg.Reject(status, reason) refuses the handshake with status and reason", checkReject,
		},
		{
			"a reply's status answers with that very status",
			"a Reply whose Status is neither 0 nor 200 to 299 refuses the handshake with it",
			checkReplyStatus,
		},
		{
			"an error answers 502",
			"an error other than a Rejection refuses the handshake with 502 and no word of the error",
			checkConnectError,
		},
		{
			"a panic answers 502",
			"a panic in connect refuses the handshake with 502 and nothing else", checkConnectPanic,
		},
		{
			"Reject with a status that cannot refuse answers 502",
			"a Rejection whose Status is not from 300 to 599 is an error like others: 502",
			checkRejectOK,
		},
		{
			"a refused client is never heard of again",
			"a refused handshake has no disconnect event, and its id is gone", checkRefusedGone,
		},
		{
			"the subprotocol that is accepted is selected",
			"Request.Accept selects the subprotocol; Conn.Subprotocol has it in later events",
			checkSubprotocol,
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

func checkNoConnectHandler(r *rig) {
	r.app.OnMessage(echo)
	r.runHandler(r.app)
	p := &peer{Socket: r.dial(Dial{}), r: r}
	p.roundTrip()
}

func checkHandshakeWaits(r *rig) {
	dialed, waited := make(chan struct{}), make(chan bool, 1)
	r.connect = func(context.Context, *tyg.Conn, *tyg.Request) error {
		select {
		case <-dialed:
			waited <- false
		case <-time.After(short):
			waited <- true
		}
		return nil
	}
	r.run()
	r.dial(Dial{})
	close(dialed)
	if !wait(r, "the connect handler's report", waited) {
		r.broken("the client was connected while its connect handler was running")
	}
}

func checkConnectFirst(r *rig) {
	r.run()
	for range 20 {
		p := r.open(Dial{})
		p.roundTrip()
		if first := r.journal.of(p.id())[0]; first.Type != tyg.EventConnect {
			r.broken("first event is %v", first.Type)
		}
	}
}

func checkReject(r *rig) {
	r.connect = rejectAsAsked
	r.run()
	for _, status := range []int{301, 400, 401, 403, 404, 429, 501, 503} {
		refused := r.refused(askFor(status))
		if refused.Status != status {
			r.broken("Reject(%d) answered status %d", status, refused.Status)
		}
		if refused.Body != "secret" {
			r.broken("Reject(%d, \"secret\") answered body %s", status, brief(refused.Body))
		}
	}
}

func askFor(status int) Dial {
	return Dial{Query: url.Values{"status": {strconv.Itoa(status)}}}
}

func asked(q *tyg.Request) int {
	status, _ := strconv.Atoi(q.Query.Get("status"))
	return status
}

// rejectAsAsked rejects with the status in the query.
func rejectAsAsked(_ context.Context, _ *tyg.Conn, q *tyg.Request) error {
	return tyg.Reject(asked(q), "secret")
}

func checkReplyStatus(r *rig) {
	r.runHandler(tyg.HandlerFunc(replyAsAsked))
	for _, status := range []int{301, 401, 403, 501} {
		if got := r.refused(askFor(status)).Status; got != status {
			r.broken("Reply{Status: %d} answered status %d", status, got)
		}
	}
	for _, status := range []int{0, 200, 201, 299} {
		r.dial(askFor(status))
	}
}

func replyAsAsked(_ context.Context, _ tyg.Sender, e tyg.Event) (tyg.Reply, error) {
	if e.Type != tyg.EventConnect {
		return tyg.Reply{}, nil
	}
	return tyg.Reply{Status: asked(e.Request)}, nil
}

func checkConnectError(r *rig) {
	r.connect = func(context.Context, *tyg.Conn, *tyg.Request) error { return errors.New("secret") }
	r.run()
	r.wantBadGateway(Dial{})
}

func checkConnectPanic(r *rig) {
	r.connect = func(context.Context, *tyg.Conn, *tyg.Request) error { panic("secret") }
	r.run()
	r.wantBadGateway(Dial{})
}

func checkRejectOK(r *rig) {
	r.connect = rejectAsAsked
	r.run()
	for _, status := range []int{-1, 0, 101, 200, 299, 600} {
		r.wantBadGateway(askFor(status))
	}
}

func (r *rig) wantBadGateway(d Dial) {
	r.t.Helper()
	refused := r.refused(d)
	if refused.Status != http.StatusBadGateway {
		r.broken("answered status %d, want 502", refused.Status)
	}
	if strings.Contains(refused.Body, "secret") {
		r.broken("the client was told %s", brief(refused.Body))
	}
}

func checkRefusedGone(r *rig) {
	r.connect = func(_ context.Context, _ *tyg.Conn, q *tyg.Request) error {
		if q.Query.Has("refuse") {
			return tyg.Reject(http.StatusForbidden, "")
		}
		return nil
	}
	r.run()
	r.refused(Dial{Query: url.Values{"refuse": {"yes"}}})
	e := r.await("the connect event", nth(tyg.EventConnect, 1))
	if err := r.Sender.Send(r.ctx, e.Conn.ID, []byte("x")); !errors.Is(err, tyg.ErrGone) {
		r.broken("Send returned %v, want ErrGone", err)
	}
	r.open(Dial{}).gone()
	if events := r.journal.of(e.Conn.ID); len(events) != 1 {
		r.broken("it had %d events, want 1", len(events))
	}
}

func checkSubprotocol(r *rig) {
	r.connect = func(_ context.Context, _ *tyg.Conn, q *tyg.Request) error {
		q.Accept("unknown", "chat.v1")
		return nil
	}
	r.run()
	offer := []string{"chat.v2", "chat.v1"}
	p := r.open(Dial{Subprotocols: offer})
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

func checkNoSubprotocol(r *rig) {
	var accepted atomic.Bool
	r.connect = func(_ context.Context, _ *tyg.Conn, q *tyg.Request) error {
		_, ok := q.Accept("chat.v1")
		accepted.Store(ok)
		return nil
	}
	r.run()
	p := r.open(Dial{})
	if got := p.Subprotocol(); got != "" || accepted.Load() {
		r.broken("client that offered none got subprotocol %q, Accept returned %t",
			got, accepted.Load())
	}
}

func checkHeader(r *rig) {
	r.run()
	p := r.open(Dial{Header: http.Header{
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
	r.open(Dial{Query: want})
	got := r.await("connect", nth(tyg.EventConnect, 1)).Request.Query
	if got.Encode() != want.Encode() {
		r.broken("Query is %v, want %v", got, want)
	}
}

func checkNoQuery(r *rig) {
	r.run()
	r.open(Dial{})
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
	p := r.open(Dial{})
	request := r.await("connect", nth(tyg.EventConnect, 1)).Request
	if _, err := netip.ParseAddr(request.SourceIP); err != nil {
		r.broken("Request.SourceIP is %q: %v", request.SourceIP, err)
	}
	if p.conn.SourceIP != request.SourceIP {
		r.broken("Conn.SourceIP is %q, Request.SourceIP %q", p.conn.SourceIP, request.SourceIP)
	}
}
