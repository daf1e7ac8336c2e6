package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/tyg-dev/tyg/bench/internal/load"
)

// client is a running load client. With -steps it prints "open" when all connections are open,
// waits for a line, prints its result, and ends when its standard input is closed.
type client struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stdout *bufio.Reader
	stderr bytes.Buffer // to be read after the process has ended
	ended  bool
}

// client starts a load client. The caller stops it.
func (b *bench) client(ctx context.Context, args ...string) (*client, error) {
	return b.startClient(ctx, append([]string{filepath.Join(b.bin, "loadgen")}, args...))
}

// urgentClient starts a load client that goes before all others on its core.
func (b *bench) urgentClient(ctx context.Context, args ...string) (*client, error) {
	return b.startClient(ctx, b.urgent(append([]string{filepath.Join(b.bin, "loadgen")}, args...)))
}

func (b *bench) startClient(ctx context.Context, argv []string) (*client, error) {
	c := &client{cmd: b.pinned(ctx, clientCore, argv)}
	c.cmd.Stderr = &c.stderr
	stdout, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if c.stdin, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := b.launch(c.cmd); err != nil {
		return nil, fmt.Errorf("start client: %w", err)
	}
	c.stdout = bufio.NewReader(stdout)
	return c, nil
}

// opened waits until all connections are open.
func (c *client) opened() error {
	line, err := c.stdout.ReadString('\n')
	if err != nil || line != "open\n" {
		return c.failed()
	}
	return nil
}

// measure starts the measurement of a client with -steps, and waits for its result.
func (c *client) measure() (load.Result, error) {
	if err := c.begin(); err != nil {
		return load.Result{}, err
	}
	return c.result()
}

func (c *client) begin() error {
	if _, err := io.WriteString(c.stdin, "go\n"); err != nil {
		return c.failed()
	}
	return nil
}

// result waits for the result.
func (c *client) result() (r load.Result, err error) {
	line, err := c.stdout.ReadBytes('\n')
	if err != nil {
		return r, c.failed()
	}
	return r, json.Unmarshal(line, &r)
}

// failed waits for the process to end and returns why it did.
func (c *client) failed() error {
	_ = c.stdin.Close() // ends its wait
	err := c.cmd.Wait()
	c.ended = true
	return fmt.Errorf("%s (%v)", strings.TrimSpace(c.stderr.String()), err)
}

func (c *client) stop() {
	if c.ended {
		return
	}
	_ = c.cmd.Process.Kill() // it may have ended already
	_ = c.cmd.Wait()         // its results are in
	c.ended = true
}
