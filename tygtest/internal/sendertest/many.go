package sendertest

import (
	"errors"
	"maps"
	"slices"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/tygtest/internal/suite"
)

func manyCases() []suite.Case {
	return []suite.Case{
		{
			Name:  "SendMany reaches every recipient",
			Rule:  "SendMany sends one message to many",
			Check: checkSendMany,
		},
		{
			Name: "SendMany reports exactly the recipients that are gone",
			Rule: "tyg.Failures yields each recipient that is gone once, and no other; the " +
				"others get the message",
			Check: checkManyGone,
		},
		{
			Name:  "SendMany reports invalid ids",
			Rule:  "an invalid id is reported as ErrInvalidID; the others get the message",
			Check: checkManyInvalid,
		},
		{
			Name:  "SendMany without recipients succeeds",
			Rule:  "SendMany without recipients returns nil",
			Check: checkManyWithoutRecipients,
		},
		{
			Name:  "SendMany does not change its ids",
			Rule:  "a Sender does not change the ids it is given",
			Check: checkManyIDs,
		},
	}
}

// wantFailures checks the failures that SendMany reports for each recipient.
func wantFailures(t *suite.T, err error, want map[tyg.ConnID]error) {
	t.Helper()
	left := maps.Clone(want)
	for id, err := range tyg.Failures(err) {
		if left[id] == nil {
			t.Errorf("SendMany reported %q, which is open or was reported before: %v", id, err)
			continue
		}
		if !errors.Is(err, left[id]) {
			t.Errorf("SendMany reported %q with %v, want %v", id, err, left[id])
		}
		delete(left, id)
	}
	for id, err := range left {
		t.Errorf("SendMany did not report %q, want %v", id, err)
	}
}

func checkSendMany(t *suite.T) {
	t.Start()
	clients := t.ConnectMany(50)
	t.SendMany("to all", clients...)
	t.SendMany("to some", clients[:10]...)
	t.SendMany("to all again", clients...)
	for i, p := range clients {
		p.Expect("to all")
		if i < 10 {
			p.Expect("to some")
		}
		p.Expect("to all again")
	}
}

func checkManyGone(t *suite.T) {
	t.Start()
	clients := t.ConnectMany(20)
	want := map[tyg.ConnID]error{unknownID: tyg.ErrGone}
	for i := 0; i < len(clients); i += 3 {
		clients[i].Disconnect()
		want[clients[i].ID()] = tyg.ErrGone
	}
	err := t.Sender.SendMany(t.Ctx, append(suite.IDs(clients), unknownID), []byte("x"))
	wantFailures(t, err, want)
	for _, p := range clients {
		if want[p.ID()] == nil {
			p.Expect("x")
		}
	}
}

func checkManyInvalid(t *suite.T) {
	t.Start()
	p := t.Connect(suite.Dial{})
	err := t.Sender.SendMany(t.Ctx, []tyg.ConnID{"nonsense", p.ID(), unknownID}, []byte("x"))
	wantFailures(t, err, map[tyg.ConnID]error{
		"nonsense": tyg.ErrInvalidID, unknownID: tyg.ErrGone,
	})
	p.Expect("x")
}

func checkManyWithoutRecipients(t *suite.T) {
	t.Start()
	for _, none := range [][]tyg.ConnID{nil, {}} {
		if err := t.Sender.SendMany(t.Ctx, none, []byte("x")); err != nil {
			t.Errorf("SendMany returned %v", err)
		}
	}
}

func checkManyIDs(t *suite.T) {
	t.Start()
	given := append(suite.IDs(t.ConnectMany(5)), unknownID)
	slices.Sort(given)
	slices.Reverse(given)
	before := slices.Clone(given)
	err := t.Sender.SendMany(t.Ctx, given, []byte("x"))
	wantFailures(t, err, map[tyg.ConnID]error{unknownID: tyg.ErrGone})
	if !slices.Equal(given, before) {
		t.Errorf("ids are %q after SendMany, were %q", given, before)
	}
}
