package terminal

import (
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func typed(keys string) *Screen { return newScreen(strings.NewReader(keys), io.Discard) }

// A line may be longer than its part on the screen.
func TestScreenReadsLinesOfAnyLength(t *testing.T) {
	for _, n := range []int{1, editable - 1, editable, editable + 1, 5 * editable} {
		want := strings.Repeat("é", n-1) + "z"
		s := typed(want + "\r" + "next\r")
		if line, err := s.ReadLine(); err != nil || line != want {
			t.Errorf("of %d characters it read %d bytes, %v", n, len(line), err)
		}
		if line, err := s.ReadLine(); err != nil || line != "next" {
			t.Errorf("after %d characters the next line is %q, %v", n, line, err)
		}
	}
}

// Text that a terminal brackets as pasted is read as if it was typed, also in pieces: package term
// would end the input at each line of it, and cut long ones.
func TestScreenReadsPastedLines(t *testing.T) {
	long := strings.Repeat("x", maxScreenLine+editable)
	const keys = "\x1b[200~one\rtwo\x1b[201~\ra\x1b[200~b\rc\x1b[201~d\r\x1b[200~"
	for name, in := range map[string]io.Reader{
		"at once":      strings.NewReader(keys + long + "\x1b[201~\rend\x1b[Dx\r"),
		"byte by byte": iotest.OneByteReader(strings.NewReader(keys + long + "\x1b[201~\rend\x1b[Dx\r")),
	} {
		s := newScreen(in, io.Discard)
		for _, want := range []string{"one", "two", "ab", "cd", long, "enxd"} {
			if line, err := s.ReadLine(); err != nil || line != want {
				t.Errorf("%s: read %d bytes, want %d: %.40q, %v", name, len(line), len(want), line, err)
			}
		}
		if line, err := s.ReadLine(); err != io.EOF {
			t.Errorf("%s: at the end it read %q, %v", name, line, err)
		}
	}
}

// The part of a long line that is on the screen can be edited, and what clears or replaces the line
// clears all of it.
func TestKeysInALongLine(t *testing.T) {
	long := strings.Repeat("x", editable+10)
	for keys, want := range map[string]string{
		long + "\x7f\x7fend\r":   long[2:] + "end",
		long + "\x1b[D\x1b[Dy\r": long[2:] + "yxx",
		long + "\x15new\r":       "new",
		long + "\x10\r":          "old",
		long + "\x1b[A\r":        "old",
	} {
		s := typed("old\r" + keys)
		if _, err := s.ReadLine(); err != nil {
			t.Fatal(err)
		}
		if line, err := s.ReadLine(); err != nil || line != want {
			t.Errorf("%q… gives %d bytes, want %d: %.40q, %v", keys[len(long):], len(line), len(want),
				line, err)
		}
	}
}

// A history has no line that a Screen cannot show again.
func TestLongLinesAreNotKept(t *testing.T) {
	s := typed(strings.Repeat("x", 2*editable) + "\rshort\r")
	h := new(History)
	s.KeepHistory(h)
	for range 2 {
		if _, err := s.ReadLine(); err != nil {
			t.Fatal(err)
		}
	}
	if h.Len() != 1 || h.At(0) != "short" {
		t.Errorf("the history has %q", h.lines)
	}
}

// Ctrl-R finds lines that contain what was typed, from the newest on, and stays at the oldest.
func TestControlRSearchesTheHistory(t *testing.T) {
	for keys, want := range map[string]string{
		"oin\x12\r":             "/join tea",
		"oin\x12\x12\r":         "/join tyg",
		"oin\x12\x12\x12\x12\r": "/join tyg",
		"nothing\x12\r":         "nothing",
		"oin\x12!\r":            "/join tea!",
		"\x12\r":                "bye",
	} {
		s := typed("/join tyg\r/join tea\rbye\r" + keys)
		var line string
		for range 4 {
			var err error
			if line, err = s.ReadLine(); err != nil {
				t.Fatal(err)
			}
		}
		if line != want {
			t.Errorf("%q gives %q, want %q", keys, line, want)
		}
	}
}
