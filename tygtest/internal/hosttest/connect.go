package hosttest

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/tygtest/internal/suite"
)

func connectCases() []suite.Case {
	return []suite.Case{
		{
			Name:  "without a connect handler every client is accepted",
			Rule:  "$connect is optional; without it every handshake is accepted",
			Check: checkNoConnectHandler,
		},
		{
			Name:  "the handshake waits for the connect handler",
			Rule:  "the client is answered 101 only after connect has returned",
			Check: checkHandshakeWaits,
		},
		{
			Name:  "connect comes before messages",
			Rule:  "a connection's first event is connect, even if its client writes at once",
			Check: checkConnectFirst,
		},
		{
			Name:  "Reject answers with its status",
			Rule:  "tyg.Reject(status, reason) refuses the handshake with status and reason",
			Check: checkReject,
		},
		{
			Name:  "a Reply with a status answers with that status",
			Rule:  "a Reply whose Status is neither 0 nor 200 to 299 refuses the handshake with it",
			Check: checkReplyStatus,
		},
		{
			Name: "an error answers 502",
			Rule: "an error other than a Rejection refuses the handshake with 502 and no word of " +
				"the error",
			Check: checkConnectError,
		},
		{
			Name:  "a panic answers 502",
			Rule:  "a panic in connect refuses the handshake with 502 and nothing else",
			Check: checkConnectPanic,
		},
		{
			Name:  "Reject with a status that cannot refuse answers 502",
			Rule:  "a Rejection whose Status is not from 300 to 599 is an error like any other: 502",
			Check: checkRejectOK,
		},
		{
			Name:  "a refused client has no further events",
			Rule:  "a refused handshake has no disconnect event, and its id is gone",
			Check: checkRefusedGone,
		},
	}
}

func checkNoConnectHandler(t *suite.T) {
	t.App.OnMessage(suite.Echo)
	t.StartHandler(t.App)
	p := t.NewClient(t.Dial(suite.Dial{}))
	p.RoundTrip()
}

func checkHandshakeWaits(t *suite.T) {
	dialed, waited := make(chan struct{}), make(chan bool, 1)
	t.OnConnect = func(context.Context, *tyg.Conn, *tyg.Request) error {
		select {
		case <-dialed:
			waited <- false
		case <-time.After(suite.Short):
			waited <- true
		}
		return nil
	}
	t.Start()
	t.Dial(suite.Dial{})
	close(dialed)
	if !suite.Wait(t, "the connect handler's report", waited) {
		t.Errorf("the client was connected while its connect handler was running")
	}
}

func checkConnectFirst(t *suite.T) {
	t.Start()
	for range 20 {
		p := t.Connect(suite.Dial{})
		p.RoundTrip()
		if first := t.Events.Of(p.ID())[0]; first.Type != tyg.EventConnect {
			t.Errorf("first event is %v", first.Type)
		}
	}
}

func checkReject(t *suite.T) {
	t.OnConnect = rejectAsAsked
	t.Start()
	for _, status := range []int{301, 400, 401, 403, 404, 429, 501, 503} {
		refused := t.DialRefused(askFor(status))
		if refused.Status != status {
			t.Errorf("Reject(%d) answered status %d", status, refused.Status)
		}
		if refused.Body != "secret" {
			t.Errorf("Reject(%d, \"secret\") answered body %s", status, suite.Brief(refused.Body))
		}
	}
}

func askFor(status int) suite.Dial {
	return suite.Dial{Query: url.Values{"status": {strconv.Itoa(status)}}}
}

func asked(q *tyg.Request) int {
	status, _ := strconv.Atoi(q.Query.Get("status"))
	return status
}

// rejectAsAsked rejects with the status in the query.
func rejectAsAsked(_ context.Context, _ *tyg.Conn, q *tyg.Request) error {
	return tyg.Reject(asked(q), "secret")
}

func checkReplyStatus(t *suite.T) {
	t.StartHandler(tyg.HandlerFunc(replyAsAsked))
	for _, status := range []int{301, 401, 403, 501} {
		if got := t.DialRefused(askFor(status)).Status; got != status {
			t.Errorf("Reply{Status: %d} answered status %d", status, got)
		}
	}
	for _, status := range []int{0, 200, 201, 299} {
		t.Dial(askFor(status))
	}
}

func replyAsAsked(_ context.Context, e tyg.Event) (tyg.Reply, error) {
	if e.Type != tyg.EventConnect {
		return tyg.Reply{}, nil
	}
	return tyg.Reply{Status: asked(e.Request)}, nil
}

func checkConnectError(t *suite.T) {
	t.OnConnect = func(context.Context, *tyg.Conn, *tyg.Request) error { return errors.New("secret") }
	t.Start()
	wantBadGateway(t, suite.Dial{})
}

func checkConnectPanic(t *suite.T) {
	t.OnConnect = func(context.Context, *tyg.Conn, *tyg.Request) error { panic("secret") }
	t.Start()
	wantBadGateway(t, suite.Dial{})
}

func checkRejectOK(t *suite.T) {
	t.OnConnect = rejectAsAsked
	t.Start()
	for _, status := range []int{-1, 0, 101, 200, 299, 600} {
		wantBadGateway(t, askFor(status))
	}
}

func wantBadGateway(t *suite.T, d suite.Dial) {
	t.Helper()
	refused := t.DialRefused(d)
	if refused.Status != http.StatusBadGateway {
		t.Errorf("answered status %d, want 502", refused.Status)
	}
	if strings.Contains(refused.Body, "secret") {
		t.Errorf("the client got %s", suite.Brief(refused.Body))
	}
}

func checkRefusedGone(t *suite.T) {
	t.OnConnect = func(_ context.Context, _ *tyg.Conn, q *tyg.Request) error {
		if q.Query.Has("refuse") {
			return tyg.Reject(http.StatusForbidden, "")
		}
		return nil
	}
	t.Start()
	t.DialRefused(suite.Dial{Query: url.Values{"refuse": {"yes"}}})
	e := t.WaitEvent("the connect event", suite.Nth(tyg.EventConnect, 1))
	if err := t.Sender.Send(t.Ctx, e.Conn.ID, []byte("x")); !errors.Is(err, tyg.ErrGone) {
		t.Errorf("Send returned %v, want ErrGone", err)
	}
	t.Connect(suite.Dial{}).Disconnect()
	if events := t.Events.Of(e.Conn.ID); len(events) != 1 {
		t.Errorf("it had %d events, want 1", len(events))
	}
}
