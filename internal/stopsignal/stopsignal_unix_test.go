//go:build unix

package stopsignal_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/internal/sampletest"
	"github.com/tyg-dev/tyg/internal/stopsignal"
)

// child is the variable that makes the test binary a program that waits for signals.
const child = "STOPSIGNAL_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(child) != "" {
		ctx, stop := stopsignal.Context(context.Background())
		defer stop()
		fmt.Println("ready")
		<-ctx.Done()
		if os.Getenv(child) == "cut" {
			cut, stop := stopsignal.Cut(context.Background())
			fmt.Println("stopping")
			<-cut.Done()
			stop()
			fmt.Println("cut")
			select {} // as a write to a pipe that is full
		}
		fmt.Println("stopping")
		_, _ = io.Copy(io.Discard, os.Stdin) // the test ends it
		os.Exit(0)
	}
	// Under nohup this process ignores SIGHUP. A handler here ends that for those that it starts.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	os.Exit(m.Run())
}

// A program is the test binary as a child. A shell has set how it handles signals.
type program struct {
	t     *testing.T
	cmd   *exec.Cmd
	lines *bufio.Reader
	stdin io.Closer
}

func start(t *testing.T, trap string) *program {
	t.Helper()
	return startMode(t, trap, "1")
}

func startMode(t *testing.T, trap, mode string) *program {
	t.Helper()
	cmd := exec.Command("sh", "-c", trap+` exec "$0"`, os.Args[0])
	cmd.Env = append(os.Environ(), child+"="+mode)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = cmd.Process.Kill(), cmd.Wait() })
	p := &program{t, cmd, bufio.NewReader(out), stdin}
	p.says("ready\n")
	return p
}

func (p *program) says(want string) {
	p.t.Helper()
	if line, err := p.lines.ReadString('\n'); line != want {
		p.t.Fatalf("the program printed %q, %v; want %q", line, err, want)
	}
}

func (p *program) gets(s syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// ends checks how the program ends, in the words of package os.
func (p *program) ends(want string) {
	p.t.Helper()
	timer := time.AfterFunc(time.Minute, func() { _ = p.cmd.Process.Kill() })
	defer timer.Stop()
	_ = p.cmd.Wait() // its error says the same
	if got := p.cmd.ProcessState.String(); got != want {
		p.t.Errorf("the program ended with %q, want %q", got, want)
	}
}

func TestContextEndsAtTheFirstSignalAndTheProcessAtTheSecond(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		p := start(t, "")
		p.gets(s)
		p.says("stopping\n")
		p.gets(s)
		p.ends("signal: " + s.String())
	}
}

// A script starts programs with & so that they ignore SIGINT.
func TestSecondInterruptEndsAProcessThatStartedWithItIgnored(t *testing.T) {
	p := start(t, `trap "" INT;`)
	p.gets(syscall.SIGINT)
	p.says("stopping\n")
	p.gets(syscall.SIGINT)
	p.ends("exit status 130")
}

func TestHangupIsIgnoredBelowNohup(t *testing.T) {
	p := start(t, `trap "" HUP;`)
	p.gets(syscall.SIGHUP)
	p.gets(syscall.SIGHUP)
	p.gets(syscall.SIGTERM)
	p.says("stopping\n") // by the third signal: two would have ended the process
	p.gets(syscall.SIGHUP)
	p.gets(syscall.SIGTERM)
	p.ends("signal: terminated")
}

// TestCutEndsTheProcessThatHangs sends the second signal to a process that does not end by itself.
func TestCutEndsTheProcessThatHangs(t *testing.T) {
	sampletest.Part(t, 4) // it waits for 3 seconds
	p := startMode(t, "", "cut")
	p.gets(syscall.SIGTERM)
	p.says("stopping\n")
	p.gets(syscall.SIGTERM)
	p.says("cut\n")
	p.ends("exit status 143")
}

func TestThirdSignalEndsTheProcessAtOnce(t *testing.T) {
	p := startMode(t, "", "cut")
	p.gets(syscall.SIGINT)
	p.says("stopping\n")
	p.gets(syscall.SIGINT)
	p.says("cut\n")
	p.gets(syscall.SIGTERM)
	p.ends("signal: terminated")
}

func TestStopEndsTheContext(t *testing.T) {
	ctx, stop := stopsignal.Context(t.Context())
	stop()
	stop()
	if ctx.Err() == nil {
		t.Error("the context goes on")
	}
}
