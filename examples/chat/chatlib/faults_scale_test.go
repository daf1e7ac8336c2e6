package chatlib_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/examples/chat/chatlib"
	"github.com/tyg-dev/tyg/rooms"
)

// The faults of cost, scale, limits, security and operations.

// populate puts n members into rooms, directly in the store.
func populate(t *testing.T, store rooms.Store, n int, room func(i int) string) {
	t.Helper()
	for i := range n {
		id := tyg.ConnID(fmt.Sprint("member", i))
		if err := store.Add(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Rename(t.Context(), id, string(id)); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Move(t.Context(), id, "", room(i)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestT36_AllRoomsAreListed(t *testing.T) {
	store := rooms.NewMemory()
	h := newHarness(t, &chatlib.Chat{Store: store})
	var want []string
	populate(t, store, 3000, func(i int) string {
		want = append(want, fmt.Sprintf("%s%04d", strings.Repeat("room", 14), i))
		return want[i]
	})
	h.enter("john", "John", "")
	h.sender.reset()
	h.say("john", "/ls")
	for _, text := range h.sender.to("john") {
		if len(text) > 32<<10 {
			t.Errorf("a reply has %d bytes, more than a frame of API Gateway", len(text))
		}
	}
	got := strings.Split(strings.Join(h.sender.to("john"), "\n"), "\n")
	if !slices.Equal(got, want) {
		t.Errorf("%d rooms are listed, want %d in order", len(got), len(want))
	}
}

func TestT37_LargeRoomsAreReachedWhole(t *testing.T) {
	const members = 5000
	store := rooms.NewMemory()
	h := newHarness(t, &chatlib.Chat{Store: store})
	populate(t, store, members, func(int) string { return "chalice" })
	h.say("member0", "Hi")
	for i := range members {
		checkTo(t, h, tyg.ConnID(fmt.Sprint("member", i)), "member0: Hi")
	}
	h.disconnect("member0")
	if got := h.sender.to("member4999"); len(got) != 2 || got[1] != "member0 left room." {
		t.Errorf("the last member got %q", got)
	}
}

func TestT38_ListsReadTheStoreOnce(t *testing.T) {
	store := newSpy()
	h := newHarness(t, &chatlib.Chat{Store: store})
	populate(t, store, 300, func(int) string { return "chalice" })
	for text, want := range map[string]int{"/ls": 2, "/who": 2, "Hi": 2, "/room": 1} {
		store.total()
		h.say("member7", text)
		if got := store.total(); got != want {
			t.Errorf("%s in a room of 300 reads the store %d times, want %d", text, got, want)
		}
	}
}

func TestT39_BroadcastIsOneSending(t *testing.T) {
	store := rooms.NewMemory()
	h := newHarness(t, &chatlib.Chat{Store: store})
	populate(t, store, 300, func(int) string { return "chalice" })
	h.say("member7", "Hi")
	if many, one := h.sender.calls["SendMany"], h.sender.calls["Send"]; many != 1 || one != 0 {
		t.Errorf("a message to 300 took %d SendMany and %d Send, want 1 and 0", many, one)
	}
}

func TestT41_FloodsAreHeldBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		host := serve(t, &chatlib.Chat{})
		john, jenny := enter(host, "John", ""), enter(host, "Jenny", "chalice")
		time.Sleep(time.Minute)
		ask(john, "/join chalice", `Joined chat room "chalice"`)
		jenny.Expect("John joined room.")
		for i := range 19 { // a burst of 20, the join included, is a pasted screen
			ask(john, fmt.Sprint(i), fmt.Sprint("John: ", i))
		}
		ask(john, "one too many", "Slow down\u2026 Messages are dropped until you do.")
		ask(john, "another")
		time.Sleep(500 * time.Millisecond)
		ask(john, "refilled", "John: refilled")
		ask(john, "empty again") // warned once
		if got := len(jenny.Received()); got != 20 {
			t.Errorf("the room got %d messages, want 20", got)
		}
		time.Sleep(10 * time.Second)
		for i := range 20 {
			ask(john, fmt.Sprint(i), fmt.Sprint("John: ", i))
		}
		ask(john, "too many", "Slow down\u2026 Messages are dropped until you do.")
		jenny.Received()
		for range 98 {
			ask(john, "x")
		}
		john.Send("the last drop")
		john.Expect("Closing the connection: you did not slow down.")
		if _, closed := john.Closed(); !closed {
			t.Error("a client that goes on flooding is still connected")
		}
		jenny.Expect("John left room.")
		jenny.ExpectNone()
	})
}

func TestT41_CountsAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		chat := &chatlib.Chat{}
		h := newHarness(t, chat)
		for i := range 5000 {
			h.enter(tyg.ConnID(fmt.Sprint("mute", i)), fmt.Sprint("mute", i), "") // and is lost
			time.Sleep(time.Second)
		}
		if n := chat.Buckets(); n > 1100 {
			t.Errorf("%d counts are kept, though all have expired", n)
		}
		before := chat.Buckets()
		h.enter("john", "John", "")
		h.disconnect("john")
		if n := chat.Buckets(); n != before {
			t.Errorf("%d counts are kept, want %d as before the last client", n, before)
		}
	})
}

