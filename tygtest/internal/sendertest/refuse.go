package sendertest

import (
	"strings"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/tygtest/internal/suite"
)

const (
	goneRule = "a connection that has ended, or never existed, is ErrGone in a ConnError with its id"
	idRule   = "a text without the form of an id is ErrInvalidID, never ErrGone"
)

// unknownID has the form of an id that no host has made.
const unknownID tyg.ConnID = "AAAAAAAAAAAAAAA="

func refuseCases() []suite.Case {
	return []suite.Case{
		{
			Name:  "a connection that was never made is gone",
			Rule:  goneRule,
			Check: checkUnknown,
		},
		{
			Name:  "a connection that its client closed is gone",
			Rule:  goneRule,
			Check: checkSendAfterClose,
		},
		{
			Name:  "a connection that was lost is gone",
			Rule:  goneRule,
			Check: checkSendAfterDrop,
		},
		{
			Name:  "an invalid id is refused",
			Rule:  idRule,
			Check: checkInvalidID,
		},
		{
			Name:  "data that is not text is refused",
			Rule:  "data that is not valid UTF-8 is ErrNotText, and nothing is sent",
			Check: checkNotText,
		},
		{
			Name:  "a message that is too large is refused",
			Rule:  "a message of 131073 bytes is ErrTooLarge, and nothing is sent",
			Check: checkSendTooLarge,
		},
	}
}

// wantAll checks the outcome of all calls about one id.
func wantAll(t *suite.T, id tyg.ConnID, want error) {
	t.Helper()
	t.ExpectConnError("Send", t.Sender.Send(t.Ctx, id, []byte("x")), id, want)
	t.ExpectConnError("Close", t.Sender.Close(t.Ctx, id), id, want)
	_, err := t.Sender.Info(t.Ctx, id)
	t.ExpectConnError("Info", err, id, want)
	err = t.Sender.SendMany(t.Ctx, []tyg.ConnID{id}, []byte("x"))
	wantFailures(t, err, map[tyg.ConnID]error{id: want})
}

func checkUnknown(t *suite.T) {
	t.Start()
	wantAll(t, unknownID, tyg.ErrGone)
}

func checkSendAfterClose(t *suite.T) {
	t.Start()
	p := t.Connect(suite.Dial{})
	p.Disconnect()
	wantAll(t, p.ID(), tyg.ErrGone)
}

func checkSendAfterDrop(t *suite.T) {
	t.Start()
	p := t.Connect(suite.Dial{})
	if err := p.Drop(); err != nil {
		t.Fatalf("client's drop: %v", err)
	}
	p.WaitDisconnect()
	wantAll(t, p.ID(), tyg.ErrGone)
}

func checkInvalidID(t *suite.T) {
	t.Start()
	for _, id := range []tyg.ConnID{
		"", "=", "x", "AAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAA=", "AAAAAAAAAAAAAA=", "AAAAAAA/AAAAAAA=",
		"AAAAAAA+AAAAAAA=", "../../../../etc=", "AAAAAAAAAAAAAA\x00=", "AAAAAAAAAAAAAA%3D",
	} {
		wantAll(t, id, tyg.ErrInvalidID)
	}
}

func checkNotText(t *suite.T) {
	t.Start()
	p := t.Connect(suite.Dial{})
	for _, data := range []string{"\xff", "ok until \xc3", "\xed\xa0\x80", "\xc0\x80"} {
		t.ExpectSendRefused(p, []byte(data), tyg.ErrNotText)
	}
	p.RoundTrip()
}

func checkSendTooLarge(t *suite.T) {
	t.Start()
	p := t.Connect(suite.Dial{})
	t.ExpectSendRefused(p, []byte(strings.Repeat("x", suite.MaxMessage+1)), tyg.ErrTooLarge)
	t.ExpectSendRefused(p, []byte(strings.Repeat("x", 4*suite.MaxMessage)), tyg.ErrTooLarge)
	p.RoundTrip()
}
