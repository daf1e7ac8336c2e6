//go:build unix

package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/internal/sampletest"
)

func TestLocalServesNewProjectUntilInterrupted(t *testing.T) {
	sampletest.Part(t, 4)
	t.Chdir(t.TempDir())
	if out, err := exec.Command("tyg", "new-project", "demo").CombinedOutput(); err != nil {
		t.Fatalf("tyg new-project: %v\n%s", err, out)
	}
	l := startLocal(t, "--project-dir", "demo", "--port", "0")
	address := l.served()
	l.until(`^Inspect http://127\.0\.0\.1:\d+/#\w+$`)
	l.expect("Routes: $default")
	connect := exec.Command("tyg", "connect", "--wait", "500ms", address)
	connect.Stdin = strings.NewReader("foo\nbar\n")
	if out, err := connect.CombinedOutput(); err != nil || string(out) != "foo\nbar\n" {
		t.Errorf("tyg connect: %v, printed %q, want foo and bar", err, out)
	}
	l.until(`^\d\d:\d\d:\d\d\.\d{3} [\w-]{15}= \$default  \d+\.\d ms$`)
	l.signal(os.Interrupt)
	l.exits(0)
}

const stubborn = `package main

import (
	"fmt"
	"os"
	"os/signal"
)

func main() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals)
	fmt.Println("ready")
	for s := range signals {
		fmt.Println(s)
		if len(os.Args) == 1 {
			os.Exit(5)
		}
	}
}
`

func TestInProcessPassesSignalsOn(t *testing.T) {
	t.Parallel()
	hangUps := make(chan os.Signal, 1) // under nohup, programs inherit what a handler here ends
	signal.Notify(hangUps, syscall.SIGHUP)
	defer signal.Stop(hangUps)
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		l := startLocal(t, "--in-process", "--project-dir", writeProgram(t, stubborn))
		l.expect("ready")
		l.signal(s)
		l.expect(s.String())
		l.exits(5)
	}
}

func TestInProcessKillsProgramAtSecondSignal(t *testing.T) {
	t.Parallel()
	l := startLocal(t, "--in-process", "--project-dir", writeProgram(t, stubborn), "--", "stay")
	l.expect("ready")
	l.signal(os.Interrupt)
	l.expect("interrupt")
	l.signal(os.Interrupt)
	l.exits(128 + int(syscall.SIGKILL))
}

func TestLocalWithoutGoIsAnError(t *testing.T) {
	dir := writeProgram(t, stubborn)
	t.Setenv("PATH", t.TempDir())
	var stderr strings.Builder
	e := &cli.Env{Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: &stderr, Getenv: os.Getenv}
	status := run(context.Background(), []string{"local", "--project-dir", dir}, e)
	const want = "tyg: the go command is not in PATH; install Go from https://go.dev/dl/\n"
	if status != cli.ExitFailure || stderr.String() != want {
		t.Errorf("status %d, stderr %q; want %d, %q", status, stderr.String(), cli.ExitFailure, want)
	}
}

func writeProgram(t *testing.T, source string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	files := map[string]string{"go.mod": "module program\n\ngo 1.26\n", "main.go": source}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// A running is a tyg process.
type running struct {
	t     *testing.T
	cmd   *exec.Cmd
	lines chan string // closed at the end of the output
}

func startLocal(t *testing.T, args ...string) *running {
	t.Helper()
	return startTyg(t, append([]string{"local"}, args...)...)
}

func startTyg(t *testing.T, args ...string) *running {
	t.Helper()
	l := &running{
		t: t, cmd: exec.Command("tyg", args...),
		lines: make(chan string, 1000), // more than any program here prints
	}
	l.cmd.Stderr = os.Stderr
	out, err := l.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := l.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.end)
	go func() { // ends with the output
		defer close(l.lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			l.lines <- s.Text()
		}
	}()
	return l
}

// end interrupts a process that the test has left running, so that it can clean up.
func (l *running) end() {
	if l.cmd.ProcessState != nil {
		return
	}
	_ = l.cmd.Process.Signal(os.Interrupt) // it may have ended
	timer := time.AfterFunc(10*time.Second, func() { _ = l.cmd.Process.Kill() })
	defer timer.Stop()
	for range l.lines { // Wait may not run beside the reading
	}
	_ = l.cmd.Wait() // the status does not matter
}

func (l *running) line() string {
	l.t.Helper()
	select {
	case line, ok := <-l.lines:
		if !ok {
			l.t.Fatal("tyg has ended")
		}
		return line
	case <-time.After(time.Minute):
		l.t.Fatal("tyg printed nothing for a minute")
		return ""
	}
}

func (l *running) expect(want string) {
	l.t.Helper()
	if got := l.line(); got != want {
		l.t.Fatalf("tyg printed %q, want %q", got, want)
	}
}

func (l *running) signal(s os.Signal) {
	l.t.Helper()
	if err := l.cmd.Process.Signal(s); err != nil {
		l.t.Fatal(err)
	}
}

func (l *running) exits(want int) {
	l.t.Helper()
	for range l.lines { // Wait may not run beside the reading
	}
	_ = l.cmd.Wait() // the status says it all
	if got := l.cmd.ProcessState.ExitCode(); got != want {
		l.t.Errorf("tyg exited with %d, want %d", got, want)
	}
}

func TestLocalServesPages(t *testing.T) {
	sampletest.Part(t, 4)
	t.Parallel()
	l := startLocal(t, "--project-dir", "../../examples/counter", "--port", "0")
	l.served()
	page := regexp.MustCompile(`http://\S+`).FindString(l.until("^Open "))
	for _, name := range []string{"index.html", "counter.js"} {
		want, err := os.ReadFile("../../examples/counter/page/" + name)
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.Get(page + strings.TrimPrefix(name, "index.html"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil || res.StatusCode != http.StatusOK || string(got) != string(want) {
			t.Errorf("GET %s: %s, %v, %d bytes, want %d", name, res.Status, err, len(got), len(want))
		}
	}
	l.signal(os.Interrupt)
	l.exits(0)
}
