package hosttest

import (
	"context"
	"sync/atomic"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/tygtest/internal/suite"
)

func handlerSendCases() []suite.Case {
	return []suite.Case{
		{
			Name:  "connect cannot send to its own client",
			Rule:  "while connect runs, Send to its connection returns ErrNotOpen, which is ErrGone, too",
			Check: checkSendInConnect,
		},
		{
			Name:  "connect can send to others",
			Rule:  "the Sender of a connect handler reaches every other connection",
			Check: checkSendFromConnect,
		},
		{
			Name:  "a handler can send to others",
			Rule:  "the Sender that a handler is given reaches every connection",
			Check: checkSendToOthers,
		},
		{
			Name:  "a handler can close others",
			Rule:  "Close ends any connection, and its disconnect event follows",
			Check: checkCloseOthers,
		},
		{
			Name:  "disconnect can send to others",
			Rule:  "the Sender of a disconnect handler reaches every other connection",
			Check: checkSendFromDisconnect,
		},
		{
			Name:  "App.Sender works outside of handlers",
			Rule:  "a host binds its Sender to the application that it runs",
			Check: checkAppSender,
		},
	}
}

func checkSendInConnect(t *suite.T) {
	outcome := make(chan error, 1)
	t.OnConnect = func(ctx context.Context, c *tyg.Conn, _ *tyg.Request) error {
		outcome <- c.SendString(ctx, "too early")
		return nil
	}
	t.Start()
	p := t.Connect(suite.Dial{})
	t.ExpectConnError("Send", suite.Wait(t, "connect", outcome), p.ID(), tyg.ErrNotOpen)
	p.RoundTrip()
}

func checkSendFromConnect(t *suite.T) {
	var first atomic.Pointer[tyg.Conn]
	t.OnConnect = func(ctx context.Context, c *tyg.Conn, _ *tyg.Request) error {
		if first.CompareAndSwap(nil, c) {
			return nil
		}
		return c.Sender.Send(ctx, first.Load().ID, []byte("another has come"))
	}
	t.Start()
	p := t.Connect(suite.Dial{})
	t.Connect(suite.Dial{})
	p.Expect("another has come")
}

func checkSendToOthers(t *suite.T) {
	t.OnMessage = func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		return c.Sender.Send(ctx, tyg.ConnID(m.Text()), []byte("from the other"))
	}
	t.Start()
	john, jenny := t.Connect(suite.Dial{}), t.Connect(suite.Dial{})
	john.WriteText(string(jenny.ID()))
	jenny.Expect("from the other")
}

func checkCloseOthers(t *suite.T) {
	t.OnMessage = func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		if err := c.Sender.Close(ctx, tyg.ConnID(m.Text())); err != nil {
			return err
		}
		return c.SendString(ctx, "done")
	}
	t.Start()
	john, jenny := t.Connect(suite.Dial{}), t.Connect(suite.Dial{})
	john.WriteText(string(jenny.ID()))
	john.Expect("done")
	jenny.ExpectDisconnect(1000, "Connection Closed Normally")
}

func checkSendFromDisconnect(t *suite.T) {
	var stays atomic.Pointer[tyg.Conn]
	t.OnConnect = func(_ context.Context, c *tyg.Conn, _ *tyg.Request) error {
		stays.CompareAndSwap(nil, c)
		return nil
	}
	t.OnDisconnect = func(ctx context.Context, c *tyg.Conn, _ tyg.Disconnect) error {
		if c.ID == stays.Load().ID {
			return nil
		}
		return c.Sender.Send(ctx, stays.Load().ID, []byte("another has left"))
	}
	t.Start()
	p := t.Connect(suite.Dial{})
	t.Connect(suite.Dial{}).Disconnect()
	p.Expect("another has left")
}

func checkAppSender(t *suite.T) {
	t.Start()
	p := t.Connect(suite.Dial{})
	if err := t.App.Sender().Send(t.Ctx, p.ID(), []byte("from a timer")); err != nil {
		t.Errorf("Send returned %v", err)
	}
	p.Expect("from a timer")
}
