package roomstest

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/rooms"
)

var memberOutcomes = []outcome{
	{"an added connection is a member without name and room", testAdd},
	{"adding a member again changes nothing", testAddAgain},
	{"an empty id is refused", testEmptyID},
	{"ids are compared exactly", testSimilarIDs},
	{"a connection that was never added is no member", testUnknown},
	{"removal returns what was removed, once", testRemove},
	{"a removed member is nowhere", testRemoved},
	{"a removed member can be added again, as new", testAddRemoved},
	{"a done context changes nothing", testDoneContext},
}

func testAdd(t *tester) {
	t.add(conn(1))
	m := t.get(conn(1))
	if want := (rooms.Member{ID: conn(1), AddedAt: m.AddedAt}); m != want {
		t.Errorf("Get after Add = %+v, want %+v", m, want)
	}
	// A Store may take the time from the clock of another machine.
	if age := time.Since(m.AddedAt).Abs(); age > time.Minute {
		t.Errorf("AddedAt is %v away from now", age)
	}
	if m.AddedAt != m.AddedAt.Round(0).UTC() {
		t.Errorf("AddedAt = %v is not UTC without monotonic reading", m.AddedAt)
	}
	t.wantRooms()
}

func testAddAgain(t *tester) {
	t.add(conn(1), conn(2))
	t.rename(conn(1), "John")
	t.move(conn(1), "tea")
	t.move(conn(2), "tea")
	want := t.get(conn(1))
	t.add(conn(1))
	if got := t.get(conn(1)); got != want {
		t.Errorf("Get after the second Add = %+v, want %+v", got, want)
	}
	t.wantMembers("tea", conn(1), conn(2))
	t.wantFound("John", conn(1))
}

func testEmptyID(t *tester) {
	if err := t.store.Add(t.Context(), ""); !errors.Is(err, tyg.ErrInvalidID) {
		t.Errorf("Add of an empty id: error %v, want %q", err, tyg.ErrInvalidID)
	}
	t.refuseGet("")
	t.refuseRemove("")
}

func testSimilarIDs(t *tester) {
	ids := []tyg.ConnID{
		"abcdefghijklmno=", "ABCDEFGHIJKLMNO=", "abcdefghijklmno",
		"abcdefghijklmn-=", "abcdefghijklmn_=",
		"%", "%25", "a b", "a/b", "a.b", "a#b", "*", ">", ".", "é", "e\u0301",
	}
	t.add(ids...)
	for i, id := range ids {
		t.rename(id, string(conn(i)))
		t.move(id, "tea")
	}
	t.wantMembers("tea", ids...)
	for i, id := range ids {
		t.wantFound(string(conn(i)), id)
	}
}

func testUnknown(t *tester) {
	t.add(conn(1))
	t.refuseGet(conn(2))
	t.refuseRename(conn(2), "John", rooms.ErrNoMember)
	t.refuseMove(conn(2), "", "tea", rooms.ErrNoMember)
	t.refuseMove(conn(2), "tea", "", rooms.ErrNoMember)
	t.refuseMove(conn(2), "tea", "tea", rooms.ErrNoMember)
	t.refuseRemove(conn(2))
	t.refuseGet(conn(2))
	for _, name := range []string{"John", "", "a\nb", "\xff", strings.Repeat("n", 5000)} {
		t.wantFound(name, "")
		t.wantMembers(name)
	}
	t.wantRooms()
	t.rename(conn(1), "John")
}

func testRemove(t *tester) {
	t.add(conn(1), conn(2))
	t.rename(conn(1), "John")
	t.move(conn(1), "tea")
	for i := range 2 {
		want := t.get(conn(i + 1))
		if got := t.remove(conn(i + 1)); got != want {
			t.Errorf("Remove = %+v, want %+v", got, want)
		}
		t.refuseRemove(conn(i + 1))
	}
}

func testRemoved(t *tester) {
	t.add(conn(1), conn(2), conn(3))
	for i, name := range []string{"John", "Jenny"} {
		t.rename(conn(i+1), name)
		t.move(conn(i+1), "tea")
	}
	t.remove(conn(1))
	t.refuseGet(conn(1))
	t.refuseRename(conn(1), "Jack", rooms.ErrNoMember)
	t.refuseMove(conn(1), "tea", "milk", rooms.ErrNoMember)
	t.refuseMove(conn(1), "", "milk", rooms.ErrNoMember)
	t.refuseGet(conn(1))
	t.wantFound("John", "")
	t.wantFound("Jack", "")
	t.wantMembers("tea", conn(2))
	t.wantRooms("tea")
	t.remove(conn(2))
	t.wantMembers("tea")
	t.wantRooms()
	t.rename(conn(3), "JOHN")
	t.wantFound("john", conn(3))
}

func testAddRemoved(t *tester) {
	t.add(conn(1))
	t.rename(conn(1), "John")
	t.move(conn(1), "tea")
	was := t.remove(conn(1))
	t.add(conn(1))
	is := t.get(conn(1))
	if want := (rooms.Member{ID: conn(1), AddedAt: is.AddedAt}); is != want {
		t.Errorf("Get after Remove and Add = %+v, want %+v", is, want)
	}
	if is.AddedAt.Before(was.AddedAt) {
		t.Errorf("AddedAt = %v, want it after the first, %v", is.AddedAt, was.AddedAt)
	}
	t.wantMembers("tea")
	t.wantFound("John", "")
	t.rename(conn(1), "John")
}

func testDoneContext(t *tester) {
	t.add(conn(1))
	t.rename(conn(1), "John")
	t.move(conn(1), "tea")
	want := t.get(conn(1))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, method := range methods {
		c := call{method: method, id: conn(1), name: "Jack", from: "tea", to: "milk"}
		if method == "Add" {
			c.id = conn(2)
		}
		a := c.do(ctx, t.store)
		t.wantRefused(method, a.member, a.err, context.Canceled)
	}
	if got := t.get(conn(1)); got != want {
		t.Errorf("Get afterwards = %+v, want %+v", got, want)
	}
	t.refuseGet(conn(2))
	t.wantFound("Jack", "")
	t.wantMembers("tea", conn(1))
}
