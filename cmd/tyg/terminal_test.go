//go:build unix

package main

import (
	"bufio"
	"bytes"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/creack/pty"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
)

// The transcript of the tutorial, as it stands on the screen.
func TestTerminalShowsTheTranscriptOfTheTutorial(t *testing.T) {
	c := newConsole(t, newServer(t).URL+"/api/")
	c.expect("Press Ctrl+C to quit\n> ")
	c.enter("foo")
	c.expect("Press Ctrl+C to quit\n> foo\n< foo\n> ")
	c.enter("bar")
	c.expect("Press Ctrl+C to quit\n> foo\n< foo\n> bar\n< bar\n> ")
	c.enter("foo bar baz")
	c.expect("Press Ctrl+C to quit\n> foo\n< foo\n> bar\n< bar\n> foo bar baz\n< foo bar baz\n> ")
	c.press("\x03") // Ctrl-C
	c.exits(0)
	c.expect("Press Ctrl+C to quit\n> foo\n< foo\n> bar\n< bar\n> foo bar baz\n< foo bar baz\n> \n")
}

func TestTerminalKeepsLinesAsTheyAreAndShowsControlsAsEscapes(t *testing.T) {
	c := newConsole(t, newServer(t).URL+"/say?text=one%0A%20%20two%1B%5B2J%E2%80%AE", "--quiet")
	c.expect("< one\n    two\\x1b[2J\\u202e\n> ")
	c.press("\x04") // Ctrl-D
	c.exits(0)
}

func TestTerminalKeepsPartialLineWhenMessageArrives(t *testing.T) {
	c := newConsole(t, newServer(t).URL+"/api/", "--quiet", "--ping", "50ms")
	c.until(func(screen string) bool { return strings.HasSuffix(screen, "> ") })
	c.press("half a li")
	// The server answers a ping with a message.
	c.until(func(screen string) bool { return strings.HasSuffix(screen, "< ping\n> half a li") })
	c.press("\x7fine\r") // backspace
	c.until(func(screen string) bool {
		return strings.Contains(screen, "> half a line\n") && strings.Contains(screen, "< half a line\n")
	})
	c.press("\x03")
	c.exits(0)
}

func TestTerminalRemembersLines(t *testing.T) {
	server := newServer(t)
	c := newConsole(t, server.URL+"/api/", "--quiet")
	c.expect("> ")
	c.enter("first")
	c.expect("> first\n< first\n> ")
	c.enter("second")
	c.expect("> first\n< first\n> second\n< second\n> ")
	c.press("\x04")
	c.exits(0)

	again := c.again(server.URL+"/api/", "--quiet")
	again.expect("> ")
	again.press("\x1b[A\x1b[A\r") // up, up
	again.until(func(screen string) bool { return strings.HasSuffix(screen, "\n< first\n> ") })
	again.press("\x04")
	again.exits(0)

	without := c.again(server.URL+"/api/", "--quiet", "--no-history")
	without.expect("> ")
	without.press("\x1b[A\r")
	without.expect("> \n< \n> ")
	without.press("\x04")
	without.exits(0)
}

func TestTerminalIsRestoredWhenServerCloses(t *testing.T) {
	c := newConsole(t, newServer(t).URL+"/closing?code=4000", "--quiet")
	c.expect("> ")
	c.enter("bye")
	c.exits(3)
	c.until(func(screen string) bool { // the last prompt may come before the message or after it
		return strings.HasPrefix(screen, "> bye\n") &&
			strings.Contains(screen, "\ntyg: the server closed the connection: 4000: bye\n")
	})
}

// A line of 128 KB goes out whole and comes back whole, in a window of 24 columns.
func TestTerminalSendsLinesOfAnyLength(t *testing.T) {
	c := newNarrowConsole(t, newServer(t).URL+"/length", "--quiet")
	c.until(func(screen string) bool { return strings.HasSuffix(screen, "> ") })
	const piece = 1 << 14
	for range 1 << 17 / piece {
		c.press(strings.Repeat("x", piece))
	}
	c.press("\r")
	c.prints("< 131072 bytes")
	c.press("\x04")
	c.exits(0)
}

