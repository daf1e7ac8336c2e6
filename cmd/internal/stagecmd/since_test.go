package stagecmd

import (
	"fmt"
	"testing"
	"time"
)

func TestParseSince(t *testing.T) {
	now := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	rows := []struct {
		text string
		want string // empty is an error
	}{
		{"90s", "2026-03-10T11:58:30Z"},
		{"10m", "2026-03-10T11:50:00Z"},
		{"2h", "2026-03-10T10:00:00Z"},
		{"3d", "2026-03-07T12:00:00Z"},
		{"1w", "2026-03-03T12:00:00Z"},
		{"0s", "2026-03-10T12:00:00Z"},
		{"2026-01-31", "2026-01-31T00:00:00Z"},
		{"2026-01-31T12:00:00+02:00", "2026-01-31T10:00:00Z"},
		{"", "0001-01-01T00:00:00Z"},
		{"9999999999w", ""},
		{"99999999999s", ""},
		{"-5m", ""},
		{"5", ""},
		{"5 m", ""},
		{"m", ""},
		{"2026-01-31 12:00", ""},
	}
	for _, row := range rows {
		got, err := ParseSince(row.text, now)
		text := got.UTC().Format(time.RFC3339)
		if err != nil {
			text = ""
		}
		if text != row.want {
			t.Errorf("%q is %q, want %q", row.text, text, row.want)
		}
	}
}

func FuzzParseSince(f *testing.F) {
	for _, text := range []string{
		"90s", "1w", "2026-01-31", "2026-01-31T12:00:00Z", "9999999999w",
		"",
	} {
		f.Add(text)
	}
	now := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text string) {
		passed, ok := parseAgo(text)
		if !ok {
			return
		}
		at, err := ParseSince(text, now)
		if err != nil || at.After(now) || fmt.Sprint(now.Sub(at)) != fmt.Sprint(passed) {
			t.Errorf("%q is %v, %v", text, at, err)
		}
	})
}
