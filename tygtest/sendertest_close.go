package tygtest

import (
	"net/http"
	"time"

	"github.com/tyg-dev/tyg"
)

func closePromises() []promise {
	return []promise{
		{"Close ends the connection", "the client of a closed connection sees 1000", checkClose},
		{"a closed connection is gone", goneRule, checkGoneAfterClose},
		{
			"Close ends one connection only", "Close concerns no connection but the one with this id",
			checkCloseOne,
		},
		{
			"what was sent before Close arrives before it",
			"Close does not overtake messages that were accepted", checkSendThenClose,
		},
	}
}

func infoPromises() []promise {
	return []promise{
		{
			"Info tells what is known",
			"Info has the time of connecting, the client's address and its user agent", checkInfo,
		},
		{
			"sending moves LastActiveAt", "LastActiveAt is when a message last went either way",
			checkActiveBySend,
		},
		{
			"receiving moves LastActiveAt", "LastActiveAt is when a message last went either way",
			checkActiveByMessage,
		},
	}
}

func (p *peer) shut() {
	p.r.t.Helper()
	if err := p.r.Sender.Close(p.r.ctx, p.id()); err != nil {
		p.r.stop("Close returned %v", err)
	}
}

func checkClose(r *rig) {
	r.run()
	p := r.join(Dial{})
	p.shut()
	if closed := p.closed(); closed.Code != 1000 {
		r.broken("client was closed with %d, want 1000", closed.Code)
	}
	p.ended(1000, "Connection Closed Normally")
}

func checkGoneAfterClose(r *rig) {
	r.run()
	p := r.join(Dial{})
	p.shut()
	r.wantAll(p.id(), tyg.ErrGone)
	p.disconnected()
	r.wantAll(p.id(), tyg.ErrGone)
}

func checkCloseOne(r *rig) {
	r.run()
	peers := r.openMany(5)
	peers[2].shut()
	peers[2].disconnected()
	for i, p := range peers {
		if i != 2 {
			p.roundTrip()
		}
	}
}

func checkSendThenClose(r *rig) {
	const n = 20
	r.run()
	p := r.join(Dial{})
	for range n {
		p.send("x")
	}
	p.shut()
	for range n {
		p.expect("x")
	}
	if closed := p.closed(); closed.Code != 1000 {
		r.broken("client was closed with %d, want 1000", closed.Code)
	}
}

func (p *peer) info() tyg.Info {
	p.r.t.Helper()
	info, err := p.r.Sender.Info(p.r.ctx, p.id())
	if err != nil {
		p.r.stop("Info returned %v", err)
	}
	return info
}

func checkInfo(r *rig) {
	r.run()
	p := r.join(Dial{Header: http.Header{"User-Agent": {"tyg conformance"}}})
	info := p.info()
	// @connections tells times in milliseconds.
	if off := info.ConnectedAt.Sub(p.conn.ConnectedAt).Abs(); off > time.Millisecond {
		r.broken("ConnectedAt is %v, in the events %v", info.ConnectedAt, p.conn.ConnectedAt)
	}
	if info.LastActiveAt.Before(info.ConnectedAt) || info.LastActiveAt.After(time.Now()) {
		r.broken("LastActiveAt is %v, want it between %v and now",
			info.LastActiveAt, info.ConnectedAt)
	}
	if info.SourceIP != p.conn.SourceIP || info.UserAgent != "tyg conformance" {
		r.broken("SourceIP is %q, UserAgent %q; in the events %q and %q",
			info.SourceIP, info.UserAgent, p.conn.SourceIP, p.conn.UserAgent)
	}
}

func checkActiveBySend(r *rig) {
	r.run()
	p := r.join(Dial{})
	p.activeAfter(func() {
		p.send("x")
		p.expect("x")
	})
}

func checkActiveByMessage(r *rig) {
	r.message = failOn("quiet", func() error { return nil })
	r.run()
	p := r.join(Dial{})
	seen := 0
	p.activeAfter(func() {
		p.write("quiet")
		seen++
		r.await("the message", nth(tyg.EventMessage, seen))
	})
}

// activeAfter checks that act moves LastActiveAt. A host may look at the clock rarely, so it acts
// until that shows.
func (p *peer) activeAfter(act func()) {
	p.r.t.Helper()
	before := p.info().LastActiveAt
	for p.r.ctx.Err() == nil {
		act()
		if p.info().LastActiveAt.After(before) {
			return
		}
	}
	p.r.stop("LastActiveAt stays %v", before)
}