func TestTerminalPrintsLongAndWideLines(t *testing.T) {
	wide := strings.Repeat("名前👩\u200d👧", 20)
	server := newServer(t).URL
	c := newNarrowConsole(t, server+"/repeat?n=1048576&text="+url.QueryEscape(wide+"\x1b[2J\u202e"),
		"--quiet")
	c.prints(strings.Repeat("z", 1<<20), wide+`\x1b[2J\u202e`)
	c.press("\x04")
	c.exits(0)
	if hostile := regexp.MustCompile("\x1b\\[2J|\u202e"); hostile.Match(c.output) {
		t.Error("a message controlled the terminal")
	}
}

func TestTerminalShowsJSONInColour(t *testing.T) {
	for args, want := range map[string]string{
		"":      "< {\x1b[36m\"a\"\x1b[0m:\x1b[33m1\x1b[0m}",
		"--raw": `< {"a": 1}`,
	} {
		server := newServer(t).URL + "/say?text=" + url.QueryEscape(`{"a": 1}`)
		c := newConsole(t, strings.Fields("--quiet "+server+" "+args)...)
		c.prints(want)
		c.press("\x04")
		c.exits(0)
	}
}

func TestTerminalSendsHex(t *testing.T) {
	c := newConsole(t, newServer(t).URL+"/bytes", "--quiet")
	c.expect("> ")
	c.enter("/hex 00 ff")
	c.expect("> /hex 00 ff\n< 00ff\n> ")
	c.enter("//hex x")
	c.expect("> /hex 00 ff\n< 00ff\n> //hex x\n< /hex x\n> ")
	c.enter("/hex x")
	c.until(func(screen string) bool { return strings.Contains(screen, `"x" is not hexadecimal`) })
	c.press("\x04")
	c.exits(0)
}

// Without a terminal a signal ends the conversation, politely.
func TestInterruptClosesConnection(t *testing.T) {
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		cmd := exec.Command("tyg", "connect", "--json", newServer(t).URL+"/say?text=hello")
		cmd.Stderr = os.Stderr
		if _, err := cmd.StdinPipe(); err != nil { // which says nothing and stays open
			t.Fatal(err)
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = cmd.Process.Kill() })
		var last string
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if last = lines.Text(); strings.Contains(last, "hello") {
				_ = cmd.Process.Signal(s) // if it is gone, the status is wrong
			}
		}
		_ = cmd.Wait() // the status says it all
		if got := cmd.ProcessState.ExitCode(); got != cli.ExitInterrupted {
			t.Errorf("exit status after %s is %d, want %d", s, got, cli.ExitInterrupted)
		}
		if !strings.Contains(last, `"event":"close"`) || !strings.Contains(last, `"by":"client"`) {
			t.Errorf("last line after %s is %s, want that the client closed", s, last)
		}
	}
}

// A console is tyg connect at a terminal, and the screen of it.
type console struct {
	t     *testing.T
	state string // XDG_STATE_HOME
	cmd   *exec.Cmd
	tty   *os.File
	ended chan struct{} // closed when nothing more comes

	mu      sync.Mutex // guards what follows
	output  []byte
	changed chan struct{} // closed when output grows, and replaced
}

func newConsole(t *testing.T, args ...string) *console {
	t.Helper()
	return startConsole(t, t.TempDir(), 80, args)
}

// newNarrowConsole is a console of 24 columns.
func newNarrowConsole(t *testing.T, args ...string) *console {
	t.Helper()
	return startConsole(t, t.TempDir(), 24, args)
}

// again starts another program, with the same history.
func (c *console) again(args ...string) *console {
	c.t.Helper()
	return startConsole(c.t, c.state, 80, args)
}

