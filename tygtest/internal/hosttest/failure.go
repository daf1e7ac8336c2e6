package hosttest

import (
	"context"
	"errors"
	"fmt"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/tygtest/internal/suite"
)

const failureRule = "the client of a message whose handler fails gets API Gateway's frame, byte " +
	"for byte, without the text of the error, and stays connected"

func failureCases() []suite.Case {
	return []suite.Case{
		{
			Name:  "an error answers the internal error frame",
			Rule:  failureRule,
			Check: checkMessageError,
		},
		{
			Name:  "a panic answers the internal error frame",
			Rule:  failureRule,
			Check: checkMessagePanic,
		},
		{
			Name:  "a rejection of a message is an error like any other",
			Rule:  failureRule,
			Check: checkMessageReject,
		},
		{
			Name:  "messages sent before a failure arrive before its frame",
			Rule:  "messages arrive in the order in which they were sent",
			Check: checkSentBeforeFailure,
		},
		{
			Name:  "a failure in disconnect affects no other connection",
			Rule:  "a failure of a disconnect handler is logged; the host goes on",
			Check: checkDisconnectFails,
		},
		{
			Name:  "a failure affects its own connection only",
			Rule:  "an error frame goes to the client whose message failed",
			Check: checkFailureIsOwn,
		},
	}
}

func checkMessageError(t *suite.T) {
	checkFailure(t, func() error { return errors.New("secret") })
}

func checkMessagePanic(t *suite.T) {
	checkFailure(t, func() error { panic("secret") })
}

func checkMessageReject(t *suite.T) {
	checkFailure(t, func() error { return tyg.Reject(401, "secret") })
}

// checkFailure makes messages fail with what fail returns.
func checkFailure(t *suite.T, fail func() error) {
	t.OnMessage = suite.FailOn("fail", fail)
	t.Start()
	p := t.Connect(suite.Dial{})
	for i := range 3 {
		p.WriteText("fail")
		e := t.WaitEvent("the message", suite.Nth(tyg.EventMessage, 2*i+1))
		p.Expect(frame("Internal server error", e))
		p.RoundTrip()
	}
}

// frame returns API Gateway's error frame. It does not use package apigw, whose mistakes it would
// repeat.
func frame(message string, e tyg.Event) string {
	return fmt.Sprintf(`{"message": %q, "connectionId":%q, "requestId":%q}`,
		message, e.Conn.ID, e.RequestID)
}

func checkSentBeforeFailure(t *suite.T) {
	t.OnMessage = func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		return errors.Join(c.Send(ctx, m.Data), errors.New("secret"))
	}
	t.Start()
	p := t.Connect(suite.Dial{})
	p.WriteText("first")
	p.Expect("first")
	e := t.WaitEvent("the message", suite.Nth(tyg.EventMessage, 1))
	p.Expect(frame("Internal server error", e))
}

func checkDisconnectFails(t *suite.T) {
	t.OnDisconnect = func(_ context.Context, _ *tyg.Conn, d tyg.Disconnect) error {
		if d.Code == 4001 {
			panic("secret")
		}
		return errors.New("secret")
	}
	t.Start()
	stays := t.Connect(suite.Dial{})
	for code := tyg.CloseCode(4000); code < 4004; code++ {
		p := t.Connect(suite.Dial{})
		if err := p.Close(code, ""); err != nil {
			t.Fatalf("client's close: %v", err)
		}
		p.WaitDisconnect()
	}
	stays.RoundTrip()
}

func checkFailureIsOwn(t *suite.T) {
	t.OnMessage = suite.FailOn("fail", func() error { return errors.New("secret") })
	t.Start()
	john, jenny := t.Connect(suite.Dial{}), t.Connect(suite.Dial{})
	john.WriteText("fail")
	e := t.WaitEvent("the message", suite.Nth(tyg.EventMessage, 1))
	john.Expect(frame("Internal server error", e))
	jenny.RoundTrip()
}
