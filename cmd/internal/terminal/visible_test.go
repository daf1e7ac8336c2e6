package terminal

import "testing"

func TestVisibleEscapesControlCharacters(t *testing.T) {
	for text, want := range map[string]string{
		"plain, ünïcödé, 日本, 👋": "plain, ünïcödé, 日本, 👋",
		"one\n\ttwo":            "one\n\ttwo",
		"\x1b[2J\a\r\x00\x7f":   `\x1b[2J\x07\x0d\x00\x7f`,
		"\u009b2J":              `\x9b2J`,
		"a\u202eb\u2066c\u200f": `a\u202eb\u2066c\u200f`,
		"\u061c\u2028":          `\u061c\u2028`,
		"👩\u200d👧":              "👩\u200d👧",
	} {
		if got := Visible(text); got != want {
			t.Errorf("Visible(%q) = %q, want %q", text, got, want)
		}
	}
}
