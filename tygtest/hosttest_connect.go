package tygtest

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
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
		p := r.join(Dial{})
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

func replyAsAsked(_ context.Context, e tyg.Event) (tyg.Reply, error) {
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
	r.join(Dial{}).gone()
	if events := r.journal.of(e.Conn.ID); len(events) != 1 {
		r.broken("it had %d events, want 1", len(events))
	}
}
