package connect

import (
	"bufio"
	"io"
	"os"
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
	if inOK {
		c.Wait = -1 // a user at a keyboard ends the input to leave
		input = typedReader{pipe}
	}
	if c.JSON {
		v := &jsonView{out: c.env.Stdout, warnings: c.env.Stderr, now: time.Now}
		return input, v, func() {}, nil
	}
	v := &textView{
		out: c.env.Stdout, notices: c.notices(c.env.Stderr), warnings: c.env.Stderr,
		banner: c.Prompt && !c.Quiet, echo: c.Prompt && !inOK, prompts: c.Prompt, escape: outOK,
	}
	return input, v, func() {}, nil
}

// prompt is the surface of a terminal.
func (c *run) prompt(in, out *os.File) (lineReader, view, func(), error) {
	s, restore, err := terminal.NewScreen(in, out)
	if err != nil {
		return nil, nil, nil, err
	}
	c.Wait = -1
	if !c.NoHistory {
		s.History = terminal.OpenHistory(c.env.Getenv)
	}
	v := &textView{
		out: s, notices: c.notices(s), warnings: s, banner: !c.Quiet, prompts: true, escape: true,
	}
	return s, v, restore, nil
}

func (c *run) notices(w io.Writer) io.Writer {
	if c.Quiet {
		return io.Discard
	}
	return w
}
