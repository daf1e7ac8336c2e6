//go:build !tyg.lambda

package host_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"log"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/host"
	"github.com/tyg-dev/tyg/internal/ws"
)

// asProgram tells the test binary to be the program under test.
const asProgram = "HOST_TEST_PROGRAM"

// TestMain is also the main function of the programs that TestRun starts.
func TestMain(m *testing.M) {
	switch os.Getenv(asProgram) {
	case "":
		os.Exit(m.Run())
	case "own flags":
		flag.Bool("mine", false, "a flag of the program's own")
		flag.Parse()
	}
	log.SetFlags(0)
	start := host.Run
	if os.Getenv(asProgram) == "with NATS" {
		start = host.RunWithNATS
	}
	app := program()
	if os.Getenv(asProgram) == "tells" {
		app = tells()
	}
	if err := start(app); err != nil {
		log.Fatal(err)
	}
}

// program answers "slow" after the signal, when its file exists, "count" with how often it was sent
// to all processes, and everything else at once.
func program() *tyg.App {
	app := echo()
	app.OnRoute("slow", func(ctx context.Context, c *tyg.Conn, _ tyg.Message) error {
		if err := c.Send(ctx, []byte("begun")); err != nil {
			return err
		}
		var b [1]byte
		_, _ = os.Stdin.Read(b[:]) // until the test says so
		_, err := os.Stdout.WriteString("handler has finished\n")
		return err
	})
	app.OnRoute("all", func(ctx context.Context, _ *tyg.Conn, _ tyg.Message) error {
		return app.Everyone().SendString(ctx, "to all")
	})
	count := tyg.NewValue[int](app, "count")
	app.OnRoute("count", func(ctx context.Context, c *tyg.Conn, _ tyg.Message) error {
		n, err := count.Update(ctx, func(n int) (int, error) { return n + 1, nil })
		if err != nil {
			return err
		}
		return c.SendJSON(ctx, n)
	})
	return app
}

// process is a program that runs.
type process struct {
	*exec.Cmd
	out    *bufio.Reader
	stderr bytes.Buffer
}

func run(t *testing.T, mode string, args ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.Command(os.Args[0], args...)}
	p.Env = append(os.Environ(), asProgram+"="+mode, "TYG_ADDR=127.0.0.1:0")
	p.Stderr = &p.stderr
	out, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.out = bufio.NewReader(out)
	return p
}

func (p *process) start(t *testing.T) {
	t.Helper()
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(patience, func() { _ = p.Process.Kill() })
	t.Cleanup(func() {
		timer.Stop()
		_ = p.Process.Kill() // it has ended, if all went well
		_ = p.Wait()
	})
}

// url reads the line that says where the program serves.
func (p *process) url(t *testing.T) string {
	t.Helper()
	line, err := p.out.ReadString('\n')
	if err != nil {
		t.Fatalf("%v: %s", err, p.stderr.String())
	}
	_, url, ok := strings.Cut(strings.TrimSpace(line), "Serving echo-server on ")
	if !ok {
		t.Fatalf("line %q", line)
	}
	return url
}

func (p *process) wantExit(t *testing.T, code int) {
	t.Helper()
	err := p.Wait()
	if got := p.ProcessState.ExitCode(); got != code {
		t.Errorf("exit code %d, want %d: %v, %s", got, code, err, p.stderr.String())
	}
}

func TestRunSignals(t *testing.T) {
	for _, sig := range []os.Signal{syscall.SIGTERM, syscall.SIGINT} {
		t.Run(sig.String(), func(t *testing.T) {
			p := run(t, "main")
			in, err := p.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			p.start(t)
			url := p.url(t)
			c := dial(t, url, nil)
			wantEcho(t, c)
			if err := c.Write(t.Context(), ws.OpText, []byte(`{"action":"slow"}`)); err != nil {
				t.Fatal(err)
			}
			if _, got, err := c.Read(t.Context()); string(got) != "begun" {
				t.Fatalf("received %q, %v", got, err)
			}
			if err := p.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
			_ = in.Close() // now the handler ends
			wantRestart(t, c)
			if line, err := p.out.ReadString('\n'); line != "handler has finished\n" {
				t.Errorf("line %q, %v", line, err)
			}
			p.wantExit(t, 0)
			if p.stderr.Len() > 0 {
				t.Errorf("stderr: %s", p.stderr.String())
			}
		})
	}
}

// TestRunTwoSignals sends a second signal to a program that drains.
func TestRunTwoSignals(t *testing.T) {
	p := run(t, "main")
	in, err := p.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	p.start(t)
	c := dial(t, p.url(t), nil)
	if err := c.Write(t.Context(), ws.OpText, []byte(`{"action":"slow"}`)); err != nil {
		t.Fatal(err)
	}
	if _, got, err := c.Read(t.Context()); string(got) != "begun" {
		t.Fatalf("received %q, %v", got, err)
	}
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { // ends with the program, at the latest when its time is up
		defer close(ended)
		_ = p.Wait()
	}()
	for again := true; again; { // one that comes too early counts as the first
		_ = p.Process.Signal(syscall.SIGTERM) // it may have ended
		select {
		case <-ended:
			again = false
		case <-time.After(50 * time.Millisecond):
		}
	}
	// A shell reports both as 143.
	status, ok := p.ProcessState.Sys().(syscall.WaitStatus)
	bySignal := ok && status.Signaled() && status.Signal() == syscall.SIGTERM
	if !bySignal && p.ProcessState.ExitCode() != 128+int(syscall.SIGTERM) {
		t.Errorf("ended with %v, want to be ended by the signal", p.ProcessState)
	}
}

func TestRunPortTaken(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	p := run(t, "main", "-addr", taken.Addr().String())
	p.start(t)
	p.wantExit(t, 1)
	got := p.stderr.String()
	want := taken.Addr().String() + " is in use by another program"
	if strings.Count(got, "\n") != 1 || !strings.HasPrefix(got, want) {
		t.Errorf("stderr %q", got)
	}
}

func TestRunHelp(t *testing.T) {
	out, err := toTheEnd(t, "main", "-h")
	if err != nil || !strings.HasPrefix(out, "Usage of echo-server ") ||
		!strings.Contains(out, "TYG_ADDR") {
		t.Errorf("%v: %s", err, out)
	}
	out, err = toTheEnd(t, "main", "-nonsense")
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok || exit.ExitCode() != 1 || !strings.Contains(out, "-nonsense") {
		t.Errorf("%v: %s", err, out)
	}
}

// toTheEnd runs a program to its end and returns both its outputs.
func toTheEnd(t *testing.T, mode string, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Env = append(os.Environ(), asProgram+"="+mode)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// TestRunOwnFlags runs a program that has parsed its command line by itself.
func TestRunOwnFlags(t *testing.T) {
	p := run(t, "own flags", "-mine", "file")
	p.start(t)
	c := dial(t, p.url(t), nil)
	wantEcho(t, c)
	_ = c.CloseNow()
	if err := p.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	p.wantExit(t, 0)
}
