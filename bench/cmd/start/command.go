package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/tyg-dev/tyg/internal/ws"
	"github.com/tyg-dev/tyg/internal/wsclient"
)

// A command is a "tyg local" that runs.
type command struct {
	cmd    *exec.Cmd
	out    *bufio.Reader
	stderr bytes.Buffer // to be read after the command has ended
	began  time.Time
}

// times are how long a start took.
type times struct{ serving, echoed time.Duration }

// start starts tyg local in a directory. The caller stops it.
func start(ctx context.Context, tyg, dir string) (*command, error) {
	c := &command{cmd: exec.CommandContext(ctx, tyg, "local", "--port", "0", "--json")}
	c.cmd.Dir, c.cmd.Stderr = dir, &c.stderr
	stdout, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.out, c.began = bufio.NewReader(stdout), time.Now()
	return c, c.cmd.Start()
}

// stop interrupts the command and waits for its end.
func (c *command) stop() error {
	if err := c.cmd.Process.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	_, _ = io.Copy(io.Discard, c.out) // else the command would wait to write
	if err := c.cmd.Wait(); err != nil {
		return fmt.Errorf("tyg local: %w: %s", err, c.stderr.Bytes())
	}
	return nil
}

// watch waits for the URL, and then for the echo of a message.
func (c *command) watch(ctx context.Context) (t times, err error) {
	url, err := c.url()
	if err != nil {
		return t, err
	}
	t.serving = time.Since(c.began)
	if err := echo(ctx, url); err != nil {
		return t, err
	}
	t.echoed = time.Since(c.began)
	return t, nil
}

// url reads what the command prints, up to the line with its URL.
func (c *command) url() (string, error) {
	for {
		line, err := c.out.ReadBytes('\n')
		if err != nil {
			return "", fmt.Errorf("it printed no URL: %w", err)
		}
		var e struct{ Type, URL string }
		if json.Unmarshal(line, &e) == nil && e.Type == "serving" {
			return e.URL, nil
		}
	}
}

// echo connects, sends a message, and reads it back.
func echo(ctx context.Context, url string) error {
	c, _, err := wsclient.Dial(ctx, url, nil)
	if err != nil {
		return err
	}
	defer c.CloseNow()
	const text = "hello"
	if err := c.Write(ctx, ws.OpText, []byte(text)); err != nil {
		return err
	}
	_, got, err := c.Read(ctx)
	if err == nil && string(got) != text {
		err = fmt.Errorf("got %q, want %q", got, text)
	}
	return err
}
