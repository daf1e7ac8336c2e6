package tygtest

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/tyg-dev/tyg"
)

func messagePromises() []promise {
	return []promise{
		{
			"messages of a connection are handled in order",
			"the messages of one connection are handled in the order of arrival", checkOrder,
		},
		{
			"messages of a connection are handled one at a time",
			"handlers of one connection never overlap", checkSerial,
		},
		{
			"handlers of different connections run at the same time",
			"a handler that takes long holds up no other connection", checkConcurrent,
		},
		{
			"text arrives as it was sent", "a message is any UTF-8 text and is not changed",
			checkText,
		},
		{
			"a message of 128 KB makes the round trip",
			"the limit of API Gateway is 131072 bytes, in both directions", checkLargest,
		},
		{
			"a message over 128 KB ends the connection with 1009",
			"a message of 131073 bytes is not handled; its client is closed with 1009",
			checkTooLarge,
		},
		{
			"a context ends when its handler has returned",
			"a handler's context is good while it runs and ends afterwards", checkContextEnds,
		},
		{
			"a message is worked through when its client leaves",
			"a handler's context does not end when the client leaves; disconnect follows it",
			checkLeaveWhileHandling,
		},
		{
			"a reply to a message says nothing to the client",
			"routes are one-way by default: a Reply's Status and Body stay with the host",
			checkReplyDropped,
		},
	}
}

func checkOrder(r *rig) {
	const n = 1000
	r.run()
	p := r.join(Dial{})
	for i := range n {
		p.write(fmt.Sprint(i))
	}
	for i := range n {
		p.expect(fmt.Sprint(i))
	}
}

func checkSerial(r *rig) {
	const n = 200
	var running, overlaps atomic.Int32
	r.message = func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		if running.Add(1) > 1 {
			overlaps.Add(1)
		}
		defer running.Add(-1)
		return c.Send(ctx, m.Data)
	}
	r.run()
	p := r.join(Dial{})
	for range n {
		p.write("x")
	}
	for range n {
		p.expect("x")
	}
	if overlaps.Load() > 0 {
		r.broken("of %d handlers, %d began while another was running", n, overlaps.Load())
	}
}

func checkConcurrent(r *rig) {
	meet := make(chan struct{})
	r.message = func(ctx context.Context, c *tyg.Conn, _ tyg.Message) error {
		select {
		case meet <- struct{}{}:
		case <-meet:
		case <-ctx.Done():
			return ctx.Err()
		}
		return c.SendString(ctx, "met")
	}
	r.run()
	john, jenny := r.join(Dial{}), r.join(Dial{})
	john.write("x")
	jenny.write("x")
	john.expect("met")
	jenny.expect("met")
}

func checkText(r *rig) {
	r.run()
	p := r.join(Dial{})
	for _, text := range texts() {
		p.write(text)
		p.expect(text)
	}
}

// texts are messages that a careless host might change.
func texts() []string {
	return []string{"a", "\x00", "line\r\nline", "zwölf 日本語 🍵", `{"json": "\u00e9"}`}
}

func checkLargest(r *rig) {
	r.run()
	p := r.join(Dial{})
	text := strings.Repeat("0123456789abcdef", maxMessage/16)
	p.write(text)
	p.expect(text)
}

func checkTooLarge(r *rig) {
	r.run()
	p := r.join(Dial{})
	_ = p.Write(r.ctx, tyg.Text, strings.Repeat("x", maxMessage+1)) // may fail when the host hangs up
	if e := p.disconnected(); e.Disconnect.Code != 1009 {
		r.broken("disconnect code is %d, want 1009", e.Disconnect.Code)
	}
	if closed := p.closed(); closed.Code != 1009 {
		r.broken("client was closed with %d, want 1009", closed.Code)
	}
	if n := r.journal.count(tyg.EventMessage); n > 0 {
		r.broken("the message was handled")
	}
}

func checkContextEnds(r *rig) {
	contexts := make(chan context.Context, 3)
	report := func(ctx context.Context) error {
		if err := ctx.Err(); err != nil {
			r.broken("a handler's context has ended while it runs: %v", err)
		}
		contexts <- ctx
		return nil
	}
	r.connect = func(ctx context.Context, _ *tyg.Conn, _ *tyg.Request) error { return report(ctx) }
	r.message = func(ctx context.Context, _ *tyg.Conn, _ tyg.Message) error { return report(ctx) }
	r.disconnect = func(ctx context.Context, _ *tyg.Conn, _ tyg.Disconnect) error {
		return report(ctx)
	}
	r.run()
	p := r.join(Dial{})
	p.write("x")
	r.await("the message", nth(tyg.EventMessage, 1))
	p.gone()
	for _, handler := range []string{"connect", "message", "disconnect"} {
		ctx := wait(r, handler, contexts)
		wait(r, "the end of the context of "+handler, ctx.Done())
	}
}

func checkLeaveWhileHandling(r *rig) {
	began, left := make(chan struct{}), make(chan struct{})
	outcome := make(chan error, 1)
	r.message = func(ctx context.Context, _ *tyg.Conn, _ tyg.Message) error {
		close(began)
		<-left
		select {
		case <-ctx.Done():
		case <-time.After(short):
		}
		outcome <- ctx.Err()
		return nil
	}
	r.run()
	p := r.join(Dial{})
	p.write("x")
	wait(r, "the message", began)
	if err := p.Drop(); err != nil {
		r.stop("client's drop: %v", err)
	}
	close(left)
	p.disconnected()
	select {
	case err := <-outcome:
		if err != nil {
			r.broken("the handler's context ended: %v", err)
		}
	default:
		r.broken("the disconnect event came while a message was being handled")
	}
}

func checkReplyDropped(r *rig) {
	r.runHandler(tyg.HandlerFunc(replyAndEcho))
	p := &peer{Socket: r.dial(Dial{}), r: r}
	p.roundTrip()
	p.roundTrip()
}

// replyAndEcho echoes messages, and replies with a text besides.
func replyAndEcho(ctx context.Context, e tyg.Event) (tyg.Reply, error) {
	if e.Type != tyg.EventMessage {
		return tyg.Reply{}, nil
	}
	reply := tyg.Reply{Status: 500, Body: []byte("not for the client")}
	return reply, e.Conn.Send(ctx, e.Message.Data)
}
