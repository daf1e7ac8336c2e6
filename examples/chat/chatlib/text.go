package chatlib

import (
	"strings"
	"unicode"
)

// clean returns text as one line of visible characters: without control characters, so without
// terminal escapes, without changes of direction, and without blanks around it.
func clean(text string) string {
	return strings.TrimSpace(strings.Map(cleanRune, text))
}

func cleanRune(r rune) rune {
	switch {
	case unicode.IsSpace(r):
		return ' '
	case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r):
		return -1
	case r == '\u200b', r == '\u2060', r == '\ufeff':
		return -1 // zero width; the joiners stay, for they shape words and emoji
	}
	return r
}

// chunk returns the first of lines joined, as many as fit into size bytes but at least one, and the
// rest of them.
func chunk(lines []string, size int) (string, []string) {
	n, length := 1, len(lines[0])
	for n < len(lines) && length+1+len(lines[n]) <= size {
		length += 1 + len(lines[n])
		n++
	}
	return strings.Join(lines[:n], "\n"), lines[n:]
}
