//go:build unix

package osproc_test

import (
	"bytes"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/internal/functions/osproc"
)

// A sink collects what a command writes.
type sink struct {
	mu     sync.Mutex
	b      bytes.Buffer
	closed int
}

func (s *sink) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(b)
}

func (s *sink) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed++
	return nil
}

func (s *sink) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func TestOutputIsCompleteAfterCloseOutput(t *testing.T) {
	var g osproc.Group
	var stdout, stderr sink
	script := "i=0; while [ $i -lt 9999 ]; do echo 0123456789; i=$((i+1)); done; echo bad >&2; exit 3"
	if err := g.Start(exec.Command("sh", "-c", script), &stdout, &stderr); err != nil {
		t.Fatal(err)
	}
	if err := g.Wait(); err == nil || g.ExitCode() != 3 {
		t.Errorf("Wait: %v, exit code %d, want 3", err, g.ExitCode())
	}
	g.CloseOutput(time.Now().Add(10 * time.Second))
	if want := strings.Repeat("0123456789\n", 9999); stdout.String() != want {
		t.Errorf("%d bytes on stdout, want %d", len(stdout.String()), len(want))
	}
	if stderr.String() != "bad\n" || stdout.closed != 1 || stderr.closed != 1 {
		t.Errorf("stderr %q, closed %d and %d times", stderr.String(), stdout.closed, stderr.closed)
	}
}

func TestWaitKillsDescendants(t *testing.T) {
	var g osproc.Group
	var stdout, stderr sink
	cmd := exec.Command("sh", "-c", "sleep 1000 & echo started")
	if err := g.Start(cmd, &stdout, &stderr); err != nil {
		t.Fatal(err)
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	g.CloseOutput(begin.Add(30 * time.Second)) // a descendant that lives would keep the pipes open
	if took := time.Since(begin); took > 20*time.Second {
		t.Errorf("the output ended only after %v", took)
	}
	if stdout.String() != "started\n" {
		t.Errorf("stdout %q", stdout.String())
	}
}

func TestStartFailureClosesPipes(t *testing.T) {
	var g osproc.Group
	var stdout, stderr sink
	if err := g.Start(exec.Command("./no-such-program"), &stdout, &stderr); err == nil {
		t.Fatal("a program that does not exist was started")
	}
	g.Signal(osproc.Kill) // it must not reach any process
	g.DrainOutput()
	if g.PeakMemory() != 0 || stdout.closed != 0 {
		t.Errorf("peak memory %d, closed %d times", g.PeakMemory(), stdout.closed)
	}
}
