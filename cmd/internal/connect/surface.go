package connect

import (
	"bufio"
	"io"
	"os"
	"runtime"
	"time"

	"github.com/tyg-dev/tyg/cmd/internal/terminal"
)

// surface returns the source of lines and the view, according to the flags and to which files are
// terminals. The caller calls restore before it prints anything else.
func (c *run) surface() (lineReader, view, func(), error) {
	in, inOK := terminal.Of(c.env.Stdin)
	out, outOK := terminal.Of(c.env.Stdout)
	if inOK && outOK && !c.JSON {
		return c.prompt(in, out)
	}
	pipe := pipeReader{bufio.NewReader(c.env.Stdin)}
	input := lineReader(pipe)
	if c.Binary && !inOK {
		input = &wholeReader{c.env.Stdin}
	}
	if inOK {
		c.Wait = -1 // a user at a keyboard ends the input to leave
		input = typedReader{pipe}
	}
	if c.JSON {
		return input, c.pipeView(), func() {}, nil
	}
	v := c.textView(c.env.Stdout, c.env.Stderr, outOK)
	v.banner = c.Prompt && !c.Quiet
	v.echo, v.prompts = c.Prompt && !inOK, c.Prompt
	return input, v, func() {}, nil
}

// pipeView is the view where there is no prompt.
func (c *run) pipeView() view {
	if c.JSON {
		return &jsonView{
			out: c.env.Stdout, warnings: c.env.Stderr, now: time.Now, verbose: c.Verbose,
		}
	}
	_, terminal := terminal.Of(c.env.Stdout)
	return c.textView(c.env.Stdout, c.env.Stderr, terminal)
}

// textView returns a view as the flags say. isTerminal says that out is one.
func (c *run) textView(out, notices io.Writer, isTerminal bool) *textView {
	v := &textView{
		out: out, notices: c.notices(notices), warnings: notices, escape: isTerminal,
		verbose: c.Verbose, reconnects: c.Reconnect,
	}
	if isTerminal && !c.Raw {
		v.pretty = &painter{colour: c.colours()}
	}
	if c.Timestamps {
		v.clock = time.Now
	}
	return v
}

// colours reports whether the terminal may be given colours (https://no-color.org).
func (c *run) colours() bool {
	if c.env.Getenv("NO_COLOR") != "" || c.env.Getenv("TERM") == "dumb" {
		return false
	}
	// Older consoles of Windows print the codes.
	return runtime.GOOS != "windows" || c.env.Getenv("WT_SESSION") != ""
}

// prompt is the surface of a terminal.
func (c *run) prompt(in, out *os.File) (lineReader, view, func(), error) {
	s, restore, err := terminal.NewScreen(in, out)
	if err != nil {
		return nil, nil, nil, err
	}
	c.Wait = -1
	if !c.NoHistory {
		s.KeepHistory(terminal.OpenHistory(c.env.Getenv))
	}
	v := c.textView(s, s, true)
	v.banner, v.prompts = !c.Quiet, true
	return s, v, restore, nil
}

func (c *run) notices(w io.Writer) io.Writer {
	if c.Quiet {
		return io.Discard
	}
	return w
}
