package main

import (
	"fmt"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// TestPictureShowsRecording keeps the picture that of the recording.
func TestPictureShowsRecording(t *testing.T) {
	t.Chdir("..")
	events, err := readEvents(recordingFile)
	if err != nil {
		t.Fatal(err)
	}
	want, err := drawing(events)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(pictureFile)
	if err != nil || string(got) != string(want) {
		t.Errorf("%s is not what the recording shows (%v); run: go run ./film -draw", pictureFile, err)
	}
	if len(got) > 500_000 {
		t.Errorf("%s has %d bytes, more than 500,000", pictureFile, len(got))
	}
}

// TestRecordingStillHappens records the session again: at its end, the panes show what those of the
// recording show.
func TestRecordingStillHappens(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("nothing was recorded: Windows has no terminals of this kind")
	}
	t.Chdir("..")
	events, err := readEvents(recordingFile)
	if err != nil {
		t.Fatal(err)
	}
	again, err := record(t.Context(), "../..", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	want, got := ending(t, events), ending(t, again)
	if !slices.Equal(got, want) {
		t.Errorf("the session ends with\n%s\n\nand the recording with\n%s",
			strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// ending returns the rows of all panes at the end, without what differs each time.
func ending(t *testing.T, events []event) (rows []string) {
	t.Helper()
	lines, err := replay(events)
	if err != nil {
		t.Fatal(err)
	}
	address := regexp.MustCompile(`^(.*tyg connect) 127\.0\.0\.1:\d+/api/$`)
	varies := regexp.MustCompile(`([\d.]+ ?m?s$|\d\d:\d\d:[\d.]+|[\w-]{15}=|:\d+/|#\w+$)`)
	for _, l := range lines {
		if l.to >= 0 {
			continue
		}
		text := l.pane.name + ": "
		for _, s := range l.runs {
			text += s.text
		}
		rows = append(rows, varies.ReplaceAllString(address.ReplaceAllString(text, "$1"), "…"))
	}
	return rows
}

func TestReplay(t *testing.T) {
	lines, err := replay([]event{
		{At: 0, Pane: editor, Lines: []string{"one", "two"}},
		{At: 10, Pane: ada, Output: "$ \x1b[31mred\x1b[0m"},
		{At: 20, Pane: ada, Output: "\r\x1b[Kgone\r\nnext"},
		{At: 30, Pane: editor, Lines: []string{"one", "2"}, Saved: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range lines {
		text := fmt.Sprintf("%s %d %d-%d:", l.pane.name, l.row, l.from, l.to)
		for _, s := range l.runs {
			text += fmt.Sprintf(" %d %q %q", s.col, s.text, s.class)
		}
		got = append(got, text)
	}
	want := []string{
		`main.go 0 0-30: 0 "one" "" 79 "edited" "c3"`,
		`main.go 0 30--1: 0 "one" "" 80 "saved" "c2"`,
		`main.go 1 0-30: 0 "two" ""`,
		`main.go 1 30--1: 0 "2" ""`,
		`Ada 0 10-20: 0 "$ " "" 2 "red" "c1"`,
		`Ada 0 20--1: 0 "gone" ""`,
		`Ada 1 20--1: 0 "next" ""`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("the lines are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
