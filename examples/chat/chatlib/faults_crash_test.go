package chatlib_test

import (
	"bytes"
	"context"
	"errors"
	"go/parser"
	"go/token"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/examples/chat/chatlib"
	"github.com/tyg-dev/tyg/rooms"
	"github.com/tyg-dev/tyg/tygtest"
)

// The tests named TestT… are numbered after the faults of the original tutorial's chat. These are
// the ones that made it crash.

func TestT01_UnknownCommandsAreAnswered(t *testing.T) {
	john := enter(serve(t, &chatlib.Chat{}), "John", "")
	ask(john, "/foo bar", "Unknown command: foo")
	ask(john, "/FOO", "Unknown command: foo")
	john.Send("/")
	if got := john.Receive(); !strings.HasPrefix(got, "Commands available:\n    /help\n") {
		t.Errorf("a bare slash is answered with %q, want the help text", got)
	}
}

func TestT02_JoinWithoutRoomIsExplained(t *testing.T) {
	john := enter(serve(t, &chatlib.Chat{}), "John", "chalice")
	ask(john, "/join", "Usage: /join {chat_room_name}")
	ask(john, "/room", "chalice")
}

// staleStore is a Store whose lists of members lack the member hidden.
type staleStore struct {
	rooms.Store
	hidden tyg.ConnID
}

func (s *staleStore) Members(ctx context.Context, room string) ([]rooms.Member, error) {
	all, err := s.Store.Members(ctx, room)
	var members []rooms.Member
	for _, m := range all {
		if m.ID != s.hidden {
			members = append(members, m)
		}
	}
	return members, err
}

func TestT03_RenameNeedsNoMembership(t *testing.T) {
	store := &staleStore{Store: rooms.NewMemory()}
	h := newHarness(t, &chatlib.Chat{Store: store})
	h.enter("john", "John", "chalice")
	h.enter("jenny", "Jenny", "chalice")
	store.hidden = "jenny"
	h.sender.reset()
	h.say("jenny", "/nick JJ")
	checkTo(t, h, "jenny", "Nickname is: JJ")
	checkTo(t, h, "john", "Jenny is now known as JJ.")

	store.hidden = ""
	h.sender.setFail("jenny", tyg.ErrGone)
	h.sender.reset()
	h.say("jenny", "/nick Jenny") // its own socket is found to be gone while it is renamed
	checkTo(t, h, "john", "JJ is now known as Jenny.", "Jenny left room.")
}

func TestT04_UnknownConnectionsStartAgain(t *testing.T) {
	store := rooms.NewMemory()
	host := serve(t, &chatlib.Chat{Store: store})
	john := enter(host, "John", "chalice")
	if _, err := store.Remove(t.Context(), john.ID()); err != nil {
		t.Fatal(err)
	}
	ask(john, "hello?", askName)
	ask(john, "John", "Using nickname: John\nType /help for list of commands.")

	h := newHarness(t, &chatlib.Chat{Store: store})
	h.sender.setFail("late", tyg.ErrGone)
	h.say("late", "Jenny") // its disconnect event came first
	if _, err := store.Get(t.Context(), "late"); !errors.Is(err, rooms.ErrNoMember) {
		t.Errorf("a message of a gone connection made it a member again: %v", err)
	}
}

func TestT05_ListSkipsMembersWithoutName(t *testing.T) {
	store := rooms.NewMemory()
	host := serve(t, &chatlib.Chat{Store: store})
	john, nameless := enter(host, "John", "chalice"), host.Dial()
	if _, err := store.Move(t.Context(), nameless.ID(), "", "chalice"); err != nil {
		t.Fatal(err)
	}
	ask(john, "/ls", "John")
}

