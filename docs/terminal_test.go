package docs_test

import (
	"bufio"
	"io"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// patience is how long a terminal waits for what must come.
const patience = 30 * time.Second

// A terminal runs one program after another, in which somebody types.
type terminal struct {
	player *player
	t      *testing.T
	name   string
	bare   bool     // messages are compared without the "< " before them
	wants  []string // what must be printed next
	line   int      // of the page

	cmd    *exec.Cmd // nil: no program runs
	client bool      // it is tyg connect
	stdin  io.WriteCloser
	lines  chan string // closed when the program prints no more
}

// step does one thing, once all has been printed that stands before it, and waits for the answer.
func (term *terminal) step(s step) {
	term.t.Helper()
	term.settle()
	term.line = s.line
	text := term.player.words.fill(s.does)
	switch {
	case strings.HasPrefix(text, "$ "):
		term.start(text[2:])
	case strings.HasPrefix(text, ">"):
		term.enter(strings.TrimPrefix(text[1:], " "))
	case text == "^C":
		term.interrupt()
	}
	term.wants = append(term.wants, s.wants...)
	term.hear()
}

// start runs a program until it is interrupted or ends by itself.
func (term *terminal) start(command string) {
	term.t.Helper()
	if term.cmd != nil {
		term.waitEnd()
	}
	// With input that is no terminal, tyg connect must be told to look as on one.
	rest, client := strings.CutPrefix(command, "tyg connect ")
	if client {
		command = "tyg connect --prompt --wait 0s " + rest
	}
	cmd := term.player.shell("exec " + command)
	ownGroup(cmd)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		term.t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		term.t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		term.t.Fatalf("%s:%d: %s: %v", term.player.page, term.line, command, err)
	}
	lines := make(chan string, 1000) // more than a page has, so that no program waits for the test
	go read(stdout, lines)           // ends with the program, which the clean-up ends
	term.cmd, term.client, term.stdin, term.lines = cmd, client, stdin, lines
	term.t.Cleanup(func() { end(cmd, stdin, lines) })
}

func read(from io.Reader, to chan<- string) {
	defer close(to)
	for s := bufio.NewScanner(from); s.Scan(); {
		to <- strings.TrimRight(s.Text(), " \r")
	}
}

// end ends a program that a test that failed has left, and does nothing to one that has ended.
func end(cmd *exec.Cmd, stdin io.Closer, lines <-chan string) {
	if cmd.ProcessState != nil {
		return
	}
	_ = stdin.Close()
	interrupt(cmd)
	if !drain(lines) {
		kill(cmd)
	}
	_ = cmd.Wait()
}

// drain reads to the end of lines, and reports whether that came.
func drain(lines <-chan string) bool {
	timeout := time.After(patience / 3)
	for {
		select {
		case _, ok := <-lines:
			if !ok {
				return true
			}
		case <-timeout:
			return false
		}
	}
}

// enter types a line.
func (term *terminal) enter(text string) {
	term.t.Helper()
	if term.cmd == nil {
		term.t.Fatalf("%s:%d: %s runs no program", term.player.page, term.line, term.name)
	}
	if _, err := io.WriteString(term.stdin, text+"\n"); err != nil {
		term.t.Fatalf("%s:%d: %s: %v", term.player.page, term.line, term.name, err)
	}
}

// hear waits for the first thing that term wants: one line, or a message of a client with all of
// its lines.
func (term *terminal) hear() {
	term.t.Helper()
	for first := true; len(term.wants) > 0; first = false {
		begins := !term.client || strings.HasPrefix(term.wants[0], "< ")
		if !first && begins {
			return
		}
		term.expect(term.wants[0])
		term.wants = term.wants[1:]
	}
}

// settle waits for all that term wants.
func (term *terminal) settle() {
	term.t.Helper()
	for _, want := range term.wants {
		term.expect(want)
	}
	term.wants = nil
}

func (term *terminal) expect(want string) {
	term.t.Helper()
	got, ok := term.next()
	if !ok {
		term.t.Fatalf("%s:%d: %s ended and did not print %q", term.player.page, term.line, term.name, want)
	}
	if term.bare {
		got = strings.TrimPrefix(got, "< ")
	}
	if !term.player.words.match(want, got) {
		term.t.Fatalf("%s:%d: %s printed\n%s\nand not\n%s", term.player.page, term.line, term.name, got, want)
	}
}

// next returns the next line that is printed, but for what was typed: an answer can overtake it.
func (term *terminal) next() (line string, ok bool) {
	term.t.Helper()
	timeout := time.After(patience)
	for {
		select {
		case line, ok = <-term.lines:
			if !ok || !term.client || !strings.HasPrefix(line+" ", "> ") {
				return line, ok
			}
		case <-timeout:
			term.t.Fatalf("%s:%d: %s printed nothing more", term.player.page, term.line, term.name)
		}
	}
}

// interrupt ends the program as Ctrl-C does. It must print nothing more, and exit with status 0;
// but go run, once interrupted, exits with 1 whatever its program does.
func (term *terminal) interrupt() {
	term.t.Helper()
	if term.client {
		_ = term.stdin.Close() // the end of the input is the same to it
	} else {
		interrupt(term.cmd)
	}
	cmd := term.cmd
	term.waitEnd()
	code := cmd.ProcessState.ExitCode()
	if code != 0 && interruptible && !strings.Contains(cmd.String(), "exec go run") {
		term.t.Errorf("%s:%d: %s exited with status %d", term.player.page, term.line, term.name, code)
	}
}

// waitEnd waits for the program to end, which must print nothing more.
func (term *terminal) waitEnd() {
	term.t.Helper()
	if term.cmd == nil {
		return
	}
	if line, ok := term.next(); ok {
		term.t.Fatalf("%s:%d: %s printed also %q", term.player.page, term.line, term.name, line)
	}
	_ = term.cmd.Wait() // interrupt looks at the status
	term.cmd = nil
}