func startConsole(t *testing.T, state string, columns uint16, args []string) *console {
	t.Helper()
	program, err := exec.LookPath("tyg")
	if err != nil {
		t.Fatal(err)
	}
	c := &console{
		t: t, state: state, ended: make(chan struct{}), changed: make(chan struct{}),
		cmd: exec.Command(program, append([]string{"connect"}, args...)...),
	}
	c.cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+state)
	c.tty, err = pty.StartWithSize(c.cmd, &pty.Winsize{Rows: 24, Cols: columns})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.cmd.Process.Kill()
		_ = c.tty.Close()
		<-c.ended
	})
	go c.watch() // ends with the program, which the clean-up ends
	return c
}

func (c *console) watch() {
	defer close(c.ended)
	buf := make([]byte, 4096)
	for {
		n, err := c.tty.Read(buf)
		c.mu.Lock()
		c.output = append(c.output, buf[:n]...)
		close(c.changed)
		c.changed = make(chan struct{})
		c.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (c *console) press(keys string) {
	c.t.Helper()
	if _, err := c.tty.WriteString(keys); err != nil {
		c.t.Fatal(err)
	}
}

func (c *console) enter(line string) {
	c.t.Helper()
	c.press(line + "\r")
}

// expect waits until exactly this is on the screen.
func (c *console) expect(want string) {
	c.t.Helper()
	c.until(func(screen string) bool { return screen == want })
}

// prints waits until the program has sent these texts, in any order.
func (c *console) prints(texts ...string) {
	c.t.Helper()
	c.await(func(output []byte) bool {
		for _, text := range texts {
			if !bytes.Contains(output, []byte(text)) {
				return false
			}
		}
		return true
	})
}

func (c *console) until(ok func(screen string) bool) {
	c.t.Helper()
	c.await(func(output []byte) bool { return ok(render(string(output))) })
}

// await waits until what the program has sent is ok. It must not be kept or changed.
func (c *console) await(ok func(output []byte) bool) {
	c.t.Helper()
	deadline := time.After(10 * time.Second)
	for {
		c.mu.Lock()
		is, changed := ok(c.output), c.changed
		c.mu.Unlock()
		if is {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			c.mu.Lock()
			defer c.mu.Unlock()
			last := c.output[max(0, len(c.output)-10_000):]
			c.t.Fatalf("the screen shows\n%q\nfrom\n%q", render(string(last)), last)
		}
	}
}

// exits waits for the end of the program, and of its output.
func (c *console) exits(status int) {
	c.t.Helper()
	_ = c.cmd.Wait() // the status says it all
	if got := c.cmd.ProcessState.ExitCode(); got != status {
		c.t.Errorf("exit status is %d, want %d", got, status)
	}
	<-c.ended
}

// render draws what a program has sent to a terminal, as far as tyg makes use of one: carriage
// return, line feed, cursor to the left, and clear to the end of the line.
func render(output string) string {
	control := regexp.MustCompile("^\x1b\\[([0-9]*)([A-Za-z])")
	lines, x := [][]rune{nil}, 0
	for output != "" {
		last := &lines[len(lines)-1]
		m := control.FindStringSubmatch(output)
		r, size := utf8.DecodeRuneInString(output)
		switch {
		case m != nil && m[2] == "D":
			n, _ := strconv.Atoi(m[1])
			x -= max(n, 1)
		case m != nil && m[2] == "K":
			*last = (*last)[:x]
		case r == '\r':
			x = 0
		case r == '\n':
			lines, x = append(lines, nil), 0
		default:
			*last = slices.Replace(*last, x, min(x+1, len(*last)), r)
			x++
		}
		if m != nil {
			size = len(m[0])
		}
		output = output[size:]
	}
	var text []string
	for _, line := range lines {
		text = append(text, string(line))
	}
	return strings.Join(text, "\n")
}
