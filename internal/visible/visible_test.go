package visible_test

import (
	"encoding/json"
	"testing"

	"github.com/tyg-dev/tyg/internal/visible"
)

func TestBlockEscapesControlCharacters(t *testing.T) {
	for text, want := range map[string]string{
		"plain, ünïcödé, 日本, 👋": "plain, ünïcödé, 日本, 👋",
		"one\n\ttwo":            "one\n\ttwo",
		"\x1b[2J\a\r\x00\x7f":   `\x1b[2J\x07\x0d\x00\x7f`,
		"\u009b2J":              `\x9b2J`,
		"\x9b2J, not UTF-8":     `\x9b2J, not UTF-8`,
		"a\u202eb\u2066c\u200f": `a\u202eb\u2066c\u200f`,
		"\u061c\u2028":          `\u061c\u2028`,
		"👩\u200d👧":              "👩\u200d👧",
		"\ufffd":                "\ufffd",
	} {
		if got := visible.Block(text, ""); got != want {
			t.Errorf("Block(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestBlockIndentsLines(t *testing.T) {
	if got, want := visible.Block("one\n< two\n", "  "), "one\n  < two\n  "; got != want {
		t.Errorf("Block = %q, want %q", got, want)
	}
}

func TestLineIsOneLine(t *testing.T) {
	got := visible.Line("x\nFORGED\x1b]0;owned\a\ty")
	if want := `x\nFORGED\x1b]0;owned\x07` + "\ty"; got != want {
		t.Errorf("Line = %q, want %q", got, want)
	}
}

func TestJSONSaysTheSame(t *testing.T) {
	const text = "a\n\x1b\u009b\u202e\x7fz"
	raw, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	shown := visible.JSON(raw)
	if got, want := string(shown), `"a\n\u001b\u009b\u202e\u007fz"`; got != want {
		t.Errorf("JSON = %s, want %s", got, want)
	}
	var back string
	if err := json.Unmarshal(shown, &back); err != nil || back != text {
		t.Errorf("it says %q, want %q: %v", back, text, err)
	}
	if got := string(visible.JSON([]byte("{\n\t\"a\": 1\n}\n"))); got != "{\n\t\"a\": 1\n}\n" {
		t.Errorf("indented JSON becomes %q", got)
	}
}
