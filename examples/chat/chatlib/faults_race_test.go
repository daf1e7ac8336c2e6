package chatlib_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/examples/chat/chatlib"
	"github.com/tyg-dev/tyg/rooms"
)

// The faults of consistency and concurrency. Most of these tests handle messages of one client at
// once.

const rounds = 50 // of each race

func TestT28_MembershipIsExact(t *testing.T) {
	host := serve(t, &chatlib.Chat{})
	john, jenny := enter(host, "John", "chalice"), enter(host, "Jenny", "chalice")
	john.Expect("Jenny joined room.")
	ask(jenny, "Hi", "Jenny: Hi") // at once
	john.Expect("Jenny: Hi")
	ask(john, "/quit", `Left chat room "chalice"`) // and not "John left room."
	jenny.Expect("John left room.")
	ask(jenny, "Bye", "Jenny: Bye")
	john.ExpectNone()
}

func TestT29_NewNamesHoldAtOnce(t *testing.T) {
	host := serve(t, &chatlib.Chat{})
	john, jenny := enter(host, "John", "chalice"), enter(host, "Jenny", "chalice")
	john.Expect("Jenny joined room.")
	ask(jenny, "/nick JJ", "Nickname is: JJ")
	ask(jenny, "Hi", "JJ: Hi")
	john.Expect("Jenny is now known as JJ.", "JJ: Hi")
	ask(john, "/ls", "John\nJJ")
}

func TestT30_RenamesLeaveOneName(t *testing.T) {
	for range rounds {
		store := newSpy()
		h := newHarness(t, &chatlib.Chat{Store: store})
		h.enter("john", "John", "chalice")
		h.enter("watch", "Watch", "chalice")
		h.sender.reset()
		store.barrier(3)
		concurrently(
			func() { h.say("john", "/nick A") },
			func() { h.say("john", "/nick B") },
			func() { h.say("john", "/nick C") },
		)
		m, err := store.Get(t.Context(), "john")
		if err != nil {
			t.Fatal(err)
		}
		// Each announcement starts where another ended: as a chain, they lead to the last name.
		next := make(map[string]string)
		for _, line := range h.sender.to("watch") {
			was, is, _ := strings.Cut(strings.TrimSuffix(line, "."), " is now known as ")
			next[was] = is
		}
		name := "John"
		for next[name] != "" {
			name = next[name]
		}
		if name != m.Name || len(next) != 3 {
			t.Errorf("announced as %q, ending with %s, but the name is %s", next, name, m.Name)
		}
		for _, name := range []string{"John", "A", "B", "C"} {
			_, err := store.Find(t.Context(), name)
			if taken := err == nil; taken != (name == m.Name) {
				t.Errorf("%s is taken: %v, while the member is %s", name, taken, m.Name)
			}
		}
	}
}

func TestT31_MessagesOfOneClientAtOnce(t *testing.T) {
	for range rounds {
		store := newSpy()
		h := newHarness(t, &chatlib.Chat{Store: store})
		h.connect("john")
		store.barrier(2)
		concurrently(func() { h.say("john", "A") }, func() { h.say("john", "B") })
		const login = "\nType /help for list of commands."
		got := slices.Sorted(slices.Values(h.sender.to("john")))
		first := []string{"Nickname is: B", "Using nickname: A" + login}
		second := []string{"Nickname is: A", "Using nickname: B" + login}
		if !slices.Equal(got, first) && !slices.Equal(got, second) {
			t.Errorf("two first messages are answered with %q", got)
		}
		h.sender.reset()
		store.barrier(2)
		concurrently(func() { h.say("john", "/join a") }, func() { h.say("john", "/join a") })
		got = slices.Sorted(slices.Values(h.sender.to("john")))
		want := []string{`Already in chat room "a"`, `Joined chat room "a"`}
		if !slices.Equal(got, want) {
			t.Errorf("joining twice at once is answered with %q, want %q", got, want)
		}
	}
}

func TestT31_TwoJoinsAtOnce(t *testing.T) {
	for range rounds {
		store := newSpy()
		h := newHarness(t, &chatlib.Chat{Store: store})
		h.enter("john", "John", "")
		h.enter("a", "WatchA", "a")
		h.enter("b", "WatchB", "b")
		h.sender.reset()
		store.barrier(2)
		concurrently(func() { h.say("john", "/join a") }, func() { h.say("john", "/join b") })
		m, err := store.Get(t.Context(), "john")
		if err != nil || m.Room == "" {
			t.Fatalf("after two joins the member is %+v, %v", m, err)
		}
		left := "b"
		if m.Room == "b" {
			left = "a"
		}
		checkTo(t, h, tyg.ConnID(m.Room), "John joined room.")
		// If it left at once, the room need not have been told that it joined.
		lines := h.sender.to(tyg.ConnID(left))
		if n := len(lines); n == 0 || n > 2 || !slices.Contains(lines, "John left room.") {
			t.Errorf("the room that was left saw %q", lines)
		}
		h.say("john", "/quit")
		if m, _ := store.Get(t.Context(), "john"); m.Room != "" {
			t.Errorf("after /quit the member is in %q", m.Room)
		}
	}
}

