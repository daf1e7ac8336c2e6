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
		b := newBench(t, &chatlib.Chat{Store: store})
		b.enter("john", "John", "chalice")
		b.enter("watch", "Watch", "chalice")
		b.wire.reset()
		store.meet(3)
		together(
			func() { b.say("john", "/nick A") },
			func() { b.say("john", "/nick B") },
			func() { b.say("john", "/nick C") },
		)
		m, err := store.Get(t.Context(), "john")
		if err != nil {
			t.Fatal(err)
		}
		// Each announcement starts where another ended: as a chain, they lead to the last name.
		next := make(map[string]string)
		for _, line := range b.wire.to("watch") {
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
		b := newBench(t, &chatlib.Chat{Store: store})
		b.connect("john")
		store.meet(2)
		together(func() { b.say("john", "A") }, func() { b.say("john", "B") })
		const login = "\nType /help for list of commands."
		got := slices.Sorted(slices.Values(b.wire.to("john")))
		first := []string{"Nickname is: B", "Using nickname: A" + login}
		second := []string{"Nickname is: A", "Using nickname: B" + login}
		if !slices.Equal(got, first) && !slices.Equal(got, second) {
			t.Errorf("two first messages are answered with %q", got)
		}
		b.wire.reset()
		store.meet(2)
		together(func() { b.say("john", "/join a") }, func() { b.say("john", "/join a") })
		got = slices.Sorted(slices.Values(b.wire.to("john")))
		want := []string{`Already in chat room "a"`, `Joined chat room "a"`}
		if !slices.Equal(got, want) {
			t.Errorf("joining twice at once is answered with %q, want %q", got, want)
		}
	}
}

func TestT31_TwoJoinsAtOnce(t *testing.T) {
	for range rounds {
		store := newSpy()
		b := newBench(t, &chatlib.Chat{Store: store})
		b.enter("john", "John", "")
		b.enter("a", "WatchA", "a")
		b.enter("b", "WatchB", "b")
		b.wire.reset()
		store.meet(2)
		together(func() { b.say("john", "/join a") }, func() { b.say("john", "/join b") })
		m, err := store.Get(t.Context(), "john")
		if err != nil || m.Room == "" {
			t.Fatalf("after two joins the member is %+v, %v", m, err)
		}
		left := "b"
		if m.Room == "b" {
			left = "a"
		}
		checkTo(t, b, tyg.ConnID(m.Room), "John joined room.")
		// If it left at once, that it had come is not worth a word any more.
		lines := b.wire.to(tyg.ConnID(left))
		if n := len(lines); n == 0 || n > 2 || !slices.Contains(lines, "John left room.") {
			t.Errorf("the room that was left saw %q", lines)
		}
		b.say("john", "/quit")
		if m, _ := store.Get(t.Context(), "john"); m.Room != "" {
			t.Errorf("after /quit the member is in %q", m.Room)
		}
	}
}

func TestT32_SimultaneousJoinersSeeEachOther(t *testing.T) {
	for range rounds {
		store := newSpy()
		b := newBench(t, &chatlib.Chat{Store: store})
		b.enter("john", "John", "")
		b.enter("jenny", "Jenny", "")
		store.meet(2)
		together(func() { b.say("john", "/join a") }, func() { b.say("jenny", "/join a") })
		saw := slices.Contains(b.wire.to("john"), "Jenny joined room.") ||
			slices.Contains(b.wire.to("jenny"), "John joined room.")
		if !saw {
			t.Errorf("two joined, neither was told: %q, %q", b.wire.to("john"), b.wire.to("jenny"))
		}
		b.wire.reset()
		b.say("john", "Hi")
		checkTo(t, b, "jenny", "John: Hi")
		checkTo(t, b, "john", "John: Hi")
	}
}

func TestT33_NothingOutlivesTheConnection(t *testing.T) {
	for _, after := range []string{"Get", "Rename", "Move"} {
		for _, text := range []string{"/join b", "/nick Johnny", "/quit", "Hi", "/ls"} {
			store := newSpy()
			b := newBench(t, &chatlib.Chat{Store: store})
			b.enter("john", "John", "a")
			b.enter("watch", "Watch", "b")
			b.wire.reset()
			hangUp := sync.OnceFunc(func() { b.hangUp("john") })
			store.then(after, hangUp)
			b.say("john", text) // it hangs up in the middle of this, or right behind
			hangUp()
			checkGone(t, store)
			lines := b.wire.to("watch")
			if n := len(lines); n > 0 && lines[n-1] != "John left room." {
				t.Errorf("disconnect after %s in %s: the room was told %q", after, text, lines)
			}
			b.say("john", "Johnny") // a message that was late
			checkGone(t, store)
		}
	}
}

// checkGone checks that John is remembered nowhere.
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

func TestT34_ListsBuryGhosts(t *testing.T) {
	b := newBench(t, &chatlib.Chat{})
	b.enter("john", "John", "chalice")
	b.enter("jenny", "Jenny", "chalice")
	ghosts := make([]tyg.ConnID, 40)
	for i := range ghosts {
		ghosts[i] = tyg.ConnID(fmt.Sprint("ghost", i))
		b.enter(ghosts[i], string(ghosts[i]), "chalice")
	}
	for _, id := range ghosts {
		b.wire.setFail(id, tyg.ErrGone)
	}
	b.enter("joe", "Joe", "")
	b.wire.reset()
	b.say("joe", "/who chalice")
	checkTo(t, b, "joe", "John\nJenny")
	if n := len(b.wire.to("john")); n != 40 {
		t.Errorf("40 ghosts were announced %d times", n)
	}
	b.wire.reset()
	b.say("john", "/ls")
	checkTo(t, b, "john", "John\nJenny")

	b.wire.setFail("jenny", errors.New("no answer")) // which does not mean gone
	b.say("john", "/ls")
	checkTo(t, b, "john", "John\nJenny", "John\nJenny")
}

func TestT35_ReconnectingTakesBackTheName(t *testing.T) {
	b := newBench(t, &chatlib.Chat{})
	b.enter("old", "John", "chalice")
	b.enter("jenny", "Jenny", "chalice")
	b.wire.setFail("old", tyg.ErrGone) // and its disconnect event is late
	b.wire.reset()
	b.connect("new")
	b.say("new", "john")
	checkTo(t, b, "new", "Using nickname: john\nType /help for list of commands.")
	b.hangUp("old")
	checkTo(t, b, "jenny", "John left room.")
}