func TestT06_LengthIsCheckedBeforeAnyWrite(t *testing.T) {
	store := newSpy()
	host := serve(t, &chatlib.Chat{Store: store})
	john := host.Dial()
	ask(john, strings.Repeat("é", 33), "A name must have 1 to 32 characters.")
	ask(john, strings.Repeat("n", 2000), "A name must have 1 to 32 characters.")
	if n := store.calls["Rename"]; n != 0 {
		t.Errorf("a name that is too long was written %d times", n)
	}
	name := strings.Repeat("é", 32)
	ask(john, name, "Using nickname: "+name+"\nType /help for list of commands.")

	ask(john, "/join "+strings.Repeat("𝄞", 65), "A name must have 1 to 64 characters.")
	if n := store.calls["Move"]; n != 0 {
		t.Errorf("a room that is too long was written %d times", n)
	}
	room := strings.Repeat("𝄞", 64) // four bytes each
	ask(john, "/join "+room, `Joined chat room "`+room+`"`)
	ask(john, "/nick", "Current nickname: "+name)

	// The limits of a Store cannot be exceeded.
	lax := serve(t, &chatlib.Chat{Limits: chatlib.Limits{Name: 1000, Room: 1000}}).Dial()
	ask(lax, strings.Repeat("n", 65), "A name must have 1 to 64 characters.")
	ask(lax, room, "Using nickname: "+room+"\nType /help for list of commands.")
	ask(lax, "/join "+room+"x", "A name must have 1 to 64 characters.")
}

func TestT07_OneFailedRecipientStopsNothing(t *testing.T) {
	h := newHarness(t, &chatlib.Chat{})
	h.enter("john", "John", "chalice")
	h.enter("slow", "Slow", "chalice")
	h.enter("jenny", "Jenny", "chalice")
	for _, why := range []error{tyg.ErrThrottled, tyg.ErrTooLarge, errors.New("network is down")} {
		h.sender.reset()
		h.sender.setFail("slow", why)
		h.say("john", "Hi")
		checkTo(t, h, "john", "John: Hi")
		checkTo(t, h, "jenny", "John: Hi")
	}
	h.sender.setFail("slow", nil)
	h.sender.reset()
	h.say("slow", "/room") // it was not taken for gone
	checkTo(t, h, "slow", "chalice")
}

func TestT08_LongTextIsRefused(t *testing.T) {
	host := serve(t, &chatlib.Chat{})
	john, jenny := enter(host, "John", "chalice"), enter(host, "Jenny", "chalice")
	john.Expect("Jenny joined room.")
	long := strings.Repeat("x", 4096)
	ask(john, long, "John: "+long)
	jenny.Expect("John: " + long)
	ask(john, long+"x", tooLong)
	ask(john, strings.Repeat("x", 128<<10), tooLong)
	jenny.ExpectNone()
}

func TestT09_NothingReadsTheEnvironment(t *testing.T) {
	for _, pattern := range []string{"*.go", "../*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("find source files %s: %v, %v", pattern, files, err)
		}
		for _, file := range files {
			f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
			if err != nil {
				t.Fatal(err)
			}
			for _, imp := range f.Imports {
				if imp.Path.Value == `"os"` && !strings.HasSuffix(file, "_test.go") {
					t.Errorf("%s imports os", file)
				}
			}
		}
	}
}

func TestT10_ConnectSaysWhyItRefuses(t *testing.T) {
	var log bytes.Buffer
	store := newSpy()
	store.fail["Add"] = errors.New("table is missing")
	chat := &chatlib.Chat{Store: store, Log: slog.New(slog.NewTextHandler(&log, nil))}
	_, err := serve(t, chat).Try(tygtest.Dial{})
	refused, ok := errors.AsType[*tygtest.Refused](err)
	if !ok || refused.Status != http.StatusServiceUnavailable {
		t.Errorf("connect without a store: %v, want status 503, which may be tried again", err)
	}
	if ok && strings.Contains(refused.Body, "table") {
		t.Errorf("the client is told %q, which is not its business", refused.Body)
	}
	for _, want := range []string{"table is missing", "conn="} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("log %q lacks %q", log.String(), want)
		}
	}
}
