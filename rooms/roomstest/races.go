package roomstest

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync/atomic"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/rooms"
)

// callers is how many goroutines make the same call at the same time.
const callers = 50

var raceOutcomes = []outcome{
	{"of many members that take a name one gets it", testRaceForName},
	{"of many moves from one place one succeeds", testRaceOfMoves},
	{"of many removals one gets the member", testRaceOfRemovals},
	{"many additions make one member", testRaceOfAdds},
	{"a member renamed twice at once has one name", testRaceOfOwnNames},
	{"a rename during removal leaves nothing behind", testRenameDuringRemove},
	{"a move during removal leaves nothing behind", testMoveDuringRemove},
	{"a room that is listed while others come and go has each that stays, once", testListedWhile},
	{"all answers agree after many changes at once", testChaos},
}

func testRaceForName(t *tester) {
	for i := range callers {
		t.add(conn(i))
	}
	for _, names := range [][]string{{"John"}, {"jenny", "JENNY", "Jenny"}, {"k", "K", "\u212a"}} {
		var winners atomic.Int32
		at(callers, func(i int) {
			switch _, err := t.store.Rename(t.Context(), conn(i), names[i%len(names)]); {
			case err == nil:
				winners.Add(1)
			case !errors.Is(err, rooms.ErrNameTaken):
				t.Errorf("Rename of the name %q: %v", names[0], err)
			}
		})
		if n := winners.Load(); n != 1 {
			t.Errorf("%d members got the name %q, want 1", n, names[0])
		}
		t.wantOneOwner(names[0])
	}
}

// wantOneOwner checks that exactly one member has the name and is found by it.
func (t *tester) wantOneOwner(name string) {
	t.Helper()
	var owners []tyg.ConnID
	for i := range callers {
		if m := t.get(conn(i)); rooms.Fold(m.Name) == rooms.Fold(name) {
			owners = append(owners, m.ID)
		}
	}
	if len(owners) != 1 {
		t.Fatalf("%v have the name %q, want one", owners, name)
	}
	t.wantFound(name, owners[0])
}

func testRaceOfMoves(t *tester) {
	t.add(conn(1))
	for from, to := range map[string][]string{"": {"tea", "milk"}, "tea": {"", "water", "milk"}} {
		t.move(conn(1), from)
		var winner atomic.Pointer[string]
		at(callers, func(i int) {
			room := to[i%len(to)]
			switch was, err := t.store.Move(t.Context(), conn(1), from, room); {
			case err != nil && !errors.Is(err, rooms.ErrMoved):
				t.Errorf("Move from %q to %q: %v", from, room, err)
			case err == nil && was.Room != from:
				t.Errorf("Move from %q to %q = %+v", from, room, was)
			case err == nil && !winner.CompareAndSwap(nil, &room):
				t.Errorf("two moves from %q succeeded", from)
			}
		})
		if winner.Load() == nil {
			t.Fatalf("no move from %q succeeded", from)
		}
		t.wantPlace(conn(1), *winner.Load())
	}
}

// wantPlace checks that id is in this room, or in none, and that no room has another member.
func (t *tester) wantPlace(id tyg.ConnID, room string) {
	t.Helper()
	if got := t.get(id).Room; got != room {
		t.Errorf("%s is in room %q, want %q", id, got, room)
	}
	if room == "" {
		t.wantRooms()
		return
	}
	t.wantRooms(room)
	t.wantMembers(room, id)
}

func testRaceOfRemovals(t *tester) {
	t.add(conn(1))
	t.rename(conn(1), "John")
	t.move(conn(1), "tea")
	want := t.get(conn(1))
	var winners atomic.Int32
	at(callers, func(int) {
		switch got, err := t.store.Remove(t.Context(), conn(1)); {
		case err == nil && got == want:
			winners.Add(1)
		case err == nil:
			t.Errorf("Remove = %+v, want %+v", got, want)
		case !errors.Is(err, rooms.ErrNoMember):
			t.Errorf("Remove: %v", err)
		}
	})
	if n := winners.Load(); n != 1 {
		t.Errorf("%d callers got the member, want 1", n)
	}
	t.wantRooms()
}

func testRaceOfAdds(t *tester) {
	const few = 5 // rename too; with all of them a Store that retries would be busy for long
	at(callers, func(i int) {
		if err := t.store.Add(t.Context(), conn(1)); err != nil {
			t.Errorf("Add: %v", err)
		}
		if i >= few {
			return
		}
		name := fmt.Sprintf("John %d", i)
		if _, err := t.store.Rename(t.Context(), conn(1), name); err != nil {
			t.Errorf("Rename after Add: %v", err)
		}
	})
	// If an Add had made a new member, it would have no name, or an old name would not be free.
	is := t.get(conn(1))
	t.add(conn(2))
	for i := range few {
		if name := fmt.Sprintf("John %d", i); name != is.Name {
			t.rename(conn(2), name)
		}
	}
	t.refuseRename(conn(2), is.Name, rooms.ErrNameTaken)
}

