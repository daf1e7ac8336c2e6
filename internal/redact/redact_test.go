package redact_test

import (
	"net/url"
	"testing"

	"github.com/tyg-dev/tyg/internal/redact"
)

func TestURLHidesSecrets(t *testing.T) {
	for text, want := range map[string]string{
		"ws://host/path":                  "ws://host/path",
		"ws://me:secret@host/":            "ws://me:xxxxx@host/",
		"ws://token@host/":                "ws://xxxxx@host/",
		"wss://host:443/p?token=secret#a": "wss://host:443/p?xxxxx#a",
		"ws://host/?secret":               "ws://host/?xxxxx",
	} {
		u, err := url.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := redact.URL(u); got != want {
			t.Errorf("URL(%s) = %s, want %s", text, got, want)
		}
		if u.String() != text {
			t.Errorf("URL changed %s to %s", text, u)
		}
	}
}

func TestTextHidesSecrets(t *testing.T) {
	for text, want := range map[string]string{
		"":                              "",
		"host:80:90/path":               "host:80:90/path",
		"ws://me:sec@ret@host:port/":    "ws://xxxxx@host:port/",
		"me:secret@host":                "xxxxx@host",
		"ws://host:port/?token=a?b@c/d": "ws://host:port/?xxxxx",
		"ws://host/a@b":                 "ws://host/a@b",
		"ws://host#me@there":            "ws://host#me@there",
	} {
		if got := redact.Text(text); got != want {
			t.Errorf("Text(%q) = %q, want %q", text, got, want)
		}
	}
}
