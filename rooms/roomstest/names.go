package roomstest

import (
	"slices"
	"strings"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/rooms"
)

var nameOutcomes = []outcome{
	{"a taken name is refused and changes nothing", testNameTaken},
	{"names that differ only in case are one name", testSameNames},
	{"names that differ in more are two names", testOddNames},
	{"the old name is free at once", testOldNameFree},
	{"a member may take its own name again, in any case", testOwnName},
	{"a name leaves the room as it was", testNameInRoom},
	{"an invalid name is refused and changes nothing", testInvalidNames},
}

func testNameTaken(t *tester) {
	t.add(conn(1), conn(2))
	t.rename(conn(1), "John")
	t.rename(conn(2), "Jenny")
	john, jenny := t.get(conn(1)), t.get(conn(2))
	t.refuseRename(conn(2), "John", rooms.ErrNameTaken)
	if got := t.get(conn(1)); got != john {
		t.Errorf("the owner = %+v, want %+v", got, john)
	}
	if got := t.get(conn(2)); got != jenny {
		t.Errorf("the refused = %+v, want %+v", got, jenny)
	}
	t.wantFound("John", conn(1))
	t.wantFound("Jenny", conn(2))
}

func testSameNames(t *tester) {
	t.add(conn(1), conn(2))
	for _, names := range [][2]string{
		{"John", "jOHN"},
		{"Kelvin", "\u212aELVIN"}, // Kelvin sign
		{"ΣΊΣΥΦΟΣ", "σίσυφος"},
		{"straße", "STRAẞE"},
		{"ЁЖ", "ёж"},
		{"𐐀", "𐐨"}, // Deseret, four bytes
	} {
		t.rename(conn(1), names[0])
		t.refuseRename(conn(2), names[1], rooms.ErrNameTaken)
		t.wantFound(names[0], conn(1))
		t.wantFound(names[1], conn(1))
		if got := t.get(conn(1)).Name; got != names[0] {
			t.Errorf("Name = %q, want it as given, %q", got, names[0])
		}
	}
}

// oddNames returns different names that a Store may confuse if it joins, splits, escapes, pads,
// cuts or normalizes its keys carelessly.
func oddNames() []string {
	return []string{
		"a_b", "a__b", "a/b", "a//b", "a#b", "a.b", "a.b.", "a:b", "a b", "a  b", " a b", "a b ",
		"a\u00a0b",
		"a%b", "a%5fb", "a%2fb", "a%2Eb", "a+b", "a=b", `a\b`, `a"b`, "a'b", "a*b", "ab",
		".", "..", "*", ">", "$", "%", "%%", "%25", "#", "/", "=", "==", "_", "-",
		"{}", "null", "0", "00",
		"username_", "username_a", "room_", "room_a", "name#a", "member", "PK", "SK",
		"🍵", "🍵🍵", "👩‍👩‍👧", "é", "e\u0301", "ﬁ", "fi", "straße", "strasse",
		"i", "\u0130", "\u0131",
		"日本語", "עברית", "\u202ea", "\u200ba", "\ufeff", "\ufffd", "\U0010ffff",
		strings.Repeat("n", rooms.MaxName), strings.Repeat("n", rooms.MaxName-1),
		strings.Repeat("🍵", rooms.MaxName/4), strings.Repeat("%", rooms.MaxName),
	}
}

func testOddNames(t *tester) {
	names := oddNames()
	for i, name := range names {
		t.add(conn(i))
		t.rename(conn(i), name)
		t.move(conn(i), name)
	}
	for i, name := range names {
		if got := t.get(conn(i)); got.Name != name || got.Room != name {
			t.Errorf("Get = %+v, want name and room %q", got, name)
		}
		t.wantFound(name, conn(i))
		t.wantMembers(name, conn(i))
	}
	slices.Sort(names)
	t.wantRooms(names...)
}

func testOldNameFree(t *tester) {
	t.add(conn(1), conn(2))
	t.rename(conn(1), "John")
	t.rename(conn(1), "Jack")
	t.wantFound("John", "")
	t.wantFound("Jack", conn(1))
	t.rename(conn(2), "John")
	t.wantFound("John", conn(2))
}

func testOwnName(t *tester) {
	t.add(conn(1), conn(2))
	for _, name := range []string{"John", "JOHN", "JOHN", "john"} {
		t.rename(conn(1), name)
		if got := t.get(conn(1)).Name; got != name {
			t.Errorf("Name = %q, want %q", got, name)
		}
		t.wantFound("jOhN", conn(1))
		t.refuseRename(conn(2), "John", rooms.ErrNameTaken)
	}
	t.rename(conn(1), "Jack")
	t.rename(conn(2), "John")
}

func testNameInRoom(t *tester) {
	ids := []tyg.ConnID{conn(3), conn(1), conn(2)}
	for _, id := range ids {
		t.add(id)
		t.move(id, "tea")
	}
	before := t.get(conn(3))
	t.rename(conn(3), "John")
	after := t.get(conn(3))
	if before.Name = "John"; after != before {
		t.Errorf("Get after Rename = %+v, want %+v", after, before)
	}
	t.wantMembers("tea", ids...)
}

func testInvalidNames(t *tester) {
	t.add(conn(1))
	t.rename(conn(1), "John")
	t.move(conn(1), "tea")
	want := t.get(conn(1))
	t.refuseRename(conn(1), "", rooms.ErrInvalidName)
	for _, name := range []string{
		strings.Repeat("n", rooms.MaxName+1), strings.Repeat("n", 100_000),
		"\xff", "a\xc0\x80", "\xed\xa0\x80", "a\nb", "a\x00", "\x1b[31m", "\x7f", "\u009b31m",
	} {
		t.refuseRename(conn(1), name, rooms.ErrInvalidName)
		t.refuseMove(conn(1), "tea", name, rooms.ErrInvalidName)
		t.refuseMove(conn(1), name, "tea", rooms.ErrMoved)
	}
	if got := t.get(conn(1)); got != want {
		t.Errorf("Get afterwards = %+v, want %+v", got, want)
	}
	t.wantRooms("tea")
}