func TestT41_RoomsCanBeFull(t *testing.T) {
	host := serve(t, &chatlib.Chat{Limits: chatlib.Limits{Members: 2}})
	john, jenny := enter(host, "John", "chalice"), enter(host, "Jenny", "chalice")
	john.Expect("Jenny joined room.")
	joe := enter(host, "Joe", "other")
	ask(joe, "/join chalice", `Chat room "chalice" is full.`)
	ask(joe, "/room", "other")
	ask(jenny, "/join chalice", `Already in chat room "chalice"`)
	john.ExpectNone()
	john.Close(1000, "")
	ask(joe, "/join chalice", `Left chat room "other"`, `Joined chat room "chalice"`)
}

func TestT44_TextDoesNothingToATerminal(t *testing.T) {
	host := serve(t, &chatlib.Chat{})
	john, jenny := enter(host, "John", "chalice"), enter(host, "Jenny", "chalice")
	john.Expect("Jenny joined room.")
	for text, want := range map[string]string{
		"\x1b[31mred\x1b[0m":          "[31mred[0m",
		"\x1b]0;title\x07bell":        "]0;titlebell",
		"over\b\b\b\bwrite":           "overwrite",
		"line\nJenny: forged":         "line Jenny: forged",
		"line\r\nline\u2028line":      "line  line line",
		"\u202egnp.exe\u202c":         "gnp.exe",
		"\u2066isolated\u2069\u200f.": "isolated.",
		"nul\x00del\x7fc1\u009b31m":   "nuldelc131m",
		"tab\tkept apart":             "tab kept apart",
		"\U0001f468\u200d\U0001f469":  "\U0001f468\u200d\U0001f469",
	} {
		ask(john, text, "John: "+want)
		jenny.Expect("John: " + want)
	}
	ask(john, "/\x1b[31mfoo", "Unknown command: [31mfoo")
	ask(john, "/msg Jenny \x1b[5mblink\x1b[0m", "John (private to Jenny): [5mblink[0m")
	jenny.Expect("John (private): [5mblink[0m")
}

func TestT46_FailuresAreLoggedWithTheConnection(t *testing.T) {
	var log bytes.Buffer
	h := newHarness(t, &chatlib.Chat{Log: slog.New(slog.NewJSONHandler(&log, nil))})
	h.enter("john", "John", "chalice")
	h.enter("slow", "Slow", "chalice")
	h.sender.setFail("slow", tyg.ErrThrottled)
	h.say("john", "secret")
	var line struct{ Level, Msg, Conn, Err string }
	if err := json.Unmarshal(log.Bytes(), &line); err != nil {
		t.Fatalf("log is not one JSON line: %v\n%s", err, &log)
	}
	if line.Conn != "slow" || line.Level != "WARN" || line.Err != tyg.ErrThrottled.Error() {
		t.Errorf("logged %+v, want a warning about slow and why", line)
	}
	if strings.Contains(log.String(), "secret") {
		t.Error("the log holds the message")
	}
}

func TestT51_ThrottledReplyIsNoFailure(t *testing.T) {
	h := newHarness(t, &chatlib.Chat{})
	h.enter("john", "John", "chalice")
	h.sender.setFail("john", tyg.ErrThrottled)
	h.say("john", "/ls") // the harness fails the test if the handler does
	h.sender.setFail("john", nil)
	h.sender.reset()
	h.say("john", "/room")
	checkTo(t, h, "john", "chalice")
}
