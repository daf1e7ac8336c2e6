package chatlib_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/examples/chat/chatlib"
	"github.com/tyg-dev/tyg/tygtest"
)

// The faults that gave a wrong result without a crash.

func TestT11_FirstMessageMustBeAName(t *testing.T) {
	john := serve(t, &chatlib.Chat{}).Dial()
	john.Send("/help")
	if got := john.Receive(); !strings.HasPrefix(got, "Commands available:") {
		t.Errorf("/help before login is answered with %q", got)
	}
	ask(john, "/join chalice", askName)
	ask(john, "/ls", askName)
	ask(john, `{"name":"John"}`, `A name must not contain any of :"{}`)
	ask(john, strings.Repeat("John", 25_000), tooLong)
	ask(john, "John", "Using nickname: John\nType /help for list of commands.")
}

func TestT12_EmptyFirstMessageIsAskedAgain(t *testing.T) {
	john := serve(t, &chatlib.Chat{}).Dial()
	for _, text := range []string{"", " ", "\n", "\x1b", "\u200b\t\u202e"} {
		ask(john, text, askName)
	}
	ask(john, "John", "Using nickname: John\nType /help for list of commands.")
}

func TestT13_NickWithABlankIsNick(t *testing.T) {
	john := enter(serve(t, &chatlib.Chat{}), "John", "chalice")
	ask(john, "/nick ", "Current nickname: John")
	ask(john, "/nick    ", "Current nickname: John")
	ask(john, "/room", "chalice")
	ask(john, "/nick", "Current nickname: John")
}

func TestT14_NamesAreUnique(t *testing.T) {
	host := serve(t, &chatlib.Chat{})
	john, eve := enter(host, "John", ""), host.Dial()
	for name, want := range map[string]string{
		"John":            "Nickname is already in use: John",
		" jOHN ":          "Nickname is already in use: jOHN",
		"Ｊohn":            "Nickname is already in use: John",
		"John\nJohn: hi":  "A name must not contain spaces.",
		"Jo\u200dhn":      "A name must not contain control or invisible characters.",
		"John\ufe0f":      "A name must not contain control or invisible characters.",
		"John\u3164":      "A name must not contain control or invisible characters.",
		"J\u043ehn":       "A name must not mix the Latin, Greek and Cyrillic alphabets.",
		"\u0301John":      "A name must not start with a combining character.",
		"John:":           `A name must not contain any of :"{}`,
		"\u2800\u2800":    "A name must not contain control or invisible characters.",
		"John\U000e0041x": "A name must not contain control or invisible characters.",
	} {
		ask(eve, name, want)
	}
	ask(eve, "Eve", "Using nickname: Eve\nType /help for list of commands.")
	ask(eve, "/nick john", "Nickname is already in use: john")
	ask(john, "/nick Johnny", "Nickname is: Johnny")
	ask(eve, "/nick john", "Nickname is: john") // free again
}

func TestT15_NamesWithSpacesAreRefusedEverywhere(t *testing.T) {
	host := serve(t, &chatlib.Chat{})
	john := host.Dial()
	ask(john, "John Smith", "A name must not contain spaces.")
	ask(john, "John", "Using nickname: John\nType /help for list of commands.")
	ask(john, "/nick John Smith", "A name must not contain spaces.")
	ask(john, "/join a b", "A name must not contain spaces.")
	ask(john, "/quit a", "Usage: /quit")
	ask(john, "/room", notInRoom)
}

func TestT16_NoRoomHasAnEmptyName(t *testing.T) {
	john := enter(serve(t, &chatlib.Chat{}), "John", "")
	for _, text := range []string{"/join ", "/join   ", "/join \t"} {
		ask(john, text, "Usage: /join {chat_room_name}")
	}
	ask(john, "Hi", "Cannot send message if not in chatroom.")
	ask(john, "/join   chalice ", `Joined chat room "chalice"`)
	ask(john, "/ls", "John")
}

func TestT17_JoiningTheSameRoomChangesNothing(t *testing.T) {
	host := serve(t, &chatlib.Chat{})
	john, jenny := enter(host, "John", "chalice"), enter(host, "Jenny", "chalice")
	john.Expect("Jenny joined room.")
	ask(john, "/join chalice", `Already in chat room "chalice"`)
	ask(john, "/join CHALICE", `Already in chat room "chalice"`)
	jenny.ExpectNone()
	ask(jenny, "/ls", "John\nJenny")
}

func TestT18_FailedJoinLeavesEverythingAsItWas(t *testing.T) {
	store := newSpy()
	host := tygtest.NewHost(t, newApp(&chatlib.Chat{Store: store}))
	john, jenny := enter(host, "John", "old"), enter(host, "Jenny", "old")
	john.Expect("Jenny joined room.")
	broken := errors.New("store is broken")
	store.fail["Move"] = broken
	john.Send("/join new")
	if got := john.Receive(); !strings.Contains(got, "Internal server error") {
		t.Errorf("a join that failed is answered with %q", got)
	}
	if errs := host.Errors(); len(errs) != 1 || !errors.Is(errs[0], broken) {
		t.Errorf("the host was told %v, want the store's error", errs)
	}
	jenny.ExpectNone()
	delete(store.fail, "Move")
	ask(john, "/room", "old")

	// The order of a join that works.
	ask(john, "/join new", `Left chat room "old"`, `Joined chat room "new"`)
	jenny.Expect("John left room.")
	jenny.ExpectNone()
}

