package tygtest_test

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/tygtest"
)

// A handler may hold a lock while it closes a connection whose disconnect handler takes that lock.
func TestCloseInHandlerMayHoldALock(t *testing.T) {
	app := tyg.New("locked")
	var mu sync.Mutex
	var order []string
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		mu.Lock()
		defer mu.Unlock()
		defer func() { order = append(order, "handled") }()
		return c.Sender.Close(ctx, tyg.ConnID(m.Text()))
	})
	app.OnDisconnect(func(context.Context, *tyg.Conn, tyg.Disconnect) error {
		mu.Lock()
		defer mu.Unlock()
		order = append(order, "disconnected")
		return nil
	})
	host := tygtest.NewHost(t, app)
	john, jenny := host.Dial(), host.Dial()
	john.Send(string(jenny.ID()))
	john.Send(string(john.ID()))
	want := []string{"handled", "disconnected", "handled", "disconnected"}
	if !slices.Equal(order, want) {
		t.Errorf("order is %q, want %q", order, want)
	}
}

// Two hosts in one test are independent.
func TestHandlerOfOneHostUsesAnother(t *testing.T) {
	ended := 0
	app := echoApp()
	app.OnDisconnect(func(context.Context, *tyg.Conn, tyg.Disconnect) error {
		ended++
		return nil
	})
	inner := tygtest.NewHost(t, app)
	jenny := inner.Dial()
	outer := tygtest.NewHost(t, tyg.HandlerFunc(
		func(ctx context.Context, e tyg.Event) (tyg.Reply, error) {
			if e.Type != tyg.EventMessage {
				return tyg.Reply{}, nil
			}
			jenny.Send("x")
			return tyg.Reply{}, inner.Close(ctx, jenny.ID())
		}))
	outer.Dial().Send("x")
	jenny.Expect("x")
	if ended != 1 {
		t.Errorf("%d disconnect events, want 1", ended)
	}
}

func TestHandlerThatEndsTheTestUnlocksItsClient(t *testing.T) {
	app := tyg.New("fatal")
	app.OnMessage(func(context.Context, *tyg.Conn, tyg.Message) error { panic("not recovered") })
	app.Use(func(tyg.Handler) tyg.Handler {
		return tyg.HandlerFunc(func(_ context.Context, e tyg.Event) (tyg.Reply, error) {
			if e.Type == tyg.EventMessage {
				runtime.Goexit() // as testing.T.FailNow does
			}
			return tyg.Reply{}, nil
		})
	})
	host := tygtest.NewHost(t, app)
	john := host.Dial()
	done := make(chan struct{})
	// Ends by Goexit; it is waited for below.
	go func() {
		defer close(done)
		john.Send("x")
	}()
	<-done
	john.Close(1000, "") // would hang if the connection were still locked
	if _, ok := john.Closed(); !ok {
		t.Error("connection is open")
	}
}
