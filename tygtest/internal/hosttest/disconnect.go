package hosttest

import (
	"context"
	"errors"
	"fmt"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/tygtest/internal/suite"
)

const causeRule = "the disconnect event has the code and reason that API Gateway reports"

func disconnectCases() []suite.Case {
	return []suite.Case{
		{
			Name:  "a client's code and reason are in the disconnect event",
			Rule:  causeRule,
			Check: checkClientClose,
		},
		{
			Name:  "a close frame without a code is 1005",
			Rule:  causeRule,
			Check: checkNoCode,
		},
		{
			Name:  "a lost connection is 1006",
			Rule:  causeRule,
			Check: checkDrop,
		},
		{
			Name:  "Sender.Close is 1000 for both ends",
			Rule:  causeRule,
			Check: checkSenderClose,
		},
		{
			Name:  "disconnect comes after the messages before it",
			Rule:  "what a client sent before it closed is handled before disconnect",
			Check: checkMessagesFirst,
		},
		{
			Name:  "disconnect is handled once and last",
			Rule:  "a connection has one disconnect event, whatever ends it and how often, and none after",
			Check: checkOnce,
		},
		{
			Name:  "closing in a handler lets it finish",
			Rule:  "if a handler closes its own connection, disconnect follows when it has returned",
			Check: checkCloseInHandler,
		},
		{
			Name:  "a connection is gone in its disconnect handler",
			Rule:  "in disconnect, Send, Close and Info of that connection return ErrGone",
			Check: checkGoneInDisconnect,
		},
	}
}

func checkClientClose(t *suite.T) {
	t.Start()
	for _, want := range []suite.Closed{
		{Code: 1000}, {Code: 1001}, {Code: 1000, Reason: "bye"}, {Code: 4001, Reason: "zwölf Tassen"},
	} {
		p := t.Connect(suite.Dial{})
		if err := p.Close(want.Code, want.Reason); err != nil {
			t.Fatalf("client's close: %v", err)
		}
		p.ExpectDisconnect(want.Code, want.Reason)
	}
}

func checkNoCode(t *suite.T) {
	t.Start()
	p := t.Connect(suite.Dial{})
	if err := p.Close(1005, ""); err != nil {
		t.Fatalf("client's close: %v", err)
	}
	p.ExpectDisconnect(1005, "Client-side close frame status not set")
}

func checkDrop(t *suite.T) {
	t.Start()
	p := t.Connect(suite.Dial{})
	if err := p.Drop(); err != nil {
		t.Fatalf("client's drop: %v", err)
	}
	if e := p.WaitDisconnect(); e.Disconnect.Code != 1006 {
		t.Errorf("disconnect code is %d, want 1006", e.Disconnect.Code)
	}
}

func checkSenderClose(t *suite.T) {
	t.Start()
	p := t.Connect(suite.Dial{})
	if err := t.Sender.Close(t.Ctx, p.ID()); err != nil {
		t.Fatalf("Close returned %v", err)
	}
	if closed := p.ReadClosed(); closed.Code != 1000 {
		t.Errorf("client was closed with %d, want 1000", closed.Code)
	}
	p.ExpectDisconnect(1000, "Connection Closed Normally")
}

func checkMessagesFirst(t *suite.T) {
	const n = 50
	t.Start()
	p := t.Connect(suite.Dial{})
	for i := range n {
		p.WriteText(fmt.Sprint(i))
	}
	p.Disconnect()
	events := t.Events.Of(p.ID())
	if len(events) != 1+n+1 {
		t.Errorf("there were %d events up to disconnect, want connect, %d messages, disconnect",
			len(events), n)
	}
}

func checkOnce(t *suite.T) {
	t.Start()
	for range 20 {
		p := t.Connect(suite.Dial{})
		p.WriteText("x")
		done := make(chan error, 1)
		// Ends with the case: Close does not wait for handlers, and it is waited for below.
		go func() { done <- t.Sender.Close(t.Ctx, p.ID()) }()
		_ = p.Close(1000, "") // either may come first
		if err := suite.Wait(t, "Close", done); err != nil && !errors.Is(err, tyg.ErrGone) {
			t.Errorf("Close returned %v", err)
		}
		p.WaitDisconnect()
		_ = p.Drop()
		t.Connect(suite.Dial{}).Disconnect()
		wantOneEnd(t, t.Events.Of(p.ID()))
	}
}

func wantOneEnd(t *suite.T, events []tyg.Event) {
	t.Helper()
	ends := 0
	for _, e := range events {
		if e.Type == tyg.EventDisconnect {
			ends++
		}
	}
	if ends != 1 {
		t.Errorf("there were %d disconnect events", ends)
	}
	if last := events[len(events)-1]; last.Type != tyg.EventDisconnect {
		t.Errorf("the last event is %v", last.Type)
	}
}

func checkCloseInHandler(t *suite.T) {
	returned := make(chan error, 1)
	t.OnMessage = func(ctx context.Context, c *tyg.Conn, _ tyg.Message) error {
		err := c.Close(ctx)
		returned <- err
		return err
	}
	inTime := make(chan bool, 1)
	t.OnDisconnect = func(context.Context, *tyg.Conn, tyg.Disconnect) error {
		inTime <- len(returned) == 1
		return nil
	}
	t.Start()
	p := t.Connect(suite.Dial{})
	p.WriteText("x")
	if !suite.Wait(t, "disconnect", inTime) {
		t.Errorf("disconnect began before the handler was done")
	}
	if err := <-returned; err != nil {
		t.Errorf("Close returned %v", err)
	}
	if closed := p.ReadClosed(); closed.Code != 1000 {
		t.Errorf("client was closed with %d, want 1000", closed.Code)
	}
}

func checkGoneInDisconnect(t *suite.T) {
	outcomes := make(chan map[string]error, 1)
	t.OnDisconnect = func(ctx context.Context, c *tyg.Conn, _ tyg.Disconnect) error {
		_, err := c.Info(ctx)
		outcomes <- map[string]error{
			"Send": c.SendString(ctx, "x"), "Close": c.Close(ctx), "Info": err,
		}
		return nil
	}
	t.Start()
	p := t.Connect(suite.Dial{})
	p.Disconnect()
	for call, err := range suite.Wait(t, "disconnect", outcomes) {
		t.ExpectConnError(call, err, p.ID(), tyg.ErrGone)
	}
}
