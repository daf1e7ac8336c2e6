package hosttest

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/tygtest/internal/suite"
)

func messageCases() []suite.Case {
	return []suite.Case{
		{
			Name:  "messages of a connection are handled in order",
			Rule:  "the messages of one connection are handled in the order of arrival",
			Check: checkOrder,
		},
		{
			Name:  "messages of a connection are handled one at a time",
			Rule:  "handlers of one connection never overlap",
			Check: checkSerial,
		},
		{
			Name:  "handlers of different connections run at the same time",
			Rule:  "a slow handler delays no other connection",
			Check: checkConcurrent,
		},
		{
			Name:  "text arrives unchanged",
			Rule:  "a message is any UTF-8 text and is not changed",
			Check: checkText,
		},
		{
			Name:  "a message of 128 KB makes the round trip",
			Rule:  "API Gateway's limit is 131072 bytes, in both directions",
			Check: checkLargest,
		},
		{
			Name:  "a message over 128 KB ends the connection with 1009",
			Rule:  "a message of 131073 bytes is not handled; its client is closed with 1009",
			Check: checkTooLarge,
		},
		{
			Name:  "a context ends when its handler has returned",
			Rule:  "a handler's context does not end while the handler runs, and ends afterwards",
			Check: checkContextEnds,
		},
		{
			Name:  "a message is handled to the end when its client leaves",
			Rule:  "a handler's context does not end when the client leaves; disconnect follows it",
			Check: checkLeaveWhileHandling,
		},
		{
			Name:  "a reply to a message is not sent to the client",
			Rule:  "routes are one-way by default: a Reply's Status and Body are not sent",
			Check: checkReplyDropped,
		},
	}
}

func checkOrder(t *suite.T) {
	const n = 1000
	t.Start()
	p := t.Connect(suite.Dial{})
	for i := range n {
		p.WriteText(fmt.Sprint(i))
	}
	for i := range n {
		p.Expect(fmt.Sprint(i))
	}
}

func checkSerial(t *suite.T) {
	const n = 200
	var running, overlaps atomic.Int32
	t.OnMessage = func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		if running.Add(1) > 1 {
			overlaps.Add(1)
		}
		defer running.Add(-1)
		return c.Send(ctx, m.Data)
	}
	t.Start()
	p := t.Connect(suite.Dial{})
	for range n {
		p.WriteText("x")
	}
	for range n {
		p.Expect("x")
	}
	if overlaps.Load() > 0 {
		t.Errorf("of %d handlers, %d began while another was running", n, overlaps.Load())
	}
}

func checkConcurrent(t *suite.T) {
	meet := make(chan struct{})
	t.OnMessage = func(ctx context.Context, c *tyg.Conn, _ tyg.Message) error {
		select {
		case meet <- struct{}{}:
		case <-meet:
		case <-ctx.Done():
			return ctx.Err()
		}
		return c.SendString(ctx, "met")
	}
	t.Start()
	john, jenny := t.Connect(suite.Dial{}), t.Connect(suite.Dial{})
	john.WriteText("x")
	jenny.WriteText("x")
	john.Expect("met")
	jenny.Expect("met")
}

func checkText(t *suite.T) {
	t.Start()
	p := t.Connect(suite.Dial{})
	for _, text := range suite.Texts() {
		p.WriteText(text)
		p.Expect(text)
	}
}

func checkLargest(t *suite.T) {
	t.Start()
	p := t.Connect(suite.Dial{})
	text := strings.Repeat("0123456789abcdef", suite.MaxMessage/16)
	p.WriteText(text)
	p.Expect(text)
}

func checkTooLarge(t *suite.T) {
	t.Start()
	p := t.Connect(suite.Dial{})
	// May fail when the host closes the connection.
	_ = p.Write(t.Ctx, tyg.Text, strings.Repeat("x", suite.MaxMessage+1))
	if e := p.WaitDisconnect(); e.Disconnect.Code != 1009 {
		t.Errorf("disconnect code is %d, want 1009", e.Disconnect.Code)
	}
	if closed := p.ReadClosed(); closed.Code != 1009 {
		t.Errorf("client was closed with %d, want 1009", closed.Code)
	}
	if n := t.Events.Count(tyg.EventMessage); n > 0 {
		t.Errorf("the message was handled")
	}
}

func checkContextEnds(t *suite.T) {
	contexts := make(chan context.Context, 3)
	report := func(ctx context.Context) error {
		if err := ctx.Err(); err != nil {
			t.Errorf("a handler's context has ended while it runs: %v", err)
		}
		contexts <- ctx
		return nil
	}
	t.OnConnect = func(ctx context.Context, _ *tyg.Conn, _ *tyg.Request) error { return report(ctx) }
	t.OnMessage = func(ctx context.Context, _ *tyg.Conn, _ tyg.Message) error { return report(ctx) }
	t.OnDisconnect = func(ctx context.Context, _ *tyg.Conn, _ tyg.Disconnect) error {
		return report(ctx)
	}
	t.Start()
	p := t.Connect(suite.Dial{})
	p.WriteText("x")
	t.WaitEvent("the message", suite.Nth(tyg.EventMessage, 1))
	p.Disconnect()
	for _, handler := range []string{"connect", "message", "disconnect"} {
		ctx := suite.Wait(t, handler, contexts)
		suite.Wait(t, "the end of the context of "+handler, ctx.Done())
	}
}

func checkLeaveWhileHandling(t *suite.T) {
	began, left := make(chan struct{}), make(chan struct{})
	outcome := make(chan error, 1)
	t.OnMessage = func(ctx context.Context, _ *tyg.Conn, _ tyg.Message) error {
		close(began)
		<-left
		select {
		case <-ctx.Done():
		case <-time.After(suite.Short):
		}
		outcome <- ctx.Err()
		return nil
	}
	t.Start()
	p := t.Connect(suite.Dial{})
	p.WriteText("x")
	suite.Wait(t, "the message", began)
	if err := p.Drop(); err != nil {
		t.Fatalf("client's drop: %v", err)
	}
	close(left)
	p.WaitDisconnect()
	select {
	case err := <-outcome:
		if err != nil {
			t.Errorf("the handler's context ended: %v", err)
		}
	default:
		t.Errorf("the disconnect event came while a message was being handled")
	}
}

func checkReplyDropped(t *suite.T) {
	t.StartHandler(tyg.HandlerFunc(replyAndEcho))
	p := t.NewClient(t.Dial(suite.Dial{}))
	p.RoundTrip()
	p.RoundTrip()
}

// replyAndEcho echoes messages, and returns a Reply with a text too.
func replyAndEcho(ctx context.Context, e tyg.Event) (tyg.Reply, error) {
	if e.Type != tyg.EventMessage {
		return tyg.Reply{}, nil
	}
	reply := tyg.Reply{Status: 500, Body: []byte("not for the client")}
	return reply, e.Conn.Send(ctx, e.Message.Data)
}
