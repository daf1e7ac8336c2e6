package connect

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
)

func TestJSONIsLaidOut(t *testing.T) {
	long := `{"z": 1.50, "a": [true, null, "x:y"], "text": "` + strings.Repeat("é", 40) + `"}`
	for text, want := range map[string]string{
		`{"a": 1, "b": [2]}`: `{"a":1,"b":[2]}`,
		` [] `:               `[]`,
		long: "{\n  \"z\": 1.50,\n  \"a\": [\n    true,\n    null,\n    \"x:y\"\n  ],\n" +
			"  \"text\": \"" + strings.Repeat("é", 40) + "\"\n}",
		"{\"a\":\"\u202e\u009b\"}": `{"a":"\u202e\u009b"}`,
	} {
		if got, ok := new(painter).layOut([]byte(text)); !ok || got != want {
			t.Errorf("%s is laid out as\n%s\nwant\n%s", text, got, want)
		}
	}
	for _, text := range []string{"", "1", `"a"`, "John: {}", "{", "{\"a\":\"\xff\"}"} {
		if got, ok := new(painter).layOut([]byte(text)); ok {
			t.Errorf("%q is laid out as %q", text, got)
		}
	}
	got, _ := (&painter{colour: true}).layOut([]byte(`{"k":["s",-1e5]}`))
	want := "{\x1b[36m\"k\"\x1b[0m:[\x1b[32m\"s\"\x1b[0m,\x1b[33m-1e5\x1b[0m]}"
	if got != want {
		t.Errorf("the colours are %q, want %q", got, want)
	}
}

// Colours change nothing but the colour, and let nothing through that a message has.
func FuzzPaint(f *testing.F) {
	f.Add(`{"a\"b": [1, "\\", {}], "c": true}`)
	f.Add("[\"\u009b2J\u202e\"]")
	colours := regexp.MustCompile(`\x1b\[(0|32|33|36)m`)
	f.Fuzz(func(t *testing.T, text string) {
		plain, ok := new(painter).layOut([]byte(text))
		if !ok {
			return
		}
		painted, _ := (&painter{colour: true}).layOut([]byte(text))
		bare := colours.ReplaceAllString(painted, "")
		if bare != plain || strings.ContainsAny(bare, "\x1b\u009b\u202e\r\a") {
			t.Errorf("%q is painted as %q", text, painted)
		}
		if !json.Valid([]byte(plain)) {
			t.Errorf("%q is laid out as %q, which is not JSON", text, plain)
		}
	})
}
