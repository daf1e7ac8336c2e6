//go:build unix

package companion

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// script returns a program.
func script(t *testing.T, text string) Program {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tyg-nats")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return Program{Path: path}
}

// More output than a pipe holds does not stop the child.
func TestStartReturnsTheFirstLineOfAChildThatTalksOn(t *testing.T) {
	c, line, err := script(t, `echo nats://here
i=0; while [ $i -lt 2000 ]; do
	echo "0123456789012345678901234567890123456789012345678901234567890123456789"
	i=$((i+1))
done
cat; exit 3`).Start(t.Context())
	if err != nil || line != "nats://here" {
		t.Fatalf("the line is %q, %v", line, err)
	}
	if err := c.Stop(); err == nil || err.Error() != "exit status 3" {
		t.Errorf("it ended with %v, want its own status", err)
	}
}

func TestStartReportsAChildThatIsNotReady(t *testing.T) {
	for text, want := range map[string]string{
		"echo no disk >&2; exit 1": "it ended at its start: exit status 1: no disk",
		"exec cat":                 "it was not ready after 100ms, and was stopped; remove it",
	} {
		p := script(t, text)
		p.startTime = 100 * time.Millisecond
		if strings.HasPrefix(text, "echo") {
			p.startTime = time.Minute
		}
		if _, line, err := p.Start(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %q, %v; want %q", text, line, err, want)
		}
	}
}

func TestStartEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := script(t, "exec cat").Start(ctx); err != context.Canceled {
		t.Errorf("the error is %v", err)
	}
}

func TestFirstLineIsBounded(t *testing.T) {
	f := &firstLine{line: make(chan string, 1)}
	for range 10 {
		if n, err := f.Write(make([]byte, 1000)); n != 1000 || err != nil {
			t.Fatalf("Write returns %d, %v", n, err)
		}
	}
	select {
	case <-f.line:
	default:
		t.Error("a line without an end was not passed on")
	}
}
