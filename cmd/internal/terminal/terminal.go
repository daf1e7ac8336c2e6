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
	out *os.File
}

// NewScreen takes over a terminal. The caller calls restore before it prints anything else.
func NewScreen(in, out *os.File) (s *Screen, restore func(), err error) {
	old, err := term.MakeRaw(int(in.Fd()))
	if err != nil {
		return nil, nil, fmt.Errorf("prepare terminal: %w", err)
	}
	s = &Screen{out: out}
	s.Terminal = term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{in, out}, "> ")
	restore = func() {
		_ = term.Restore(int(in.Fd()), old)
		fmt.Fprintln(out) // the prompt is still there
	}
	return s, restore, nil
}

// ReadLine returns the next line that is typed, or [ErrTooLong].
func (s *Screen) ReadLine() (string, error) {
	s.measure()
	line, err := s.Terminal.ReadLine()
	if err == nil && tooLong(line) {
		return "", ErrTooLong
	}
	return line, err
}

// Write prints text above the prompt.
func (s *Screen) Write(p []byte) (int, error) {
	s.measure()
	return s.Terminal.Write(p)
}

// measure reads the size of the window, which may have changed since the last line.
func (s *Screen) measure() {
	if width, height, err := term.GetSize(int(s.out.Fd())); err == nil && width > 0 {
		_ = s.SetSize(width, height) // on failure, the next line repaints
	}
}
