package recording_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/internal/inspect/recording"
)

// pieces are what random texts are made of: plain characters, those that JSON escapes, those beyond
// ASCII, half a character, and what keys are made of.
var pieces = []string{
	"a", "abcdefg", `"`, `\`, `\"`, ":", "\n", "\x00", "\x1f", " ", "\x7f", "é", "名", "\xc3", "[", "!",
}

func randomText(rng *rand.Rand, n int) string {
	var b strings.Builder
	for range n {
		b.WriteString(pieces[rng.IntN(len(pieces))])
	}
	return b.String()
}

// Any text is written as JSON that says the same.
func TestAnyTextIsWritten(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for n := range 20_000 {
		text := "!" + randomText(rng, n%40) // no JSON, of which parts may have to go
		line := redactor().AppendMessage(nil, time.Second, recording.In, []byte("c"), nil, []byte(text),
			recording.Message{})
		var e recording.Entry
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatalf("%q is written as %s: %v", text, line, err)
		}
		if want := strings.ToValidUTF8(text, "\uFFFD"); strings.ToValidUTF8(*e.Text, "") != *e.Text ||
			strings.ReplaceAll(*e.Text, "\uFFFD", "") != strings.ReplaceAll(want, "\uFFFD", "") {
			t.Fatalf("%q is read as %q", text, *e.Text)
		}
	}
}

// A secret is found wherever its key begins, however it is spelt, and whatever is around it.
func TestSecretsAreFoundAtAnyPlace(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	keys := []string{
		"token", "Pass-Word", "api_key", `\u0074oken`, `to\u006Ben`, "pin", "_otp_", "AUTH",
	}
	spaces := []string{"", " ", "\n\t", strings.Repeat(" ", 9)}
	r := recording.NewRedactor(recording.DefaultRules())
	for n := range 20_000 {
		before, _ := json.Marshal(strings.ToValidUTF8(randomText(rng, n%30), "?"))
		space := spaces[rng.IntN(len(spaces))]
		text := fmt.Sprintf(`%s{"a":%s,"b":[{"%s"%s:%s"hunter2"}]}`, space, before,
			keys[rng.IntN(len(keys))], space, space)
		got := string(r.Message([]byte(text)))
		if strings.Contains(got, "hunter2") || !strings.Contains(got, recording.Redacted) {
			t.Fatalf("%s becomes %s", text, got)
		}
		plain := fmt.Sprintf(`%s{"a":%s,"b":[{"text"%s:%s"hunter2"}]}`, space, before, space, space)
		if got := string(r.Message([]byte(plain))); got != plain {
			t.Fatalf("%s becomes %s", plain, got)
		}
	}
}

// A text that is written again is written as before, and another one is not taken for it.
func TestRepeatedTextsAreWrittenAlike(t *testing.T) {
	r := redactor()
	long := `{"token":"hunter2","x":"` + strings.Repeat("\"", 5000) + `"}` // no JSON
	for _, want := range []struct{ in, out string }{
		{`{"token":1,"a":"b"}`, `{"token":"[redacted]","a":"b"}`},
		{`{"tokem":1,"a":"b"}`, `{"tokem":1,"a":"b"}`},
		{"", ""},
		{`{"token":1,"a":"b"}`, `{"token":"[redacted]","a":"b"}`},
		{long, recording.Redacted},
		{strings.Repeat("x", len(long)), strings.Repeat("x", len(long))},
	} {
		for range 3 {
			line := r.AppendMessage(nil, 0, recording.Out, []byte("c"), nil, []byte(want.in),
				recording.Message{})
			var e recording.Entry
			if err := json.Unmarshal(line, &e); err != nil || *e.Text != want.out {
				t.Errorf("%.40q is written as %.200s: %v", want.in, line, err)
			}
		}
	}
}

func redactor() *recording.Redactor { return recording.NewRedactor(recording.DefaultRules()) }
