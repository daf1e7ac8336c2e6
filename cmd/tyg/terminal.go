package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/cmd/internal/terminal"
)

// surface decides how a conversation looks: where lines come from, and how it is shown. The caller
// calls restore before it prints anything else.
func (c *connectRun) surface(e *cli.Env) (lineReader, view, func(), error) {
	in, inOK := terminal.Of(e.Stdin)
	out, outOK := terminal.Of(e.Stdout)
	if inOK && outOK && !c.json {
		return c.terminal(e, in, out)
	}
	input := pipeReader{bufio.NewReader(e.Stdin)}
	if inOK {
		c.wait = -1 // a person at a keyboard ends the input in order to leave
	}
	if c.json {
		return input, &jsonView{out: e.Stdout, now: time.Now}, func() {}, nil
	}
	v := &textView{
		out: e.Stdout, notices: c.notices(e.Stderr),
		banner: c.prompt && !c.quiet, echo: c.prompt && !inOK, prompts: c.prompt, escape: outOK,
	}
	return input, v, func() {}, nil
}

// terminal is the surface of a person at a terminal.
func (c *connectRun) terminal(e *cli.Env, in, out *os.File) (lineReader, view, func(), error) {
	old, err := term.MakeRaw(int(in.Fd()))
	if err != nil {
		return nil, nil, nil, fmt.Errorf("prepare terminal: %w", err)
	}
	c.wait = -1
	s := &screen{out: out}
	s.Terminal = term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{in, out}, "> ")
	if !c.noHistory {
		s.History = openHistory(e.Getenv)
	}
	restore := func() {
		_ = term.Restore(int(in.Fd()), old)
		fmt.Fprintln(out) // the prompt is still there
	}
	notices := c.notices(s)
	v := &textView{out: s, notices: notices, banner: !c.quiet, prompts: true, escape: true}
	return s, v, restore, nil
}

func (c *connectRun) notices(w io.Writer) io.Writer {
	if c.quiet {
		return io.Discard
	}
	return w
}

// A screen is a terminal with a prompt. What is written to it appears above the prompt.
type screen struct {
	*term.Terminal
	out *os.File
}

func (s *screen) ReadLine() (string, error) {
	s.measure()
	return s.Terminal.ReadLine()
}

func (s *screen) Write(p []byte) (int, error) {
	s.measure()
	return s.Terminal.Write(p)
}

// measure learns the size of the window, which may have changed since the last line.
func (s *screen) measure() {
	if width, height, err := term.GetSize(int(s.out.Fd())); err == nil && width > 0 {
		_ = s.SetSize(width, height) // what cannot be repainted now will be with the next line
	}
}
