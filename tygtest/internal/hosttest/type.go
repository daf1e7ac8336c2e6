package hosttest

import (
	"context"
	"strings"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/tygtest/internal/suite"
)

func typeCases() []suite.Case {
	return []suite.Case{
		{
			Name:  "text stays text",
			Rule:  "a message sent without options arrives as text",
			Check: checkTextStaysText,
		},
		{
			Name: "an echo keeps its type",
			Rule: "c.Send(ctx, m.Data, m.Type) answers in the type of the message; no host guesses " +
				"from the bytes",
			Check: checkEchoKeepsType,
		},
		{
			Name:  "a send with tyg.Binary sends a binary message",
			Rule:  "Send and SendMany with tyg.Binary send binary messages, even if the data is text",
			Check: checkSendersSayBinary,
		},
		{
			Name:  "binary is not text",
			Rule:  "data that is not UTF-8 is ErrNotText without the option tyg.Binary",
			Check: checkBinaryIsNotText,
		},
		{
			Name:  "a host without binary refuses it",
			Rule:  "where binary is off, a binary message closes with 1003, and sending one is ErrBinary",
			Check: checkBinaryRefused,
		},
	}
}

// payloads are what a message can be, valid UTF-8 or not, in one frame or many. The valid ones are
// sent as both types.
func payloads() []string {
	return []string{
		"", "x", "plain text", "€ and \U0001f600", `{"action":"none"}`, "\x00\x01",
		"\xff\xfe", "half a character: \xe2\x82",
		strings.Repeat("x", 32<<10), strings.Repeat("é", 33<<10), strings.Repeat("\xff", 65<<10),
		strings.Repeat("y", suite.MaxMessage),
	}
}

func isText(data string) bool { return strings.ToValidUTF8(data, "") == data }

func echoInType(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
	return c.Send(ctx, m.Data, m.Type)
}

func checkTextStaysText(t *suite.T) {
	t.OnMessage = echoInType
	t.Start()
	p := t.Connect(suite.Dial{})
	for _, data := range payloads() {
		if isText(data) {
			p.WriteAs(tyg.Text, data)
			p.ExpectAs(tyg.Text, data)
		}
	}
}

func checkEchoKeepsType(t *suite.T) {
	t.OnMessage = echoInType
	t.Start()
	if !t.Binary {
		return // checkBinaryRefused says what such a host does
	}
	p := t.Connect(suite.Dial{})
	for _, data := range payloads() {
		p.WriteAs(tyg.Binary, data)
		p.ExpectAs(tyg.Binary, data)
		if isText(data) {
			p.WriteAs(tyg.Text, data)
			p.ExpectAs(tyg.Text, data)
		}
	}
}

func checkSendersSayBinary(t *suite.T) {
	t.Start()
	if !t.Binary {
		return
	}
	john, jenny := t.Connect(suite.Dial{}), t.Connect(suite.Dial{})
	ids := []tyg.ConnID{john.ID(), jenny.ID()}
	for _, data := range payloads() {
		if err := t.Sender.Send(t.Ctx, john.ID(), []byte(data), tyg.Binary); err != nil {
			t.Fatalf("Send of binary %s returned %v", suite.Brief(data), err)
		}
		john.ExpectAs(tyg.Binary, data)
		if err := t.Sender.SendMany(t.Ctx, ids, []byte(data), tyg.Binary); err != nil {
			t.Fatalf("SendMany of binary %s returned %v", suite.Brief(data), err)
		}
		john.ExpectAs(tyg.Binary, data)
		jenny.ExpectAs(tyg.Binary, data)
	}
	t.SendMany("text", john, jenny)
	john.Expect("text")
	jenny.Expect("text")
}

func checkBinaryIsNotText(t *suite.T) {
	t.Start()
	p := t.Connect(suite.Dial{})
	t.ExpectSendRefused(p, []byte("\xff"), tyg.ErrNotText)
	p.RoundTrip()
}

func checkBinaryRefused(t *suite.T) {
	t.Start()
	if t.Binary {
		return
	}
	p := t.Connect(suite.Dial{})
	for _, data := range []string{"", "text", "\xff"} {
		t.ExpectSendRefused(p, []byte(data), tyg.ErrBinary, tyg.Binary)
	}
	p.RoundTrip()
	p.WriteAs(tyg.Binary, "text")
	if closed := p.ReadClosed(); closed.Code != tyg.CloseUnsupportedData {
		t.Errorf("client was closed with %d, want 1003", closed.Code)
	}
	if n := t.Events.Count(tyg.EventMessage); n != 1 {
		t.Errorf("the handler got %d messages, want the text alone", n)
	}
}
