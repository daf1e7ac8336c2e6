package sendertest

import (
	"net/http"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/tygtest/internal/suite"
)

func closeCases() []suite.Case {
	return []suite.Case{
		{
			Name:  "Close ends the connection",
			Rule:  "the client of a closed connection sees 1000",
			Check: checkClose,
		},
		{
			Name:  "a closed connection is gone",
			Rule:  goneRule,
			Check: checkGoneAfterClose,
		},
		{
			Name:  "Close ends one connection only",
			Rule:  "Close concerns no connection but the one with this id",
			Check: checkCloseOne,
		},
		{
			Name:  "messages sent before Close arrive before it",
			Rule:  "Close does not overtake messages that were accepted",
			Check: checkSendThenClose,
		},
	}
}

func infoCases() []suite.Case {
	return []suite.Case{
		{
			Name:  "Info describes the connection",
			Rule:  "Info has the time of connecting, the client's address and its user agent",
			Check: checkInfo,
		},
		{
			Name:  "sending updates LastActiveAt",
			Rule:  "LastActiveAt is when a message last went either way",
			Check: checkActiveBySend,
		},
		{
			Name:  "receiving updates LastActiveAt",
			Rule:  "LastActiveAt is when a message last went either way",
			Check: checkActiveByMessage,
		},
	}
}

func closeClient(t *suite.T, p *suite.Client) {
	t.Helper()
	if err := t.Sender.Close(t.Ctx, p.ID()); err != nil {
		t.Fatalf("Close returned %v", err)
	}
}

func checkClose(t *suite.T) {
	t.Start()
	p := t.Connect(suite.Dial{})
	closeClient(t, p)
	if closed := p.ReadClosed(); closed.Code != 1000 {
		t.Errorf("client was closed with %d, want 1000", closed.Code)
	}
	p.ExpectDisconnect(1000, "Connection Closed Normally")
}

func checkGoneAfterClose(t *suite.T) {
	t.Start()
	p := t.Connect(suite.Dial{})
	closeClient(t, p)
	wantAll(t, p.ID(), tyg.ErrGone)
	p.WaitDisconnect()
	wantAll(t, p.ID(), tyg.ErrGone)
}

func checkCloseOne(t *suite.T) {
	t.Start()
	clients := t.ConnectMany(5)
	closeClient(t, clients[2])
	clients[2].WaitDisconnect()
	for i, p := range clients {
		if i != 2 {
			p.RoundTrip()
		}
	}
}

func checkSendThenClose(t *suite.T) {
	const n = 20
	t.Start()
	p := t.Connect(suite.Dial{})
	for range n {
		send(t, p, "x")
	}
	closeClient(t, p)
	for range n {
		p.Expect("x")
	}
	if closed := p.ReadClosed(); closed.Code != 1000 {
		t.Errorf("client was closed with %d, want 1000", closed.Code)
	}
}

func info(t *suite.T, p *suite.Client) tyg.Info {
	t.Helper()
	info, err := t.Sender.Info(t.Ctx, p.ID())
	if err != nil {
		t.Fatalf("Info returned %v", err)
	}
	return info
}

func checkInfo(t *suite.T) {
	t.Start()
	p := t.Connect(suite.Dial{Header: http.Header{"User-Agent": {"tyg conformance"}}})
	info := info(t, p)
	// @connections has times in milliseconds.
	if off := info.ConnectedAt.Sub(p.Conn.ConnectedAt).Abs(); off > time.Millisecond {
		t.Errorf("ConnectedAt is %v, in the events %v", info.ConnectedAt, p.Conn.ConnectedAt)
	}
	if info.LastActiveAt.Before(info.ConnectedAt) || info.LastActiveAt.After(time.Now()) {
		t.Errorf("LastActiveAt is %v, want it between %v and now",
			info.LastActiveAt, info.ConnectedAt)
	}
	if info.SourceIP != p.Conn.SourceIP || info.UserAgent != "tyg conformance" {
		t.Errorf("SourceIP is %q, UserAgent %q; in the events %q and %q",
			info.SourceIP, info.UserAgent, p.Conn.SourceIP, p.Conn.UserAgent)
	}
}

func checkActiveBySend(t *suite.T) {
	t.Start()
	p := t.Connect(suite.Dial{})
	expectActiveAfter(t, p, func() {
		send(t, p, "x")
		p.Expect("x")
	})
}

func checkActiveByMessage(t *suite.T) {
	t.OnMessage = suite.FailOn("quiet", func() error { return nil })
	t.Start()
	p := t.Connect(suite.Dial{})
	seen := 0
	expectActiveAfter(t, p, func() {
		p.WriteText("quiet")
		seen++
		t.WaitEvent("the message", suite.Nth(tyg.EventMessage, seen))
	})
}

// activeAfter checks that act moves LastActiveAt. A host may read the clock rarely, so it acts
// until the time changes.
func expectActiveAfter(t *suite.T, p *suite.Client, act func()) {
	t.Helper()
	before := info(t, p).LastActiveAt
	for t.Ctx.Err() == nil {
		act()
		if info(t, p).LastActiveAt.After(before) {
			return
		}
	}
	t.Fatalf("LastActiveAt stays %v", before)
}
