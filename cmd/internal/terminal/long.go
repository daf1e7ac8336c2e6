package terminal

import (
	"bytes"
	"errors"
	"io"
	"math"
	"runtime"
	"strings"
	"unicode/utf8"
)

// ErrTooLong means that a line was typed or pasted that a terminal may have cut short. More lines
// can be read.
var ErrTooLong = errors.New("the line was not sent: it is longer than this terminal passes on; " +
	"put it into a file, and send it with tyg connect < FILE")

// maxScreenLine is how many characters of a line package term keeps. It drops the others.
const maxScreenLine = 4096

// editable is how many characters of a line are on the screen and can be edited. Package term
// copies them at each key.
const editable = 1000

// maxLong is the length of the longest line of a Screen, in bytes.
const maxLong = 64 << 20

// tooLong reports whether a line of a Screen may have been cut.
func tooLong(line string) bool { return utf8.RuneCountInString(line) >= maxScreenLine }

// MaxTyped returns the length in bytes from which on a line may have been cut that a terminal
// without a Screen has passed on.
func MaxTyped() int {
	switch runtime.GOOS {
	case "linux": // N_TTY_BUF_SIZE, https://man7.org/linux/man-pages/man3/termios.3.html
		return 4095
	case "windows":
		return math.MaxInt
	}
	return 1023 // MAX_CANON of macOS, without the end of the line
}

// A longLine has the beginning of a line of which package term has the end. The beginning cannot be
// edited; a key that clears or replaces the line removes it.
type longLine struct {
	start      []byte
	overflowed bool
}

// add makes room on a full line for a key at pos, in bytes. It returns the new line, the position
// of the cursor, and false if there is room.
func (l *longLine) add(line string, pos int, key rune) (string, int, bool) {
	if len(line) < editable || pos == 0 || utf8.RuneCountInString(line) < editable {
		return "", 0, false
	}
	if len(l.start)+pos > maxLong {
		l.overflowed = true
		return line, pos, true
	}
	l.start = append(l.start, line[:pos]...)
	return string(key) + line[pos:], utf8.RuneLen(key), true
}

// take returns the beginning and empties it.
func (l *longLine) take() string {
	start := string(l.start)
	*l = longLine{}
	return start
}

// A keyReader reads the keys of a terminal. When a key replaces or removes the line, the beginning
// of a long line goes too. Package term handles all keys of one Read before the next.
type keyReader struct {
	in      io.Reader
	long    *longLine
	pending []byte
}

// Read returns the keys up to one that ends the line.
func (r *keyReader) Read(p []byte) (int, error) {
	if err := r.fill(len(p)); err != nil {
		return 0, err
	}
	if clears(r.pending) {
		r.long.take()
	}
	n := len(r.pending)
	if i := bytes.IndexAny(r.pending[1:], clearing); i >= 0 {
		n = 1 + i
	}
	n = copy(p, r.pending[:n])
	r.pending = r.pending[n:]
	return n, nil
}

// fill reads until there is a key, and removes what brackets pasted text: a program before may have
// left a terminal in that mode. Package term would make an error of each pasted line, and cut it.
func (r *keyReader) fill(most int) error {
	for {
		rest, is := cutBracket(r.pending)
		r.pending = rest
		switch {
		case is && len(rest) > 0:
			continue
		case len(rest) > 0 && !beginsBracket(rest):
			return nil
		}
		buf := make([]byte, most)
		n, err := r.in.Read(buf)
		if n == 0 && len(rest) > 0 {
			return nil // Escape was the last key
		}
		if n == 0 {
			return err
		}
		r.pending = append(rest, buf[:n]...)
	}
}

// The brackets of pasted text: https://invisible-island.net/xterm/ctlseqs/ctlseqs.html
const (
	pasteStart = "\x1b[200~"
	pasteEnd   = "\x1b[201~"
)

// cutBracket returns keys without the bracket that they begin with.
func cutBracket(keys []byte) (rest []byte, is bool) {
	if rest, is = bytes.CutPrefix(keys, []byte(pasteStart)); is {
		return rest, true
	}
	return bytes.CutPrefix(keys, []byte(pasteEnd))
}

// beginsBracket reports whether keys may become a bracket, with those that come next.
func beginsBracket(keys []byte) bool {
	return strings.HasPrefix(pasteStart, string(keys)) || strings.HasPrefix(pasteEnd, string(keys))
}

// clearing has Ctrl-U, which removes the line, Ctrl-P and Ctrl-N, which show another, and Escape,
// with which the keys of arrows begin.
const clearing = "\x15\x10\x0e\x1b"

// clears reports whether keys begin with one that removes the line or shows another.
func clears(keys []byte) bool {
	if keys[0] == '\x1b' {
		return bytes.HasPrefix(keys, []byte("\x1b[A")) || bytes.HasPrefix(keys, []byte("\x1b[B"))
	}
	return strings.IndexByte(clearing, keys[0]) >= 0
}

// unlessLong is a History for the lines that a Screen can show again.
type unlessLong struct {
	*History
	long *longLine
}

// Add adds a line, unless it is the end of a long one.
func (h unlessLong) Add(line string) {
	if len(h.long.start) == 0 {
		h.History.Add(line)
	}
}
