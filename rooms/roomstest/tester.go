package roomstest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/rooms"
)

// A tester calls a Store and fails the test when a call does not do what its method is named after.
type tester struct {
	*testing.T
	store rooms.Store
}

func (t *tester) add(ids ...tyg.ConnID) {
	t.Helper()
	for _, id := range ids {
		if err := t.store.Add(t.Context(), id); err != nil {
			t.Fatalf("Add(%s): %v", id, err)
		}
	}
}

func (t *tester) get(id tyg.ConnID) rooms.Member {
	t.Helper()
	m, err := t.store.Get(t.Context(), id)
	if err != nil {
		t.Fatalf("Get(%s): %v", id, err)
	}
	return m
}

// rename renames a member, and checks that the answer is the member as it was before.
func (t *tester) rename(id tyg.ConnID, name string) {
	t.Helper()
	want := t.get(id)
	was, err := t.store.Rename(t.Context(), id, name)
	if err != nil {
		t.Fatalf("Rename(%s, %q): %v", id, name, err)
	}
	if was != want {
		t.Errorf("Rename(%s, %q) = %+v, want %+v", id, name, was, want)
	}
}

// move moves a member to a room, or to none, from where it is, and checks the answer as rename
// does.
func (t *tester) move(id tyg.ConnID, to string) {
	t.Helper()
	want := t.get(id)
	was, err := t.store.Move(t.Context(), id, want.Room, to)
	if err != nil {
		t.Fatalf("Move(%s, %q, %q): %v", id, want.Room, to, err)
	}
	if was != want {
		t.Errorf("Move(%s, %q, %q) = %+v, want %+v", id, want.Room, to, was, want)
	}
}

func (t *tester) remove(id tyg.ConnID) rooms.Member {
	t.Helper()
	m, err := t.store.Remove(t.Context(), id)
	if err != nil {
		t.Fatalf("Remove(%s): %v", id, err)
	}
	return m
}

func (t *tester) members(room string) []rooms.Member {
	t.Helper()
	members, err := t.store.Members(t.Context(), room)
	if err != nil {
		t.Fatalf("Members(%q): %v", room, err)
	}
	return members
}

func (t *tester) wantMembers(room string, want ...tyg.ConnID) {
	t.Helper()
	members := t.members(room)
	if got := rooms.IDs(members); !slices.Equal(got, want) {
		t.Errorf("Members(%q) = %v, want %v", room, got, want)
	}
	for _, m := range members {
		if got := t.get(m.ID); got != m {
			t.Errorf("Members(%q) has %+v, want what Get says: %+v", room, m, got)
		}
	}
}

func (t *tester) wantRooms(want ...string) {
	t.Helper()
	got, err := t.store.Rooms(t.Context())
	if err != nil {
		t.Fatalf("Rooms: %v", err)
	}
	if !slices.Equal(got, want) {
		t.Errorf("Rooms = %q, want %q", got, want)
	}
}

// wantFound checks which member Find returns for a name. An empty id means ErrNoMember.
func (t *tester) wantFound(name string, want tyg.ConnID) {
	t.Helper()
	got, err := t.store.Find(t.Context(), name)
	if want == "" {
		t.wantRefused(fmt.Sprintf("Find(%q)", name), got, err, rooms.ErrNoMember)
		return
	}
	if err != nil {
		t.Errorf("Find(%q): %v, want %s", name, err, want)
		return
	}
	if is := t.get(want); got != is {
		t.Errorf("Find(%q) = %+v, want %+v", name, got, is)
	}
}

// wantRefused checks that a call failed with want and returned no member.
func (t *tester) wantRefused(call string, m rooms.Member, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: error %v, want %q", call, err, want)
	}
	if m != (rooms.Member{}) {
		t.Errorf("%s = %+v beside an error, want the zero Member", call, m)
	}
}

func (t *tester) refuseRename(id tyg.ConnID, name string, want error) {
	t.Helper()
	m, err := t.store.Rename(t.Context(), id, name)
	t.wantRefused(fmt.Sprintf("Rename(%s, %q)", id, name), m, err, want)
}

func (t *tester) refuseMove(id tyg.ConnID, from, to string, want error) {
	t.Helper()
	m, err := t.store.Move(t.Context(), id, from, to)
	t.wantRefused(fmt.Sprintf("Move(%s, %q, %q)", id, from, to), m, err, want)
}

func (t *tester) refuseGet(id tyg.ConnID) {
	t.Helper()
	m, err := t.store.Get(t.Context(), id)
	t.wantRefused(fmt.Sprintf("Get(%s)", id), m, err, rooms.ErrNoMember)
}

func (t *tester) refuseRemove(id tyg.ConnID) {
	t.Helper()
	m, err := t.store.Remove(t.Context(), id)
	t.wantRefused(fmt.Sprintf("Remove(%s)", id), m, err, rooms.ErrNoMember)
}

// at runs fn n times at the same time, each with its number, and waits for all.
func at(n int, fn func(i int)) {
	var all sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		all.Go(func() {
			<-start
			fn(i)
		})
	}
	close(start)
	all.Wait()
}

// conn returns the id of connection i, in the shape of API Gateway's ids.
func conn(i int) tyg.ConnID { return tyg.ConnID(fmt.Sprintf("Conn-%08d_a=", i)) }
