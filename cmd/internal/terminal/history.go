package terminal

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// maxHistory is the number of lines that a history keeps.
const maxHistory = 1000

// A History has the lines that a user has typed, in a file. Each line is appended to the file at
// once, so that two terminals keep the lines of both. Without a file that can be written, it lasts
// as long as the process.
type History struct {
	file  string
	lines []string // the newest last
}

// OpenHistory reads the history file in the directory for state
// (https://specifications.freedesktop.org/basedir-spec/latest/).
func OpenHistory(getenv func(string) string) *History {
	dir := getenv("XDG_STATE_HOME")
	if !filepath.IsAbs(dir) {
		home, err := os.UserHomeDir()
		if err != nil {
			return new(History)
		}
		dir = filepath.Join(home, ".local", "state")
	}
	h := &History{file: filepath.Join(dir, "tyg", "history")}
	data, err := os.ReadFile(h.file)
	if err != nil {
		return h
	}
	h.lines = strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	if len(h.lines) > 2*maxHistory {
		h.shorten()
	}
	return h
}

// Add appends a line. It ignores empty lines, repeated lines, lines that begin with a space, and
// those that are too long to be sent.
func (h *History) Add(line string) {
	if line == "" || line[0] == ' ' || tooLong(line) || h.Len() > 0 && h.At(0) == line {
		return
	}
	h.lines = append(h.lines, line)
	if h.file == "" || os.MkdirAll(filepath.Dir(h.file), 0o700) != nil {
		return
	}
	f, err := os.OpenFile(h.file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return
	}
	defer f.Close()
	_, _ = fmt.Fprintln(f, line) // losing a line is harmless
}

// Len returns the number of lines.
func (h *History) Len() int { return len(h.lines) }

// At returns a line; 0 is the newest.
func (h *History) At(i int) string { return h.lines[len(h.lines)-1-i] }

// shorten removes the oldest lines, in the file, too.
func (h *History) shorten() {
	h.lines = h.lines[len(h.lines)-maxHistory:]
	temp := fmt.Sprintf("%s.%d", h.file, os.Getpid())
	if os.WriteFile(temp, []byte(strings.Join(h.lines, "\n")+"\n"), 0o600) == nil {
		_ = os.Rename(temp, h.file)
	}
}
