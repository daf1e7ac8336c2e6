package tygtest

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/tyg-dev/tyg"
)

func handlerSendPromises() []promise {
	return []promise{
		{
			"connect cannot send to its own client",
			"while connect runs, Send to its connection returns ErrNotOpen, which is ErrGone, too",
			checkSendInConnect,
		},
		{
			"connect can send to others",
			"the Sender of a connect handler reaches every other connection", checkSendFromConnect,
		},
		{
			"a handler can send to others",
			"the Sender that a handler is given reaches every connection", checkSendToOthers,
		},
		{
			"a handler can close others",
			"Close ends any connection, and its disconnect event follows", checkCloseOthers,
		},
		{
			"disconnect can send to others",
			"the Sender of a disconnect handler reaches every other connection",
			checkSendFromDisconnect,
		},
		{
			"App.Sender works outside of handlers",
			"a host binds its Sender to the application it runs", checkAppSender,
		},
	}
}

// wantConnError checks that err is a ConnError about id that wraps want.
func (r *rig) wantConnError(call string, err error, id tyg.ConnID, want error) {
	r.t.Helper()
	if !errors.Is(err, want) {
		r.broken("%s returned %v, want %v", call, err, want)
		return
	}
	c, ok := errors.AsType[*tyg.ConnError](err)
	if !ok {
		r.broken("%s returned a %T, want a *tyg.ConnError", call, err)
		return
	}
	if c.ID != id {
		r.broken("%s returned an error about %q, want %q", call, c.ID, id)
	}
}

func checkSendInConnect(r *rig) {
	outcome := make(chan error, 1)
	r.connect = func(ctx context.Context, c *tyg.Conn, _ *tyg.Request) error {
		outcome <- c.SendString(ctx, "too early")
		return nil
	}
	r.run()
	p := r.join(Dial{})
	r.wantConnError("Send", wait(r, "connect", outcome), p.id(), tyg.ErrNotOpen)
	p.roundTrip()
}

func checkSendFromConnect(r *rig) {
	var first atomic.Pointer[tyg.Conn]
	r.connect = func(ctx context.Context, c *tyg.Conn, _ *tyg.Request) error {
		if first.CompareAndSwap(nil, c) {
			return nil
		}
		return c.Sender.Send(ctx, first.Load().ID, []byte("somebody has come"))
	}
	r.run()
	p := r.join(Dial{})
	r.join(Dial{})
	p.expect("somebody has come")
}

func checkSendToOthers(r *rig) {
	r.message = func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		return c.Sender.Send(ctx, tyg.ConnID(m.Text()), []byte("from the other"))
	}
	r.run()
	john, jenny := r.join(Dial{}), r.join(Dial{})
	john.write(string(jenny.id()))
	jenny.expect("from the other")
}

func checkCloseOthers(r *rig) {
	r.message = func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		if err := c.Sender.Close(ctx, tyg.ConnID(m.Text())); err != nil {
			return err
		}
		return c.SendString(ctx, "done")
	}
	r.run()
	john, jenny := r.join(Dial{}), r.join(Dial{})
	john.write(string(jenny.id()))
	john.expect("done")
	jenny.ended(1000, "Connection Closed Normally")
}

func checkSendFromDisconnect(r *rig) {
	var stays atomic.Pointer[tyg.Conn]
	r.connect = func(_ context.Context, c *tyg.Conn, _ *tyg.Request) error {
		stays.CompareAndSwap(nil, c)
		return nil
	}
	r.disconnect = func(ctx context.Context, c *tyg.Conn, _ tyg.Disconnect) error {
		if c.ID == stays.Load().ID {
			return nil
		}
		return c.Sender.Send(ctx, stays.Load().ID, []byte("somebody has left"))
	}
	r.run()
	p := r.join(Dial{})
	r.join(Dial{}).gone()
	p.expect("somebody has left")
}

func checkAppSender(r *rig) {
	r.run()
	p := r.join(Dial{})
	if err := r.app.Sender().Send(r.ctx, p.id(), []byte("from a timer")); err != nil {
		r.broken("Send returned %v", err)
	}
	p.expect("from a timer")
}
