package tygtest

import (
	"context"
	"errors"
	"fmt"

	"github.com/tyg-dev/tyg"
)

const causeRule = "the disconnect event has the code and reason that API Gateway reports"

func disconnectPromises() []promise {
	return []promise{
		{"a client's code and reason are passed on", causeRule, checkClientClose},
		{"a close frame without a code is 1005", causeRule, checkNoCode},
		{"a lost connection is 1006", causeRule, checkDrop},
		{"Sender.Close is 1000 for both ends", causeRule, checkSenderClose},
		{
			"disconnect comes after the messages before it",
			"what a client sent before it closed is handled before disconnect", checkMessagesFirst,
		},
		{
			"disconnect is handled once and last",
			"a connection has one disconnect event, whatever ends it and how often, and none after",
			checkOnce,
		},
		{
			"closing in a handler lets it finish",
			"if a handler closes its own connection, disconnect follows when it has returned",
			checkCloseInHandler,
		},
		{
			"a connection is gone in its disconnect handler",
			"in disconnect, Send, Close and Info of that connection return ErrGone",
			checkGoneInDisconnect,
		},
	}
}

// ended checks the code and reason of the disconnect event.
func (p *peer) ended(code tyg.CloseCode, reason string) {
	p.r.t.Helper()
	want := tyg.Disconnect{Code: code, Reason: reason}
	if got := p.disconnected().Disconnect; got != want {
		p.r.broken("disconnect event has %d %q, want %d %q",
			got.Code, got.Reason, want.Code, want.Reason)
	}
}

func checkClientClose(r *rig) {
	r.run()
	for _, want := range []Closed{{1000, ""}, {1001, ""}, {1000, "bye"}, {4001, "zwölf Tassen"}} {
		p := r.join(Dial{})
		if err := p.Close(want.Code, want.Reason); err != nil {
			r.stop("client's close: %v", err)
		}
		p.ended(want.Code, want.Reason)
	}
}

func checkNoCode(r *rig) {
	r.run()
	p := r.join(Dial{})
	if err := p.Close(1005, ""); err != nil {
		r.stop("client's close: %v", err)
	}
	p.ended(1005, "Client-side close frame status not set")
}

func checkDrop(r *rig) {
	r.run()
	p := r.join(Dial{})
	if err := p.Drop(); err != nil {
		r.stop("client's drop: %v", err)
	}
	if e := p.disconnected(); e.Disconnect.Code != 1006 {
		r.broken("disconnect code is %d, want 1006", e.Disconnect.Code)
	}
}

func checkSenderClose(r *rig) {
	r.run()
	p := r.join(Dial{})
	if err := r.Sender.Close(r.ctx, p.id()); err != nil {
		r.stop("Close returned %v", err)
	}
	if closed := p.closed(); closed.Code != 1000 {
		r.broken("client was closed with %d, want 1000", closed.Code)
	}
	p.ended(1000, "Connection Closed Normally")
}

func checkMessagesFirst(r *rig) {
	const n = 50
	r.run()
	p := r.join(Dial{})
	for i := range n {
		p.write(fmt.Sprint(i))
	}
	p.gone()
	events := r.journal.of(p.id())
	if len(events) != 1+n+1 {
		r.broken("there were %d events up to disconnect, want connect, %d messages, disconnect",
			len(events), n)
	}
}

func checkOnce(r *rig) {
	r.run()
	for range 20 {
		p := r.join(Dial{})
		p.write("x")
		done := make(chan error, 1)
		// Ends with the case: Close does not wait for anybody, and it is waited for below.
		go func() { done <- r.Sender.Close(r.ctx, p.id()) }()
		_ = p.Close(1000, "") // one of the two comes first, which is the point
		if err := wait(r, "Close", done); err != nil && !errors.Is(err, tyg.ErrGone) {
			r.broken("Close returned %v", err)
		}
		p.disconnected()
		_ = p.Drop()
		r.join(Dial{}).gone()
		r.wantOneEnd(r.journal.of(p.id()))
	}
}

func (r *rig) wantOneEnd(events []tyg.Event) {
	r.t.Helper()
	ends := 0
	for _, e := range events {
		if e.Type == tyg.EventDisconnect {
			ends++
		}
	}
	if ends != 1 {
		r.broken("there were %d disconnect events", ends)
	}
	if last := events[len(events)-1]; last.Type != tyg.EventDisconnect {
		r.broken("the last event is %v", last.Type)
	}
}

func checkCloseInHandler(r *rig) {
	returned := make(chan error, 1)
	r.message = func(ctx context.Context, c *tyg.Conn, _ tyg.Message) error {
		err := c.Close(ctx)
		returned <- err
		return err
	}
	inTime := make(chan bool, 1)
	r.disconnect = func(context.Context, *tyg.Conn, tyg.Disconnect) error {
		inTime <- len(returned) == 1
		return nil
	}
	r.run()
	p := r.join(Dial{})
	p.write("x")
	if !wait(r, "disconnect", inTime) {
		r.broken("disconnect began before the handler was done")
	}
	if err := <-returned; err != nil {
		r.broken("Close returned %v", err)
	}
	if closed := p.closed(); closed.Code != 1000 {
		r.broken("client was closed with %d, want 1000", closed.Code)
	}
}

func checkGoneInDisconnect(r *rig) {
	outcomes := make(chan map[string]error, 1)
	r.disconnect = func(ctx context.Context, c *tyg.Conn, _ tyg.Disconnect) error {
		_, err := c.Info(ctx)
		outcomes <- map[string]error{
			"Send": c.SendString(ctx, "x"), "Close": c.Close(ctx), "Info": err,
		}
		return nil
	}
	r.run()
	p := r.join(Dial{})
	p.gone()
	for call, err := range wait(r, "disconnect", outcomes) {
		r.wantConnError(call, err, p.id(), tyg.ErrGone)
	}
}
