package natskv_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/sampletest"
	"github.com/tyg-dev/tyg/rooms"
	"github.com/tyg-dev/tyg/rooms/natskv"
	"github.com/tyg-dev/tyg/rooms/roomstest"
)

var errCrash = errors.New("crash")

// A crash lets some writes through and then none. The last one may be made without an answer.
type crash struct {
	jetstream.JetStream
	writes int
	loses  bool
	hit    bool
}

func (c *crash) PublishMsg(
	ctx context.Context, m *nats.Msg, opts ...jetstream.PublishOpt,
) (*jetstream.PubAck, error) {
	if c.writes == 0 {
		c.hit = true
		return nil, errCrash
	}
	c.writes--
	ack, err := c.JetStream.PublishMsg(ctx, m, opts...)
	if c.writes == 0 && c.loses {
		c.hit = true
		return nil, errCrash
	}
	return ack, err
}

// After whichever write a process dies, the member is as before or as after the call, all answers
// agree, and all names can be taken again.
func TestCrashAfterEveryWrite(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	ops := []struct {
		name string
		do   func(s rooms.Store) error
	}{
		{"add", func(s rooms.Store) error { return s.Add(ctx, "new") }},
		{"add again", func(s rooms.Store) error { return s.Add(ctx, "a") }},
		{"first name", func(s rooms.Store) error { _, err := s.Rename(ctx, "b", "Jack"); return err }},
		{"rename", func(s rooms.Store) error { _, err := s.Rename(ctx, "a", "Jack"); return err }},
		{"rename case", func(s rooms.Store) error { _, err := s.Rename(ctx, "a", "JOHN"); return err }},
		{"enter", func(s rooms.Store) error { _, err := s.Move(ctx, "b", "", "tea"); return err }},
		{"change", func(s rooms.Store) error { _, err := s.Move(ctx, "a", "tea", "milk"); return err }},
		{"leave", func(s rooms.Store) error { _, err := s.Move(ctx, "a", "tea", ""); return err }},
		{"remove", func(s rooms.Store) error { _, err := s.Remove(ctx, "a"); return err }},
	}
	for _, i := range sampletest.Numbers(t, len(ops), 3) {
		op := ops[i]
		t.Run(op.name, func(t *testing.T) {
			sampletest.SayHowToRepeat(t, "./rooms/natskv")
			url := serve(t).URL()
			for writes, hit := 0, true; hit; writes++ {
				for _, loses := range []bool{false, true} {
					cfg := natskv.Config{URL: url, Bucket: fmt.Sprintf("b%d-%t", writes, loses), Fresh: true}
					store := open(t, cfg)
					roomstest.Add(t, store, "a", "b")
					roomstest.Rename(t, store, "a", "John")
					roomstest.Move(t, store, "a", "", "tea")
					before := state(t, store)
					c := &crash{writes: writes, loses: loses}
					store.Break(func(js jetstream.JetStream) jetstream.JetStream {
						c.JetStream = js
						return c
					})
					err := op.do(store)
					if err != nil && !errors.Is(err, errCrash) {
						t.Fatalf("error %v", err)
					}
					hit = c.hit
					checkOtherProcess(t, open(t, cfg), before, err == nil)
				}
			}
		})
	}
}

// state returns all members, sorted.
func state(t *testing.T, s rooms.Store) (all []rooms.Member) {
	t.Helper()
	for _, id := range []tyg.ConnID{"a", "b", "new"} {
		is, err := s.Get(t.Context(), id)
		if err != nil && !errors.Is(err, rooms.ErrNoMember) {
			t.Fatalf("get %s: %v", id, err)
		}
		if err == nil {
			all = append(all, is)
		}
	}
	return all
}

// checkOtherProcess checks what another process finds.
func checkOtherProcess(t *testing.T, s rooms.Store, before []rooms.Member, done bool) {
	t.Helper()
	after := state(t, s)
	if done && slices.Equal(before, after) && len(after) > 0 && after[0].Name != "John" {
		t.Errorf("nothing has changed: %+v", after)
	}
	seen := make(map[string][]rooms.Member)
	for _, is := range after {
		seen[is.Room] = append(seen[is.Room], is)
		if is.Name == "" {
			continue
		}
		if found, err := s.Find(t.Context(), is.Name); err != nil || found != is {
			t.Errorf("Find(%q) = %+v, %v, want %+v", is.Name, found, err, is)
		}
	}
	for _, room := range []string{"tea", "milk"} {
		got, err := s.Members(t.Context(), room)
		if err != nil || !slices.Equal(rooms.IDs(got), rooms.IDs(seen[room])) {
			t.Errorf("Members(%q) = %+v, %v, but Get says %+v", room, got, err, seen[room])
		}
	}
	for _, is := range after {
		if _, err := s.Remove(t.Context(), is.ID); err != nil {
			t.Errorf("remove %s: %v", is.ID, err)
		}
	}
	roomstest.Add(t, s, "z")
	for _, name := range []string{"John", "Jack"} {
		roomstest.Rename(t, s, "z", name)
	}
	if list, err := s.Rooms(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("Rooms at the end = %q, %v", list, err)
	}
}

// The old name of a member is free at once, even if the rename could not delete its claim.
func TestNameIsFreeThoughTheReleaseFailed(t *testing.T) {
	cfg := natskv.Config{URL: serve(t).URL()}
	store := open(t, cfg)
	roomstest.Add(t, store, "a", "b")
	roomstest.Rename(t, store, "a", "John")
	store.Break(func(js jetstream.JetStream) jetstream.JetStream {
		return &crash{JetStream: js, writes: 2} // the claim of Jack and the row of a
	})
	roomstest.Rename(t, store, "a", "Jack")
	other := open(t, cfg)
	roomstest.Rename(t, other, "b", "john")
	if _, err := other.Rename(t.Context(), "b", "jack"); !errors.Is(err, rooms.ErrNameTaken) {
		t.Errorf("Rename to the new name: %v", err)
	}
}

// The claim of a rename that was cut short gives way to the next member that wants the name: no
// member has it, so it is not taken. The member of the claim finds it taken then.
func TestClaimOfARenameThatWasCutShortGivesWay(t *testing.T) {
	cfg := natskv.Config{URL: serve(t).URL(), Fresh: true}
	store := open(t, cfg)
	roomstest.Add(t, store, "a", "b")
	roomstest.Move(t, store, "a", "", "tea")
	before, err := store.Get(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	store.Break(func(js jetstream.JetStream) jetstream.JetStream {
		return &crash{JetStream: js, writes: 1}
	})
	if _, err := store.Rename(t.Context(), "a", "John"); !errors.Is(err, errCrash) {
		t.Fatalf("Rename: %v", err)
	}
	other := open(t, cfg)
	if _, err := other.Find(t.Context(), "John"); !errors.Is(err, rooms.ErrNoMember) {
		t.Errorf("Find of the claimed name: %v", err)
	}
	roomstest.Rename(t, other, "b", "John")
	if _, err := other.Rename(t.Context(), "a", "John"); !errors.Is(err, rooms.ErrNameTaken) {
		t.Errorf("Rename to the name that the other member has: %v", err)
	}
	if after, err := other.Get(t.Context(), "a"); err != nil || after != before {
		t.Errorf("the member of the claim is %+v, %v; it was %+v", after, err, before)
	}
}
