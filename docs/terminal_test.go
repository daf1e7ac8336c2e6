package docs_test

import (
	"bufio"
	"io"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// outputTimeout is how long a terminal waits for each expected line.
const outputTimeout = 30 * time.Second

// A terminal runs one program after another, and types into it.
type terminal struct {
	player *player
	t      *testing.T
	name   string
	bare   bool     // messages are compared without the "< " before them
	wants  []string // the next lines of output
	line   int      // of the page

	cmd    *exec.Cmd // nil while no program runs
	client bool      // it is tyg connect
	stdin  io.WriteCloser
	lines  chan string // the output; closed at its end
}

// step waits for the output of earlier steps, does s, and waits for the answer.
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
	term.expectAnswer()
}

// start runs a program until it is interrupted or ends by itself.
func (term *terminal) start(command string) {
	term.t.Helper()
	if term.cmd != nil {
		term.waitEnd()
	}
	// Its input is not a terminal, so tyg connect prints a prompt only if a flag asks for it.
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
	go read(stdout, lines)           // ends with the program, which the cleanup ends
	term.cmd, term.client, term.stdin, term.lines = cmd, client, stdin, lines
	term.t.Cleanup(func() { end(cmd, stdin, lines) })
}

func read(from io.Reader, to chan<- string) {
	defer close(to)
	for s := bufio.NewScanner(from); s.Scan(); {
		to <- strings.TrimRight(s.Text(), " \r")
	}
}

// end ends a program that a failed test has left running.
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

// drain reads lines to their end, and reports whether it came in time.
func drain(lines <-chan string) bool {
	timeout := time.After(outputTimeout / 3)
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

// expectAnswer waits for the first of the expected lines; for a client, for its first message with
// all of its lines.
func (term *terminal) expectAnswer() {
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

// settle waits for all expected lines.
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
		term.t.Fatalf("%s:%d: %s ended and did not print %q",
			term.player.page, term.line, term.name, want)
	}
	if term.bare {
		got = strings.TrimPrefix(got, "< ")
	}
	if !term.player.words.match(want, got) {
		term.t.Fatalf("%s:%d: %s printed\n%s\nwant\n%s",
			term.player.page, term.line, term.name, got, want)
	}
}

// next returns the next line of output, without the echo of typed lines, which answers may
// overtake.
func (term *terminal) next() (line string, ok bool) {
	term.t.Helper()
	timeout := time.After(outputTimeout)
	for {
		select {
		case line, ok = <-term.lines:
			if !ok || !term.client || !strings.HasPrefix(line+" ", "> ") {
				return line, ok
			}
		case <-timeout:
			term.t.Fatalf("%s:%d: %s printed no line for %v",
				term.player.page, term.line, term.name, outputTimeout)
		}
	}
}

// interrupt ends the program as Ctrl-C does. The program must print nothing more, and exit with
// status 0. An interrupted go run always exits with status 1.
func (term *terminal) interrupt() {
	term.t.Helper()
	if term.client {
		_ = term.stdin.Close() // ends tyg connect as Ctrl-C does
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

// waitEnd waits for the end of the program, which must print nothing more.
func (term *terminal) waitEnd() {
	term.t.Helper()
	if term.cmd == nil {
		return
	}
	if line, ok := term.next(); ok {
		term.t.Fatalf("%s:%d: %s also printed %q", term.player.page, term.line, term.name, line)
	}
	_ = term.cmd.Wait() // interrupt checks the status
	term.cmd = nil
}
