package chatlib_test

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/tyg-dev/tyg/examples/chat/chatlib"
)

// FuzzCommand lets two clients send any text and checks what all clients receive.
func FuzzCommand(f *testing.F) {
	for _, text := range []string{
		"Hi", "/", "/join tea", "/nick Joe", "/quit", "/ls", "/who tea", "/msg John Hi",
		"/me \x1b[2J", "\u202eHi", "/join \u0130", "/nick \ufe0f", "//", "/help all",
		`{"action":"$disconnect"}`,
		"a\nJohn: b", " /room ",
	} {
		f.Add(text, "/join tea")
		f.Add("/nick "+text, text)
	}
	f.Fuzz(func(t *testing.T, first, second string) {
		first, second = sendable(first), sendable(second)
		host := serve(t, &chatlib.Chat{})
		john, jenny := enter(host, "John", "chalice"), enter(host, "Jenny", "chalice")
		watch := enter(host, "Watch", "chalice")
		john.Send(first)
		jenny.Send(second)
		john.Send(second)
		jenny.Send(first)
		late := host.Dial()
		late.Send(first)
		late.Send("/join chalice")
		late.Send(second)
		for _, text := range watch.Received() {
			checkLine(t, text)
			if strings.Contains(text, "\n") {
				t.Errorf("%q forges a line", text)
			}
		}
		for _, text := range slices.Concat(john.Received(), jenny.Received(), late.Received()) {
			checkLine(t, text)
		}
	})
}

// sendable converts any text to one that a WebSocket client can send.
func sendable(text string) string {
	return strings.ToValidUTF8(text[:min(len(text), 100_000)], "?")
}

func checkLine(t *testing.T, text string) {
	if text == "" || !utf8.ValidString(text) {
		t.Errorf("a client was sent %q", text)
	}
	for _, r := range text {
		if unicode.IsControl(r) && r != '\n' || unicode.Is(unicode.Bidi_Control, r) {
			t.Errorf("%q holds %U", text, r)
		}
	}
}