func TestT32_SimultaneousJoinersSeeEachOther(t *testing.T) {
	for range rounds {
		store := newSpy()
		h := newHarness(t, &chatlib.Chat{Store: store})
		h.enter("john", "John", "")
		h.enter("jenny", "Jenny", "")
		store.barrier(2)
		concurrently(func() { h.say("john", "/join a") }, func() { h.say("jenny", "/join a") })
		saw := slices.Contains(h.sender.to("john"), "Jenny joined room.") ||
			slices.Contains(h.sender.to("jenny"), "John joined room.")
		if !saw {
			t.Errorf("two joined, neither was told: %q, %q", h.sender.to("john"), h.sender.to("jenny"))
		}
		h.sender.reset()
		h.say("john", "Hi")
		checkTo(t, h, "jenny", "John: Hi")
		checkTo(t, h, "john", "John: Hi")
	}
}

func TestT33_NothingOutlivesTheConnection(t *testing.T) {
	for _, after := range []string{"Get", "Rename", "Move"} {
		for _, text := range []string{"/join b", "/nick Johnny", "/quit", "Hi", "/ls"} {
			store := newSpy()
			h := newHarness(t, &chatlib.Chat{Store: store})
			h.enter("john", "John", "a")
			h.enter("watch", "Watch", "b")
			h.sender.reset()
			disconnect := sync.OnceFunc(func() { h.disconnect("john") })
			store.then(after, disconnect)
			h.say("john", text) // it disconnects during this, or right after
			disconnect()
			checkGone(t, store)
			lines := h.sender.to("watch")
			if n := len(lines); n > 0 && lines[n-1] != "John left room." {
				t.Errorf("disconnect after %s in %s: the room was told %q", after, text, lines)
			}
			h.say("john", "Johnny") // a late message
			checkGone(t, store)
		}
	}
}

// checkGone checks that the store has nothing of John.
func checkGone(t *testing.T, store rooms.Store) {
	t.Helper()
	if m, err := store.Get(t.Context(), "john"); !errors.Is(err, rooms.ErrNoMember) {
		t.Errorf("a client that is gone is still a member: %+v", m)
	}
	for _, name := range []string{"John", "Johnny"} {
		if m, err := store.Find(t.Context(), name); !errors.Is(err, rooms.ErrNoMember) {
			t.Errorf("a client that is gone still has the name %s: %+v", name, m)
		}
	}
	if open, _ := store.Rooms(t.Context()); !slices.Equal(open, []string{"b"}) {
		t.Errorf("the rooms are %q, want that of the other client", open)
	}
}

func TestT34_ListsRemoveGoneMembers(t *testing.T) {
	h := newHarness(t, &chatlib.Chat{})
	h.enter("john", "John", "chalice")
	h.enter("jenny", "Jenny", "chalice")
	gone := make([]tyg.ConnID, 40)
	for i := range gone {
		gone[i] = tyg.ConnID(fmt.Sprint("gone", i))
		h.enter(gone[i], string(gone[i]), "chalice")
	}
	for _, id := range gone {
		h.sender.setFail(id, tyg.ErrGone)
	}
	h.enter("joe", "Joe", "")
	h.sender.reset()
	h.say("joe", "/who chalice")
	checkTo(t, h, "joe", "John\nJenny")
	if n := len(h.sender.to("john")); n != 40 {
		t.Errorf("40 gone members were announced %d times", n)
	}
	h.sender.reset()
	h.say("john", "/ls")
	checkTo(t, h, "john", "John\nJenny")

	h.sender.setFail("jenny", errors.New("no answer")) // which does not mean gone
	h.say("john", "/ls")
	checkTo(t, h, "john", "John\nJenny", "John\nJenny")
}

func TestT35_ReconnectingTakesBackTheName(t *testing.T) {
	h := newHarness(t, &chatlib.Chat{})
	h.enter("old", "John", "chalice")
	h.enter("jenny", "Jenny", "chalice")
	h.sender.setFail("old", tyg.ErrGone) // and its disconnect event is late
	h.sender.reset()
	h.connect("new")
	h.say("new", "john")
	checkTo(t, h, "new", "Using nickname: john\nType /help for list of commands.")
	h.disconnect("old")
	checkTo(t, h, "jenny", "John left room.")
}