func testRaceOfOwnNames(t *tester) {
	t.add(conn(0))
	for i := 1; i <= callers; i++ {
		t.add(conn(i))
		names := []string{"John", "Jack"}
		var was [2]rooms.Member
		at(2, func(n int) {
			var err error
			if was[n], err = t.store.Rename(t.Context(), conn(i), names[n]); err != nil {
				t.Errorf("Rename to %q: %v", names[n], err)
			}
		})
		is := t.get(conn(i)).Name
		last := slices.Index(names, is)
		if last < 0 || was[last].Name != names[1-last] || was[1-last].Name != "" {
			t.Fatalf("named %q after renames that returned %+v", is, was)
		}
		t.rename(conn(0), names[1-last])
		t.refuseRename(conn(0), is, rooms.ErrNameTaken)
		t.remove(conn(i))
		t.rename(conn(0), is)
		t.rename(conn(0), "another")
	}
}

// during runs change beside the removal of a fresh member, many times. It checks that the removed
// member has the change exactly if change succeeded, and that the member does not come back.
func (t *tester) during(change func(tyg.ConnID) error, has func(rooms.Member) bool, after func()) {
	t.Helper()
	for i := 1; i <= callers; i++ {
		t.add(conn(i))
		var removed rooms.Member
		var changed, failed error
		at(2, func(n int) {
			if n == 0 {
				changed = change(conn(i))
				return
			}
			removed, failed = t.store.Remove(t.Context(), conn(i))
		})
		if failed != nil {
			t.Fatalf("Remove: %v", failed)
		}
		if changed != nil && !errors.Is(changed, rooms.ErrNoMember) {
			t.Errorf("change during removal: %v", changed)
		}
		if has(removed) != (changed == nil) {
			t.Errorf("Remove = %+v beside a change that returned %v", removed, changed)
		}
		t.refuseGet(conn(i))
		after()
	}
}

func testRenameDuringRemove(t *tester) {
	t.add(conn(0))
	t.during(
		func(id tyg.ConnID) error {
			_, err := t.store.Rename(t.Context(), id, "John")
			return err
		},
		func(m rooms.Member) bool { return m.Name == "John" },
		func() {
			t.wantFound("John", "")
			t.rename(conn(0), "John")
			t.rename(conn(0), "another")
		},
	)
}

func testMoveDuringRemove(t *tester) {
	t.during(
		func(id tyg.ConnID) error {
			_, err := t.store.Move(t.Context(), id, "", "tea")
			return err
		},
		func(m rooms.Member) bool { return m.Room == "tea" },
		func() {
			t.wantMembers("tea")
			t.wantRooms()
		},
	)
}

// testListedWhile lists a room for as long as other members enter, leave and end.
func testListedWhile(t *tester) {
	const staying, passing, listing, rounds = 20, 5, 2, 5
	var stay []tyg.ConnID
	for i := range staying {
		stay = append(stay, conn(i))
		t.add(conn(i))
		t.move(conn(i), "tea")
	}
	var passed, listed atomic.Int64
	at(passing+listing, func(n int) {
		if n >= passing {
			for passed.Load() < passing {
				t.wantStaying("tea", stay)
				listed.Add(1)
			}
			return
		}
		defer passed.Add(1)
		for range rounds {
			t.passThrough(conn(staying+n), "tea", func() {
				for until := listed.Load() + listing + 1; listed.Load() < until && !t.Failed(); {
					runtime.Gosched() // of so many listings at least one began meanwhile
				}
			})
		}
	})
	t.wantMembers("tea", stay...)
}

// passThrough makes id a member that enters a room, calls inside, and ends there.
func (t *tester) passThrough(id tyg.ConnID, room string, inside func()) {
	t.Helper()
	if err := t.store.Add(t.Context(), id); err != nil {
		t.Errorf("Add(%s): %v", id, err)
	}
	if _, err := t.store.Move(t.Context(), id, "", room); err != nil {
		t.Errorf("Move(%s) to %q: %v", id, room, err)
	}
	inside()
	if m, err := t.store.Remove(t.Context(), id); err != nil || m.Room != room {
		t.Errorf("Remove(%s) = %+v, %v; want a member of %q", id, m, err, room)
	}
}

// wantStaying checks that a room has these members in this order, and each member once.
func (t *tester) wantStaying(room string, stay []tyg.ConnID) {
	t.Helper()
	members, err := t.store.Members(t.Context(), room)
	if err != nil {
		t.Errorf("Members(%q): %v", room, err)
		return
	}
	seen := make(map[tyg.ConnID]bool)
	var got []tyg.ConnID
	for _, m := range members {
		if seen[m.ID] || m.Room != room {
			t.Errorf("Members(%q) has %+v, seen before: %v", room, m, seen[m.ID])
		}
		if seen[m.ID] = true; slices.Contains(stay, m.ID) {
			got = append(got, m.ID)
		}
	}
	if !slices.Equal(got, stay) {
		t.Errorf("Members(%q) has %v of those that stay, want %v", room, got, stay)
	}
}