func TestT19_QuitOutsideARoomIsAnswered(t *testing.T) {
	john := enter(serve(t, &chatlib.Chat{}), "John", "")
	ask(john, "/quit", notInRoom)
}

func TestT20_BlanksAreTrimmed(t *testing.T) {
	host := serve(t, &chatlib.Chat{})
	john, jenny := enter(host, "John", "chalice"), enter(host, "Jenny", "chalice")
	john.Expect("Jenny joined room.")
	ask(john, "  /room ", "chalice")
	for _, text := range []string{"", "   ", "\n\n", "\u202e", "\ufeff \u200b"} {
		ask(john, text)
	}
	jenny.ExpectNone()
	ask(john, "\tHi  ", "John: Hi")
}

func TestT21_LeavingIsAnnouncedOnce(t *testing.T) {
	host := serve(t, &chatlib.Chat{})
	john, jenny := enter(host, "John", "chalice"), enter(host, "Jenny", "chalice")
	joe := enter(host, "Joe", "chalice")
	john.Expect("Jenny joined room.", "Joe joined room.")
	jenny.Drop()
	joe.Close(1000, "")
	john.Expect("Jenny left room.", "Joe left room.")
	john.ExpectNone()

	// Three at once, found by a message, before their disconnect events.
	h := newHarness(t, &chatlib.Chat{})
	ids := []tyg.ConnID{"one", "two", "three"}
	h.enter("john", "John", "chalice")
	for _, id := range ids {
		h.enter(id, string(id), "chalice")
	}
	for _, id := range ids {
		h.sender.setFail(id, tyg.ErrGone)
	}
	h.sender.reset()
	h.say("john", "Hi")
	for _, id := range ids {
		h.disconnect(id)
	}
	checkTo(t, h, "john", "John: Hi", "one left room.", "two left room.", "three left room.")
}

func TestT22_RenamingToTheSameNameIsQuiet(t *testing.T) {
	host := serve(t, &chatlib.Chat{})
	john, jenny := enter(host, "John", "chalice"), enter(host, "Jenny", "chalice")
	john.Expect("Jenny joined room.")
	ask(john, "/nick John", "Nickname is: John")
	jenny.ExpectNone()
	ask(john, "/nick JOHN", "Nickname is: JOHN")
	jenny.Expect("John is now known as JOHN.")
}

func TestT23_TheSenderGetsItsOwnMessage(t *testing.T) {
	john := enter(serve(t, &chatlib.Chat{}), "John", "chalice")
	ask(john, "Hi", "John: Hi")
	john.Send("/help all")
	got := john.Receive()
	if !strings.HasSuffix(got, "\nYour own messages to the room are sent to you too.") {
		t.Errorf("/help all does not say so: %q", got)
	}
}

func TestT24_ListsAreOrdered(t *testing.T) {
	host := serve(t, &chatlib.Chat{})
	lobby := enter(host, "Lobby", "")
	for _, name := range []string{"Zoe", "Adam", "Mia"} {
		enter(host, name, "z")
		enter(host, name+"2", strings.ToLower(name))
	}
	ask(lobby, "/ls", "adam\nmia\nz\nzoe")
	ask(lobby, "/who z", "Zoe\nAdam\nMia")
	ask(lobby, "/join z", `Joined chat room "z"`)
	ask(lobby, "/ls", "Zoe\nAdam\nMia\nLobby")
}

func TestT25_NoRoomsIsSaid(t *testing.T) {
	john := enter(serve(t, &chatlib.Chat{}), "John", "")
	ask(john, "/ls", "No rooms. Type /join {room_name} to open one.")
}

func TestT26_NamesAreNormalised(t *testing.T) {
	host := serve(t, &chatlib.Chat{})
	john := enter(host, "John", "")
	for _, room := range []string{"Café", "CAFE\u0301", "ｃａｆé", "cafe\u0301"} {
		ask(john, "/join "+room, `Joined chat room "café"`)
		ask(john, "/quit", `Left chat room "café"`)
	}
	ask(john, "/nick Zoe\u0308", "Nickname is: Zo\u00eb")
	jenny := host.Dial()
	ask(jenny, "ZO\u00cb", "Nickname is already in use: ZO\u00cb")
}

func TestT27_PrivateMessagesAndOrder(t *testing.T) {
	host := serve(t, &chatlib.Chat{Limits: chatlib.Limits{Burst: 1000}})
	john, jenny := enter(host, "John", "chalice"), enter(host, "Jenny", "chalice")
	joe := enter(host, "Joe", "")
	john.Expect("Jenny joined room.")
	ask(john, "/msg joe  psst,  you", "John (private to Joe): psst,  you")
	joe.Expect("John (private): psst,  you")
	jenny.ExpectNone()
	for i := range 500 {
		john.Send(fmt.Sprint(i))
	}
	for i := range 500 {
		want := fmt.Sprint("John: ", i)
		john.Expect(want)
		jenny.Expect(want)
	}
}
