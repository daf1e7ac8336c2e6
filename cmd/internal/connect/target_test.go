package connect

import (
	"net/http"
	"testing"
)

func TestParseTarget(t *testing.T) {
	for text, want := range map[string]string{
		"localhost:8000/api/":     "ws://localhost:8000/api/",
		"example.com":             "ws://example.com/",
		"ws://[::1]:80/a?b=c":     "ws://[::1]:80/a?b=c",
		"http://example.com/a":    "ws://example.com/a",
		"HTTPS://example.com/a":   "wss://example.com/a",
		"wss://u:p@example.com/a": "wss://u:p@example.com/a",
		DefaultURL:                DefaultURL,
	} {
		u, err := ParseTarget(text)
		if err != nil {
			t.Errorf("ParseTarget(%q): %v", text, err)
			continue
		}
		if got := u.String(); got != want {
			t.Errorf("ParseTarget(%q) = %s, want %s", text, got, want)
		}
	}
}

func TestStatusMeaningKnowsCommonStatuses(t *testing.T) {
	likely := []int{200, 301, 302, 307, 308, 400, 401, 403, 404, 410, 426, 429, 500, 502, 503, 504}
	for _, status := range likely {
		if statusMeaning(status) == "" {
			t.Errorf("status %d %s has no meaning", status, http.StatusText(status))
		}
	}
}
