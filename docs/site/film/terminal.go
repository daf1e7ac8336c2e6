package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/creack/pty"
)

// A recorder collects the events of all panes.
type recorder struct {
	mu     sync.Mutex
	start  time.Time
	events []event
}

func (r *recorder) add(e event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.start.IsZero() {
		r.start = time.Now()
	}
	e.At = time.Since(r.start).Milliseconds()
	r.events = append(r.events, e)
}

// output returns all that a pane has shown, as bytes.
func (r *recorder) output(pane string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out strings.Builder
	for _, e := range r.events {
		if e.Pane == pane {
			out.WriteString(e.Output)
		}
	}
	return out.String()
}

// A terminal is a shell in a pane.
type terminal struct {
	pane string
	r    *recorder
	cmd  *exec.Cmd
	tty  *os.File
	seen int // bytes of output that waitFor has passed
}

// open starts a shell in the pane.
func (r *recorder) open(ctx context.Context, p pane, dir string, env []string) (*terminal, error) {
	cmd := exec.CommandContext(ctx, "sh")
	cmd.Dir, cmd.Env = dir, env
	tty, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: uint16(p.rows), Cols: uint16(p.cols)})
	if err != nil {
		return nil, err
	}
	go func() { // ends with the terminal
		buffer := make([]byte, 4096)
		for {
			n, err := tty.Read(buffer)
			if n > 0 {
				r.add(event{Pane: p.name, Output: string(buffer[:n])})
			}
			if err != nil {
				return
			}
		}
	}()
	return &terminal{pane: p.name, r: r, cmd: cmd, tty: tty}, nil
}

// enter types a line, as fast as a person does.
func (t *terminal) enter(ctx context.Context, line string) error {
	for _, char := range line + "\r" {
		if err := pause(ctx, 55*time.Millisecond); err != nil {
			return err
		}
		if _, err := t.tty.WriteString(string(char)); err != nil {
			return err
		}
	}
	return nil
}

// patience bounds the wait for a line of output; a first build may take minutes.
const patience = 2 * time.Minute

// waitFor waits until the terminal shows a text that it has not shown before.
func (t *terminal) waitFor(ctx context.Context, text string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		out := t.r.output(t.pane)
		if i := strings.Index(out[t.seen:], text); i >= 0 {
			t.seen += i + len(text)
			return nil
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return fmt.Errorf("%s did not show %q, but %q: %w", t.pane, text, out[t.seen:], err)
		}
	}
}

// end ends the program in the terminal, and the shell: a closed terminal hangs up.
func (t *terminal) end() {
	_, _ = t.tty.WriteString("\x03")
	_ = t.tty.Close()
	kill := time.AfterFunc(10*time.Second, func() { _ = t.cmd.Process.Kill() })
	defer kill.Stop()
	_ = t.cmd.Wait()
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
