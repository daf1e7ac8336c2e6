package tygtest

import (
	"context"
	"errors"
	"fmt"

	"github.com/tyg-dev/tyg"
)

const failureRule = "the client of a message whose handler fails gets API Gateway's frame, byte " +
	"for byte, without the text of the error, and stays connected"

func failurePromises() []promise {
	return []promise{
		{"an error answers the internal error frame", failureRule, checkMessageError},
		{"a panic answers the internal error frame", failureRule, checkMessagePanic},
		{"a rejection of a message is an error like others", failureRule, checkMessageReject},
		{
			"what was sent before the failure comes before its frame",
			"messages arrive in the order in which they were sent", checkSentBeforeFailure,
		},
		{
			"a failure in disconnect harms nobody",
			"a failure of a disconnect handler is logged; the host goes on", checkDisconnectFails,
		},
		{
			"a failure concerns its own connection only",
			"an error frame goes to the client whose message failed", checkFailureIsOwn,
		},
	}
}

func checkMessageError(r *rig) {
	r.checkFailure(func() error { return errors.New("secret") })
}

func checkMessagePanic(r *rig) {
	r.checkFailure(func() error { panic("secret") })
}

func checkMessageReject(r *rig) {
	r.checkFailure(func() error { return tyg.Reject(401, "secret") })
}

// checkFailure lets one message fail with what fail returns.
func (r *rig) checkFailure(fail func() error) {
	r.message = failOn("fail", fail)
	r.run()
	p := r.join(Dial{})
	for i := range 3 {
		p.write("fail")
		e := r.await("the message", nth(tyg.EventMessage, 2*i+1))
		p.expect(frame("Internal server error", e))
		p.roundTrip()
	}
}

// failOn returns an echo that fails for messages that are text.
func failOn(text string, fail func() error) tyg.MessageFunc {
	return func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		if m.Text() == text {
			return fail()
		}
		return c.Send(ctx, m.Data)
	}
}

// frame returns API Gateway's error frame, spelled out here so that a wrong package apigw is
// noticed.
func frame(message string, e tyg.Event) string {
	return fmt.Sprintf(`{"message": %q, "connectionId":%q, "requestId":%q}`,
		message, e.Conn.ID, e.RequestID)
}

func checkSentBeforeFailure(r *rig) {
	r.message = func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		return errors.Join(c.Send(ctx, m.Data), errors.New("secret"))
	}
	r.run()
	p := r.join(Dial{})
	p.write("first")
	p.expect("first")
	p.expect(frame("Internal server error", r.await("the message", nth(tyg.EventMessage, 1))))
}

func checkDisconnectFails(r *rig) {
	r.disconnect = func(_ context.Context, _ *tyg.Conn, d tyg.Disconnect) error {
		if d.Code == 4001 {
			panic("secret")
		}
		return errors.New("secret")
	}
	r.run()
	stays := r.join(Dial{})
	for code := tyg.CloseCode(4000); code < 4004; code++ {
		p := r.join(Dial{})
		if err := p.Close(code, ""); err != nil {
			r.stop("client's close: %v", err)
		}
		p.disconnected()
	}
	stays.roundTrip()
}

func checkFailureIsOwn(r *rig) {
	r.message = failOn("fail", func() error { return errors.New("secret") })
	r.run()
	john, jenny := r.join(Dial{}), r.join(Dial{})
	john.write("fail")
	john.expect(frame("Internal server error", r.await("the message", nth(tyg.EventMessage, 1))))
	jenny.roundTrip()
}
