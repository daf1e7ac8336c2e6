package tygtest

import (
	"errors"
	"maps"
	"slices"

	"github.com/tyg-dev/tyg"
)

func manyPromises() []promise {
	return []promise{
		{"SendMany reaches everybody", "SendMany sends one message to many", checkSendMany},
		{
			"SendMany reports exactly who is gone",
			"tyg.Failures yields each recipient that is gone once, and nobody else; " +
				"the others get the message", checkManyGone,
		},
		{
			"SendMany reports what is no id",
			"an id that is none is reported as ErrInvalidID; the others get the message",
			checkManyInvalid,
		},
		{
			"SendMany to nobody is fine", "SendMany without recipients returns nil",
			checkManyNobody,
		},
		{
			"SendMany leaves its ids alone", "a Sender does not change the ids it is given",
			checkManyIDs,
		},
	}
}

func ids(peers []*peer) []tyg.ConnID {
	var ids []tyg.ConnID
	for _, p := range peers {
		ids = append(ids, p.id())
	}
	return ids
}

func (r *rig) sendMany(text string, peers ...*peer) {
	r.t.Helper()
	if err := r.Sender.SendMany(r.ctx, ids(peers), []byte(text)); err != nil {
		r.stop("SendMany of %s returned %v", brief(text), err)
	}
}

// wantFailures checks what SendMany reports, recipient by recipient.
func (r *rig) wantFailures(err error, want map[tyg.ConnID]error) {
	r.t.Helper()
	left := maps.Clone(want)
	for id, err := range tyg.Failures(err) {
		if left[id] == nil {
			r.broken("SendMany reported %q, which is right or was reported before: %v", id, err)
			continue
		}
		if !errors.Is(err, left[id]) {
			r.broken("SendMany reported %q with %v, want %v", id, err, left[id])
		}
		delete(left, id)
	}
	for id, err := range left {
		r.broken("SendMany did not report %q, want %v", id, err)
	}
}

// openMany connects n clients.
func (r *rig) openMany(n int) []*peer {
	r.t.Helper()
	var peers []*peer
	for range n {
		peers = append(peers, r.join(Dial{}))
	}
	return peers
}

func checkSendMany(r *rig) {
	r.run()
	peers := r.openMany(50)
	r.sendMany("to all", peers...)
	r.sendMany("to some", peers[:10]...)
	r.sendMany("to all again", peers...)
	for i, p := range peers {
		p.expect("to all")
		if i < 10 {
			p.expect("to some")
		}
		p.expect("to all again")
	}
}

func checkManyGone(r *rig) {
	r.run()
	peers := r.openMany(20)
	want := map[tyg.ConnID]error{unknownID: tyg.ErrGone}
	for i := 0; i < len(peers); i += 3 {
		peers[i].gone()
		want[peers[i].id()] = tyg.ErrGone
	}
	err := r.Sender.SendMany(r.ctx, append(ids(peers), unknownID), []byte("x"))
	r.wantFailures(err, want)
	for _, p := range peers {
		if want[p.id()] == nil {
			p.expect("x")
		}
	}
}

func checkManyInvalid(r *rig) {
	r.run()
	p := r.join(Dial{})
	err := r.Sender.SendMany(r.ctx, []tyg.ConnID{"nonsense", p.id(), unknownID}, []byte("x"))
	r.wantFailures(err, map[tyg.ConnID]error{
		"nonsense": tyg.ErrInvalidID, unknownID: tyg.ErrGone,
	})
	p.expect("x")
}

func checkManyNobody(r *rig) {
	r.run()
	for _, nobody := range [][]tyg.ConnID{nil, {}} {
		if err := r.Sender.SendMany(r.ctx, nobody, []byte("x")); err != nil {
			r.broken("SendMany returned %v", err)
		}
	}
}

func checkManyIDs(r *rig) {
	r.run()
	given := append(ids(r.openMany(5)), unknownID)
	slices.Sort(given)
	slices.Reverse(given)
	before := slices.Clone(given)
	err := r.Sender.SendMany(r.ctx, given, []byte("x"))
	r.wantFailures(err, map[tyg.ConnID]error{unknownID: tyg.ErrGone})
	if !slices.Equal(given, before) {
		r.broken("ids are %q after SendMany, were %q", given, before)
	}
}
