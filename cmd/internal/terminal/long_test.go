package terminal

import (
	"io"
	"os"
	"strings"
	"testing"

	"golang.org/x/term"
)

// What is pasted beyond the longest line is dropped, so such a line is refused.
func TestScreenRefusesALineThatWasCut(t *testing.T) {
	fits := strings.Repeat("é", maxScreenLine-1)
	keys := strings.NewReader(fits + "\r" + fits + "xyz\r" + "next\r")
	s := &Screen{
		Terminal: term.NewTerminal(struct {
			io.Reader
			io.Writer
		}{keys, io.Discard}, "> "),
		out: os.Stdin, // of a test, it is no terminal
	}
	h := new(History)
	s.History = h
	for i, want := range []struct {
		line string
		err  error
	}{{fits, nil}, {"", ErrTooLong}, {"next", nil}} {
		if line, err := s.ReadLine(); line != want.line || err != want.err {
			t.Errorf("line %d has %d bytes, %v; want %d, %v", i, len(line), err, len(want.line), want.err)
		}
	}
	if h.Len() != 2 {
		t.Errorf("the history has %d lines, want the two that were sent", h.Len())
	}
}
