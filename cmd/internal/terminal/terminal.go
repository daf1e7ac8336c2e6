// Package terminal has what tyg needs of terminals: a prompt that stays below the output, a history
// of lines, and text without control characters.
package terminal

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/term"
)

// Of returns the file behind a stream if it is a terminal.
func Of(stream any) (*os.File, bool) {
	f, ok := stream.(*os.File)
	return f, ok && term.IsTerminal(int(f.Fd()))
}

// A Screen is a terminal with a prompt. What is written to it appears above the prompt.
type Screen struct {
	*term.Terminal
	out    *os.File // whose size is that of the window
	long   longLine
	search search
}

// NewScreen takes over a terminal. The caller calls restore before it prints anything else.
func NewScreen(in, out *os.File) (s *Screen, restore func(), err error) {
	old, err := term.MakeRaw(int(in.Fd()))
	if err != nil {
		return nil, nil, fmt.Errorf("prepare terminal: %w", err)
	}
	s = newScreen(in, out)
	s.out = out
	restore = func() {
		_ = term.Restore(int(in.Fd()), old)
		fmt.Fprintln(out) // the prompt is still there
	}
	return s, restore, nil
}

func newScreen(in io.Reader, out io.Writer) *Screen {
	s := new(Screen)
	s.Terminal = term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{&keyReader{in: in, long: &s.long}, out}, "> ")
	s.AutoCompleteCallback = s.pressed
	s.KeepHistory(new(History))
	return s
}

// KeepHistory makes h the history of the lines.
func (s *Screen) KeepHistory(h *History) {
	s.History = unlessLong{h, &s.long}
}

// ReadLine returns the next line that is typed, or [ErrTooLong].
func (s *Screen) ReadLine() (string, error) {
	s.measure()
	line, err := s.Terminal.ReadLine()
	if err == nil && (tooLong(line) || s.long.overflowed) {
		err = ErrTooLong
	}
	line = s.long.take() + line
	if err != nil {
		return "", err
	}
	return line, nil
}

// pressed handles keys that package term has no use for, and all that print.
func (s *Screen) pressed(line string, pos int, key rune) (string, int, bool) {
	if key == ctrlR {
		found, ok := s.search.older(s.History, line)
		return found, len(found), ok
	}
	s.search = search{}
	if key < ' ' || key == '\x7f' {
		return "", 0, false
	}
	return s.long.add(line, pos, key)
}

// Write prints text above the prompt.
func (s *Screen) Write(p []byte) (int, error) {
	s.measure()
	return s.Terminal.Write(p)
}

// measure reads the size of the window, which may have changed since the last line.
func (s *Screen) measure() {
	if s.out == nil {
		return
	}
	if width, height, err := term.GetSize(int(s.out.Fd())); err == nil && width > 0 {
		_ = s.SetSize(width, height) // on failure, the next line repaints
	}
}
