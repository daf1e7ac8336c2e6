//go:build unix

package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/internal/deploy"
)

func TestLogView(t *testing.T) {
	event := deploy.LogEvent{
		Time: time.Date(2026, 1, 31, 12, 0, 0, 5e6, time.UTC), Function: "websocket_message",
		Stream: "2026/01/31/[$LATEST]abcdef0123", Message: "a\x1b[2Jb\nc",
	}
	rows := []struct {
		view logView
		want string
	}{
		{logView{}, "2026-01-31 12:00:00.005 abcdef a\x1b[2Jb\nc\n"},
		{logView{several: true}, "2026-01-31 12:00:00.005 websocket_message abcdef a\x1b[2Jb\nc\n"},
		{logView{terminal: true}, "2026-01-31 12:00:00.005 abcdef a\\x1b[2Jb\n    c\n"},
		{
			logView{terminal: true, colours: true},
			"\x1b[2m2026-01-31 12:00:00.005\x1b[0m \x1b[2mabcdef\x1b[0m a\\x1b[2Jb\n    c\n",
		},
	}
	for _, row := range rows {
		var out bytes.Buffer
		row.view.out = &out
		if err := row.view.print(event); err != nil || out.String() != row.want {
			t.Errorf("%+v: %q, %v, want %q", row.view, out.String(), err, row.want)
		}
	}
	for stream, want := range map[string]string{"x": "x", "[$LATEST]ab": "ab", "": "", "]": ""} {
		if got := process(stream); got != want {
			t.Errorf("the process of %q is %q, want %q", stream, got, want)
		}
	}
}

// Colours are for terminals, unless NO_COLOR or TERM says otherwise.
func TestLogColours(t *testing.T) {
	screen, terminal, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer screen.Close()
	defer terminal.Close()
	for setting, want := range map[string]bool{"": true, "NO_COLOR=1": false, "TERM=dumb": false} {
		name, value, _ := strings.Cut(setting, "=")
		getenv := func(key string) string {
			if key == name {
				return value
			}
			return ""
		}
		if v := newLogView(&cli.Env{Stdout: terminal, Getenv: getenv}, false); v.colours != want ||
			!v.terminal {
			t.Errorf("on a terminal with %q: %+v", setting, v)
		}
	}
	none := func(string) string { return "" }
	if v := newLogView(&cli.Env{Stdout: new(bytes.Buffer), Getenv: none}, false); v.colours ||
		v.terminal {
		t.Errorf("without a terminal: %+v", v)
	}
}
