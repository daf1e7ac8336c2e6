package main

import (
	"net/http"
	"testing"
)

func TestVisible(t *testing.T) {
	for text, want := range map[string]string{
		"plain, ünïcödé, 日本, 👋": "plain, ünïcödé, 日本, 👋",
		"one\n\ttwo":            "one\n\ttwo",
		"\x1b[2J\a\r\x00\x7f":   `\x1b[2J\x07\x0d\x00\x7f`,
		"\u009b2J":              `\x9b2J`,
		"a\u202eb\u2066c\u200f": `a\u202eb\u2066c\u200f`,
		"\u061c\u2028":          `\u061c\u2028`,
		"👩\u200d👧":              "👩\u200d👧",
	} {
		if got := visible(text); got != want {
			t.Errorf("visible(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestParseTarget(t *testing.T) {
	for text, want := range map[string]string{
		"localhost:8000/api/":     "ws://localhost:8000/api/",
		"example.com":             "ws://example.com/",
		"ws://[::1]:80/a?b=c":     "ws://[::1]:80/a?b=c",
		"http://example.com/a":    "ws://example.com/a",
		"HTTPS://example.com/a":   "wss://example.com/a",
		"wss://u:p@example.com/a": "wss://u:p@example.com/a",
		defaultURL:                defaultURL,
	} {
		u, err := parseTarget(text)
		if err != nil {
			t.Errorf("parseTarget(%q): %v", text, err)
			continue
		}
		if got := u.String(); got != want {
			t.Errorf("parseTarget(%q) = %s, want %s", text, got, want)
		}
	}
}

func TestEveryLikelyRefusalHasAMeaning(t *testing.T) {
	likely := []int{200, 301, 302, 307, 308, 400, 401, 403, 404, 410, 426, 429, 500, 502, 503, 504}
	for _, status := range likely {
		if statusMeaning(status) == "" {
			t.Errorf("status %d %s has no meaning", status, http.StatusText(status))
		}
	}
}
