package chatlib_test

import (
	"strings"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/examples/chat/chatlib"
)

func TestHelpAllAddsToHelp(t *testing.T) {
	host := serve(t, &chatlib.Chat{})
	john := enter(host, "John", "")
	john.Send("/help")
	help := john.Receive()
	john.Send("/HELP All")
	all := john.Receive()
	more, ok := strings.CutPrefix(all, help+"\n\nMore commands:\n")
	if !ok {
		t.Fatalf("/help all does not begin with /help: %q", all)
	}
	for _, command := range []string{"/me", "/msg", "/who", "/help all"} {
		if strings.Contains(help, "    "+command+" ") || !strings.Contains(more, "    "+command) {
			t.Errorf("%s is not explained by /help all, and only there", command)
		}
	}
	ask(john, "/help me", "Usage: /help [all]")
}

func TestMe(t *testing.T) {
	host := serve(t, &chatlib.Chat{})
	john, jenny := enter(host, "John", "chalice"), enter(host, "Jenny", "")
	ask(john, "/me waves  twice ", "* John waves  twice")
	ask(john, "/me", "Usage: /me {action}")
	ask(jenny, "/me waves", "Cannot send message if not in chatroom.")
}

func TestMsg(t *testing.T) {
	host := serve(t, &chatlib.Chat{})
	john, jenny := enter(host, "John", "chalice"), enter(host, "Jenny", "")
	ask(jenny, "/msg JOHN /join me", "Jenny (private to John): /join me")
	john.Expect("Jenny (private): /join me")
	ask(jenny, "/msg", "Usage: /msg {nickname} {text}")
	ask(jenny, "/msg John", "Usage: /msg {nickname} {text}")
	ask(jenny, "/msg Joe Hi", "No user is named Joe.")
	ask(jenny, "/msg John: Hi", `A name must not contain any of :"{}`)
	john.ExpectNone()
}

func TestMsgToAnUnreachableMember(t *testing.T) {
	h := newHarness(t, &chatlib.Chat{})
	h.enter("john", "John", "")
	h.enter("jenny", "Jenny", "chalice")
	h.enter("joe", "Joe", "chalice")
	h.sender.reset()
	const sorry = "Jenny cannot be reached right now. The message was not delivered."
	h.sender.setFail("jenny", tyg.ErrThrottled)
	h.say("john", "/msg jenny Hi")
	checkTo(t, h, "john", sorry)
	checkTo(t, h, "joe")
	h.sender.setFail("jenny", tyg.ErrGone)
	h.say("john", "/msg jenny Hi")
	h.say("john", "/msg jenny Hi")
	checkTo(t, h, "john", sorry, sorry, "No user is named jenny.")
	checkTo(t, h, "joe", "Jenny left room.")
}

func TestWho(t *testing.T) {
	host := serve(t, &chatlib.Chat{})
	john, jenny := enter(host, "John", "chalice"), enter(host, "Jenny", "")
	ask(jenny, "/who Chalice", "John")
	ask(jenny, "/who tea", `Chat room "tea" is empty.`)
	ask(jenny, "/who a b", "A name must not contain spaces.")
	ask(jenny, "/who", notInRoom)
	ask(john, "/who", "John")
}
