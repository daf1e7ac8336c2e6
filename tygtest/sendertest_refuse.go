package tygtest

import (
	"errors"
	"strings"

	"github.com/tyg-dev/tyg"
)

const (
	goneRule = "a connection that is over, or was never made, is ErrGone in a ConnError with its id"
	idRule   = "what has not the shape of an id is ErrInvalidID, never ErrGone"
)

// unknownID has the shape of an id; no host has made it.
const unknownID tyg.ConnID = "AAAAAAAAAAAAAAA="

func refusePromises() []promise {
	return []promise{
		{"a connection that was never made is gone", goneRule, checkUnknown},
		{"a connection that its client closed is gone", goneRule, checkSendAfterClose},
		{"a connection that was lost is gone", goneRule, checkSendAfterDrop},
		{"what is no id is refused", idRule, checkInvalidID},
		{
			"what is not text is refused",
			"data that is not valid UTF-8 is ErrNotText, and nothing is sent", checkNotText,
		},
		{
			"what is too large is refused",
			"a message of 131073 bytes is ErrTooLarge, and nothing is sent", checkSendTooLarge,
		},
	}
}

// wantAll checks the outcome of all calls about one id.
func (r *rig) wantAll(id tyg.ConnID, want error) {
	r.t.Helper()
	r.wantConnError("Send", r.Sender.Send(r.ctx, id, []byte("x")), id, want)
	r.wantConnError("Close", r.Sender.Close(r.ctx, id), id, want)
	_, err := r.Sender.Info(r.ctx, id)
	r.wantConnError("Info", err, id, want)
	err = r.Sender.SendMany(r.ctx, []tyg.ConnID{id}, []byte("x"))
	r.wantFailures(err, map[tyg.ConnID]error{id: want})
}

func checkUnknown(r *rig) {
	r.run()
	r.wantAll(unknownID, tyg.ErrGone)
}

func checkSendAfterClose(r *rig) {
	r.run()
	p := r.join(Dial{})
	p.gone()
	r.wantAll(p.id(), tyg.ErrGone)
}

func checkSendAfterDrop(r *rig) {
	r.run()
	p := r.join(Dial{})
	if err := p.Drop(); err != nil {
		r.stop("client's drop: %v", err)
	}
	p.disconnected()
	r.wantAll(p.id(), tyg.ErrGone)
}

func checkInvalidID(r *rig) {
	r.run()
	for _, id := range []tyg.ConnID{
		"", "=", "x", "AAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAA=", "AAAAAAAAAAAAAA=", "AAAAAAA/AAAAAAA=",
		"AAAAAAA+AAAAAAA=", "../../../../etc=", "AAAAAAAAAAAAAA\x00=", "AAAAAAAAAAAAAA%3D",
	} {
		r.wantAll(id, tyg.ErrInvalidID)
	}
}

func checkNotText(r *rig) {
	r.run()
	p := r.join(Dial{})
	for _, data := range []string{"\xff", "ok until \xc3", "\xed\xa0\x80", "\xc0\x80"} {
		r.wantRefused(p, []byte(data), tyg.ErrNotText)
	}
	p.roundTrip()
}

func checkSendTooLarge(r *rig) {
	r.run()
	p := r.join(Dial{})
	r.wantRefused(p, []byte(strings.Repeat("x", maxMessage+1)), tyg.ErrTooLarge)
	r.wantRefused(p, []byte(strings.Repeat("x", 4*maxMessage)), tyg.ErrTooLarge)
	p.roundTrip()
}

// wantRefused checks that data is not sent to anybody.
func (r *rig) wantRefused(p *peer, data []byte, want error, opts ...tyg.SendOption) {
	r.t.Helper()
	r.wantConnError("Send", r.Sender.Send(r.ctx, p.id(), data, opts...), p.id(), want)
	err := r.Sender.SendMany(r.ctx, []tyg.ConnID{p.id()}, data, opts...)
	if !errors.Is(err, want) {
		r.broken("SendMany returned %v, want %v", err, want)
	}
}
