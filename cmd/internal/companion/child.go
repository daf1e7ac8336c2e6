package companion

import (
	"bufio"
	"bytes"
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
	cmd.Stderr = &stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, "", fmt.Errorf("run %s: %w", p.Path, err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, "", fmt.Errorf("run %s: %w", p.Path, err)
	}
	cmd.WaitDelay = stopTime
	if err := cmd.Start(); err != nil {
		return nil, "", fmt.Errorf("run %s: %w", p.Path, err)
	}
	c = &Child{cmd: cmd, pipe: stdin, done: make(chan struct{})}
	unbound := context.AfterFunc(ctx, func() { _ = cmd.Process.Kill() })
	line, err = bufio.NewReader(stdout).ReadString('\n')
	go func() { // ends with the child
		c.err = cmd.Wait()
		close(c.done)
	}()
	if !unbound() && ctx.Err() != nil {
		_ = c.Stop()
		return nil, "", ctx.Err()
	}
	if err != nil {
		_ = c.Stop() // what it has printed says more
		return nil, "", fmt.Errorf("run %s: it ended at its start: %v: %s", p.Path, c.err,
			strings.TrimSpace(stderr.String()))
	}
	return c, strings.TrimSpace(line), nil
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
