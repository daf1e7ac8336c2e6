package terminal

import (
	"strings"

	"golang.org/x/term"
)

// ctrlR is the key that searches the history, as in shells.
const ctrlR = 'R' - '@'

// A search goes through the lines of a history that contain a text.
type search struct {
	text  string // what was typed
	found string // what is shown in its place
	next  int    // where the next press begins
}

// older returns the next older line that contains the text, and false if there is none. A line
// that was found before continues the search for the text that led to it.
func (s *search) older(h term.History, line string) (string, bool) {
	if s.found == "" || line != s.found {
		*s = search{text: line}
	}
	for ; s.next < h.Len(); s.next++ {
		if old := h.At(s.next); old != line && strings.Contains(old, s.text) {
			s.next++
			s.found = old
			return old, true
		}
	}
	return line, false
}
