package tygtest

import (
	"context"
	"fmt"
	"strings"

	"github.com/tyg-dev/tyg"
)

func typePromises() []promise {
	return []promise{
		{
			"text stays text", "what is sent without options arrives as a text message",
			checkTextStaysText,
		},
		{
			"an echo keeps its type",
			"c.Send(ctx, m.Data, m.Type) answers in the type of the message; no host guesses from the bytes",
			checkEchoKeepsType,
		},
		{
			"senders say binary",
			"Send and SendMany with tyg.Binary send binary messages, whatever is in them",
			checkSendersSayBinary,
		},
		{
			"binary is not text", "data that is not UTF-8 is ErrNotText without the option tyg.Binary",
			checkBinaryIsNotText,
		},
		{
			"a host without binary refuses it",
			"where binary is off, a binary message closes with 1003, and sending one is ErrBinary",
			checkBinaryRefused,
		},
	}
}

// payloads are what a message can be, valid UTF-8 or not, in one frame or many. The valid ones are
// sent as both types.
func payloads() []string {
	return []string{
		"", "x", "plain text", "€ and \U0001f600", `{"action":"none"}`, "\x00\x01",
		"\xff\xfe", "half a character: \xe2\x82", strings.Repeat("x", 32<<10), strings.Repeat("é", 33<<10),
		strings.Repeat("\xff", 65<<10), strings.Repeat("y", maxMessage),
	}
}

func isText(data string) bool { return strings.ToValidUTF8(data, "") == data }

func echoInKind(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
	return c.Send(ctx, m.Data, m.Type)
}

func checkTextStaysText(r *rig) {
	r.message = echoInKind
	r.run()
	p := r.join(Dial{})
	for _, data := range payloads() {
		if isText(data) {
			p.writeAs(tyg.Text, data)
			p.expectAs(tyg.Text, data)
		}
	}
}

func checkEchoKeepsType(r *rig) {
	r.message = echoInKind
	r.run()
	if !r.Binary {
		return // checkBinaryRefused says what such a host does
	}
	p := r.join(Dial{})
	for _, data := range payloads() {
		p.writeAs(tyg.Binary, data)
		p.expectAs(tyg.Binary, data)
		if isText(data) {
			p.writeAs(tyg.Text, data)
			p.expectAs(tyg.Text, data)
		}
	}
}

func checkSendersSayBinary(r *rig) {
	r.run()
	if !r.Binary {
		return
	}
	john, jenny := r.join(Dial{}), r.join(Dial{})
	ids := []tyg.ConnID{john.id(), jenny.id()}
	for _, data := range payloads() {
		if err := r.Sender.Send(r.ctx, john.id(), []byte(data), tyg.Binary); err != nil {
			r.stop("Send of binary %s returned %v", brief(data), err)
		}
		john.expectAs(tyg.Binary, data)
		if err := r.Sender.SendMany(r.ctx, ids, []byte(data), tyg.Binary); err != nil {
			r.stop("SendMany of binary %s returned %v", brief(data), err)
		}
		john.expectAs(tyg.Binary, data)
		jenny.expectAs(tyg.Binary, data)
	}
	r.sendMany("text", john, jenny)
	john.expect("text")
	jenny.expect("text")
}

func checkBinaryIsNotText(r *rig) {
	r.run()
	p := r.join(Dial{})
	r.wantRefused(p, []byte("\xff"), tyg.ErrNotText)
	p.roundTrip()
}

func checkBinaryRefused(r *rig) {
	r.run()
	if r.Binary {
		return
	}
	p := r.join(Dial{})
	for _, data := range []string{"", "text", "\xff"} {
		r.wantRefused(p, []byte(data), tyg.ErrBinary, tyg.Binary)
	}
	p.roundTrip()
	p.writeAs(tyg.Binary, "text")
	if closed := p.closed(); closed.Code != tyg.CloseUnsupportedData {
		r.broken("client was closed with %d, want 1003", closed.Code)
	}
	if n := r.journal.count(tyg.EventMessage); n != 1 {
		r.broken("the handler got %d messages, want the text alone", n)
	}
}

func (p *peer) expectAs(kind tyg.MessageType, want string) {
	p.r.t.Helper()
	got, data, err := p.Read(p.r.ctx)
	if err != nil {
		p.r.stop("client's read: %v", err)
	}
	if got != kind || data != want {
		p.r.broken("client received %s, want %s", typed(got, data), typed(kind, want))
	}
}

func typed(kind tyg.MessageType, data string) string {
	return fmt.Sprintf("the %v message %s of %d bytes", kind, brief(data), len(data))
}
