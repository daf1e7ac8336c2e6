package companion

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"
)

// stopTime is how long a child may take to stop.
const stopTime = 10 * time.Second

// A Child is a companion that serves this process. It stops when Stop closes its standard input,
// and when this process dies.
type Child struct {
	cmd  *exec.Cmd
	pipe io.Closer
	done chan struct{} // closed when it has ended
	err  error         // how it ended, once done is closed
}

// Start starts the program, and returns the first line that it prints. The context bounds the
// start, not the life of the child.
func (p Program) Start(ctx context.Context) (c *Child, line string, err error) {
	cmd := exec.Command(p.Path)
	cmd.Env = p.Environ()
	var stderr bytes.Buffer
	first := &firstLine{line: make(chan string, 1)}
	cmd.Stdout, cmd.Stderr = first, &stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, "", fmt.Errorf("run %s: %w", p.Path, err)
	}
	cmd.WaitDelay = stopTime
	if err := cmd.Start(); err != nil {
		return nil, "", fmt.Errorf("run %s: %w", p.Path, err)
	}
	c = &Child{cmd: cmd, pipe: stdin, done: make(chan struct{})}
	go func() { // ends with the child
		c.err = cmd.Wait()
		close(c.done)
	}()
	patience, cancel := context.WithTimeout(ctx, p.patience())
	defer cancel()
	select {
	case line := <-first.line:
		return c, line, nil
	case <-c.done:
		// what it has printed says more than its status
		return nil, "", fmt.Errorf("run %s: it ended at its start: %v: %s", p.Path, c.err,
			strings.TrimSpace(stderr.String()))
	case <-patience.Done():
	}
	_ = cmd.Process.Kill() // it may not listen to its input either
	<-c.done
	if ctx.Err() != nil {
		return nil, "", ctx.Err()
	}
	return nil, "", fmt.Errorf("run %s: it was not ready after %v, and was stopped; "+
		"remove it to have it built again: %s", p.Path, p.patience(),
		strings.TrimSpace(stderr.String()))
}

// patience returns how long a child may take to print its line. The slowest, a NATS server, gives
// up after 10 s.
func (p Program) patience() time.Duration { return cmp.Or(p.startTime, 30*time.Second) }

// A firstLine passes on the first line that is written, and drops the others, so that the writer
// never waits.
type firstLine struct {
	line  chan string // with space for the line
	begun []byte
	over  bool
}

// maxFirstLine is how long a line may be, in bytes.
const maxFirstLine = 4096

// Write takes all of the text.
func (f *firstLine) Write(text []byte) (int, error) {
	if f.over {
		return len(text), nil
	}
	f.begun = append(f.begun, text...)
	line, _, whole := bytes.Cut(f.begun, []byte("\n"))
	if whole || len(line) > maxFirstLine {
		f.over = true
		f.line <- strings.TrimSpace(string(line))
	}
	return len(text), nil
}

// Stop stops the child and waits until it has ended.
func (c *Child) Stop() error {
	_ = c.pipe.Close()
	timer := time.AfterFunc(stopTime, func() { _ = c.cmd.Process.Kill() })
	defer timer.Stop()
	<-c.done
	return c.err
}

// Done returns a channel that is closed when the child has ended, by itself or by Stop.
func (c *Child) Done() <-chan struct{} { return c.done }

// Err returns how the child ended, once Done is closed.
func (c *Child) Err() error { return c.err }
