package dynamo_test

import (
	"context"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/examples/chat/chatlib"
	"github.com/tyg-dev/tyg/rooms"
	"github.com/tyg-dev/tyg/rooms/roomstest"
	"github.com/tyg-dev/tyg/tygtest"
)

// The package comment says what calls and commands cost.

func TestCostOfCalls(t *testing.T) {
	ctx := t.Context()
	documented := costs(t)
	for _, tt := range []struct {
		name string
		do   func(s rooms.Store) error
	}{
		{"Add, first", func(s rooms.Store) error { return s.Add(ctx, "new") }},
		{"Add again, of a nameless member", func(s rooms.Store) error { return s.Add(ctx, "b") }},
		{"Add again, with a name, in a room", func(s rooms.Store) error { return s.Add(ctx, "a") }},
		{"Get", func(s rooms.Store) error { _, err := s.Get(ctx, "a"); return err }},
		{"Find", func(s rooms.Store) error { _, err := s.Find(ctx, "john"); return err }},
		{"Rename, first name", renames("b", "Jack")},
		{"Rename, another name", renames("named", "Jack")},
		{"Rename, another name, in a room", renames("a", "Jack")},
		{"Rename, other case, not in a room", renames("named", "NAMED")},
		{"Rename or Move that changes nothing", renames("a", "John")},
		{"Rename or Move that changes nothing", moves("a", "tea", "tea")},
		{"Move into a room", moves("b", "", "tea")},
		{"Move into a new room", moves("b", "", "milk")},
		{"Move from room to room", moves("a", "tea", "water")},
		{"Move out of a room", moves("a", "tea", "")},
		{"Move out of a room, the last", moves("d", "water", "")},
		{
			"Members, for each 1 MB",
			func(s rooms.Store) error { _, err := s.Members(ctx, "tea"); return err },
		},
		{"Remove, in no room, nameless", removes("b")},
		{"Remove, with a name, from a room", removes("a")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg, tap := tapped(config(t))
			store := open(t, cfg)
			prepare(t, store)
			roomstest.Add(t, store, "named")
			roomstest.Rename(t, store, "named", "Named")
			tap.take()
			if err := tt.do(store); err != nil {
				t.Fatal(err)
			}
			documented.check(t, tt.name, tap)
		})
	}
}

func renames(id tyg.ConnID, name string) func(rooms.Store) error {
	return func(s rooms.Store) error { _, err := s.Rename(context.Background(), id, name); return err }
}

func moves(id tyg.ConnID, from, to string) func(rooms.Store) error {
	return func(s rooms.Store) error {
		_, err := s.Move(context.Background(), id, from, to)
		return err
	}
}

func removes(id tyg.ConnID) func(rooms.Store) error {
	return func(s rooms.Store) error { _, err := s.Remove(context.Background(), id); return err }
}

// Reading the rooms costs one request more for each room.
func TestCostOfRooms(t *testing.T) {
	cfg, tap := tapped(config(t))
	store := open(t, cfg)
	for n := range 4 {
		tap.take()
		if list, err := store.Rooms(t.Context()); err != nil || len(list) != n {
			t.Fatalf("Rooms = %q, %v, want %d", list, err, n)
		}
		if reads, writes := tap.take(); reads != 1+n || writes != 0 {
			t.Errorf("%d rooms take %d reads and %d writes", n, reads, writes)
		}
		id := tyg.ConnID(strconv.Itoa(n))
		roomstest.Add(t, store, id)
		roomstest.Move(t, store, id, "", "room "+string(id))
	}
}

func TestCostOfCommands(t *testing.T) {
	cfg, tap := tapped(config(t))
	store := open(t, cfg)
	app := tyg.New("chat")
	chat := &chatlib.Chat{Store: store, Sender: app.Sender()}
	app.OnConnect(chat.Connect)
	app.OnMessage(chat.Message)
	app.OnDisconnect(chat.Disconnect)
	host := tygtest.NewHost(t, app)
	for _, name := range []string{"Jenny", "Carl"} {
		c := host.Dial()
		c.Send(name)
		c.Send("/join tea")
	}
	documented := costs(t)
	tap.take()
	john := host.Dial()
	documented.check(t, "connect", tap)
	for _, step := range []struct{ name, text string }{
		{"first message: the name", "John"},
		{"/ls elsewhere, with one room", "/ls"},
		{"/join room", "/join tea"},
		{"text", "Hi"},
		{"/nick name", "/nick Jack"},
		{"/ls in a room", "/ls"},
		{"/quit", "/quit"},
		{"", "/join tea"},
	} {
		john.Send(step.text)
		if step.name == "" {
			tap.take()
			continue
		}
		documented.check(t, step.name, tap)
	}
	john.Close(1000, "")
	documented.check(t, "disconnect", tap)
}

// A cost is a line of the tables in the package comment.
type cost struct{ reads, writes int }

type table map[string]cost

func costs(t *testing.T) table {
	t.Helper()
	text, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	lines := make(table)
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(strings.TrimPrefix(line, "//\t"))
		if len(fields) < 3 {
			continue
		}
		reads, err := strconv.Atoi(fields[len(fields)-2])
		writes, err2 := strconv.Atoi(fields[len(fields)-1])
		if err == nil && err2 == nil {
			lines[strings.Join(fields[:len(fields)-2], " ")] = cost{reads, writes}
		}
	}
	return lines
}

func (d table) check(t *testing.T, name string, tap *tap) {
	t.Helper()
	want, ok := d[name]
	if !ok {
		t.Errorf("the package comment does not say what %q costs", name)
	}
	if reads, writes := tap.take(); reads != want.reads || writes != want.writes {
		t.Errorf("%s takes %d reads and %d writes, want %+v", name, reads, writes, want)
	}
}
