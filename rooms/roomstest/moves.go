package roomstest

import (
	"slices"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/sampletest"
	"github.com/tyg-dev/tyg/rooms"
)

var roomOutcomes = []outcome{
	{"a member enters, changes and leaves rooms", testMove},
	{"a move from another room is refused and changes nothing", testMoved},
	{"a move to the same room keeps the place", testMoveNowhere},
	{"members come in the order in which they joined", testJoinOrder},
	{"rooms with a member are listed, sorted", testRooms},
	{"no room is not a room", testNoRoom},
	{"an answer is never changed afterwards", testAnswersStay},
	{"a large room has all its members", testLargeRoom},
}

func testMove(t *tester) {
	t.add(conn(1))
	t.rename(conn(1), "John")
	want := t.get(conn(1))
	for _, room := range []string{"tea", "milk", "", "tea", ""} {
		t.move(conn(1), room)
		got := t.get(conn(1))
		if got.JoinedAt.IsZero() != (room == "") {
			t.Errorf("JoinedAt = %v in room %q", got.JoinedAt, room)
		}
		if room != "" && time.Since(got.JoinedAt).Abs() > time.Minute {
			t.Errorf("JoinedAt = %v, want about now", got.JoinedAt)
		}
		want.Room, want.JoinedAt = room, got.JoinedAt.Round(0).UTC()
		if got != want {
			t.Errorf("Get after Move = %+v, want %+v", got, want)
		}
		if room == "" {
			t.wantRooms()
			continue
		}
		t.wantMembers(room, conn(1))
		t.wantRooms(room)
	}
}

func testMoved(t *tester) {
	t.add(conn(1), conn(2))
	t.move(conn(1), "tea")
	for _, tt := range []struct {
		id       tyg.ConnID
		from, to string
	}{
		{conn(1), "", "milk"},
		{conn(1), "", "tea"},
		{conn(1), "milk", "tea"},
		{conn(1), "milk", "milk"},
		{conn(1), "milk", ""},
		{conn(1), "", ""},
		{conn(1), "TEA", "milk"},
		{conn(2), "tea", "milk"},
		{conn(2), "tea", ""},
		{conn(2), "tea", "tea"},
	} {
		want := t.get(tt.id)
		t.refuseMove(tt.id, tt.from, tt.to, rooms.ErrMoved)
		if got := t.get(tt.id); got != want {
			t.Errorf("Get after a refused Move = %+v, want %+v", got, want)
		}
	}
	t.wantMembers("tea", conn(1))
	t.wantRooms("tea")
}

func testMoveNowhere(t *tester) {
	t.add(conn(1), conn(2), conn(3))
	t.move(conn(1), "tea")
	t.move(conn(2), "tea")
	for _, id := range []tyg.ConnID{conn(1), conn(3)} {
		want := t.get(id)
		t.move(id, want.Room)
		if got := t.get(id); got != want {
			t.Errorf("Get after Move from %q to itself = %+v, want %+v", want.Room, got, want)
		}
	}
	t.wantMembers("tea", conn(1), conn(2))
}

func testJoinOrder(t *tester) {
	const n = 20
	var want []tyg.ConnID
	for i := range n {
		id := conn(i * 7 % n) // neither sorted nor in the order of Add
		want = append(want, id)
		t.add(conn(i))
	}
	for _, id := range want {
		t.move(id, "tea")
	}
	t.wantMembers("tea", want...)

	first := want[0]
	t.move(first, "")
	t.move(first, "tea")
	want = append(want[1:], first)
	t.wantMembers("tea", want...)

	t.remove(want[5])
	want = slices.Delete(want, 5, 6)
	t.wantMembers("tea", want...)
	t.wantSorted(t.members("tea"))
}

// wantSorted checks that members are in the order of JoinedAt, then ID.
func (t *tester) wantSorted(members []rooms.Member) {
	t.Helper()
	for i := 1; i < len(members); i++ {
		a, b := members[i-1], members[i]
		if c := a.JoinedAt.Compare(b.JoinedAt); c > 0 || c == 0 && a.ID >= b.ID {
			t.Errorf("%+v comes before %+v", a, b)
		}
	}
}

func testRooms(t *tester) {
	t.add(conn(1), conn(2), conn(3))
	t.wantRooms()
	t.move(conn(1), "tea")
	t.move(conn(2), "Tea")
	t.move(conn(3), "milk")
	t.wantRooms("Tea", "milk", "tea")
	t.wantMembers("Tea", conn(2))
	t.move(conn(1), "milk")
	t.wantRooms("Tea", "milk")
	t.move(conn(3), "")
	t.wantRooms("Tea", "milk")
	t.remove(conn(1))
	t.move(conn(2), "")
	t.wantRooms()
}

func testNoRoom(t *tester) {
	t.add(conn(1), conn(2))
	t.move(conn(2), "tea")
	t.move(conn(2), "")
	t.wantMembers("")
	t.wantMembers("tea")
	t.wantMembers("milk")
}

func testAnswersStay(t *tester) {
	for i := range 4 {
		t.add(conn(i))
		t.move(conn(i), "tea")
	}
	answer := t.members("tea")
	want := slices.Clone(answer)
	_ = append(answer, rooms.Member{ID: "mine"})
	t.rename(conn(0), "John")
	t.move(conn(1), "milk")
	t.remove(conn(2))
	t.add(conn(4))
	t.move(conn(4), "tea")
	t.wantMembers("tea", conn(0), conn(3), conn(4))
	if !slices.Equal(answer, want) {
		t.Errorf("the slice changed to %+v, want %+v", answer, want)
	}
	list, err := t.store.Rooms(t.Context())
	if err != nil || len(list) == 0 {
		t.Fatalf("Rooms = %q, %v", list, err)
	}
	list[0] = "mine"
	t.wantRooms("milk", "tea")
}

func testLargeRoom(t *tester) {
	const workers = 50
	n := 1100
	if sampletest.Exhaustive() {
		n = 5000
	}
	at(workers, func(w int) {
		for i := w; i < n; i += workers {
			if err := t.store.Add(t.Context(), conn(i)); err != nil {
				t.Errorf("Add: %v", err)
			}
			if _, err := t.store.Move(t.Context(), conn(i), "", "tea"); err != nil {
				t.Errorf("Move: %v", err)
			}
		}
	})
	members := t.members("tea")
	t.wantSorted(members)
	ids := rooms.IDs(members)
	slices.Sort(ids)
	for i := range n {
		if i >= len(ids) || ids[i] != conn(i) {
			t.Fatalf("%d members, want %d; %s is missing or twice", len(ids), n, conn(i))
		}
	}
	if len(ids) != n {
		t.Errorf("%d members, want %d", len(ids), n)
	}
	t.wantRooms("tea")
}
