package connect

import (
	"net/http"
	"strings"
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

func TestParseTargetRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"::1:8000/p":                    "put an IPv6 address into brackets, such as ws://[::1]:8000/",
		"ws://::1/":                     "put an IPv6 address into brackets",
		"http://2001:db8::7:80/":        "put an IPv6 address into brackets",
		"1.2.3.4:80:90":                 "put an IPv6 address into brackets",
		"ws://me:secret@host:port/":     `URL "ws://xxxxx@host:port/": invalid port ":port" after host`,
		"ftp://host/?token=secret":      `URL "ftp://host/?xxxxx": scheme ftp is not one of`,
		"ws://host/?token=secret#there": `URL "ws://host/?xxxxx": a WebSocket address has no #`,
		"ws://":                         "has no host",
	} {
		_, err := ParseTarget(text)
		if err == nil || !strings.Contains(err.Error(), want) ||
			strings.Contains(err.Error(), "secret") {
			t.Errorf("the error of %q is %v, want %q in it", text, err, want)
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
