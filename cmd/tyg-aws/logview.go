package main

import (
	"fmt"
	"hash/fnv"
	"io"
	"strings"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/cmd/internal/terminal"
	"github.com/tyg-dev/tyg/internal/deploy"
	"github.com/tyg-dev/tyg/internal/visible"
)

// A logView prints log events as text.
type logView struct {
	out      io.Writer
	several  bool // functions: each line has the name
	terminal bool // control characters are printed as escapes
	colours  bool
}

// newLogView returns a view that prints colours on terminals, unless the environment forbids them
// (https://no-color.org).
func newLogView(e *cli.Env, several bool) *logView {
	_, terminal := terminal.Of(e.Stdout)
	return &logView{
		out: e.Stdout, several: several, terminal: terminal,
		colours: terminal && e.Getenv("NO_COLOR") == "" && e.Getenv("TERM") != "dumb",
	}
}

// print prints one event. Only its first line has a prefix.
func (v *logView) print(e deploy.LogEvent) error {
	parts := []string{v.paint("2", e.Time.Format("2006-01-02 15:04:05.000"))}
	if v.several {
		parts = append(parts, v.paint(colourOf(e.Function), e.Function))
	}
	message := e.Message
	if v.terminal {
		message = visible.Block(message, "    ") // no line of it looks like the next event
	}
	parts = append(parts, v.paint("2", process(e.Stream)), message)
	_, err := fmt.Fprintln(v.out, strings.Join(parts, " "))
	return err
}

// paint puts text between the codes that switch a colour on and off (ECMA-48 section 8.3.117).
func (v *logView) paint(code, text string) string {
	if !v.colours {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// colourOf returns the colour of a function, which depends on its name only.
func colourOf(function string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(function)) // a hash never fails
	return fmt.Sprint(31 + h.Sum32()%6)
}

// process returns the beginning of the process id in the name of a stream, such as
// "2026/01/31/[$LATEST]0123456789abcdef0123456789abcdef".
func process(stream string) string {
	_, id, ok := strings.Cut(stream, "]")
	if !ok {
		return stream
	}
	return id[:min(6, len(id))]
}
