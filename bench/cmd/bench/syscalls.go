package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// bursts is the number of bursts that are counted.
const bursts = 200

// calls are a server's system calls per burst.
type calls struct{ read, write, poll, futex, other float64 }

func (c calls) sum() float64 { return c.read + c.write + c.poll + c.futex + c.other }

func syscalls() experiment {
	return experiment{
		name: "syscalls", title: "System calls", unit: "system calls per burst",
		metric: func(r row) float64 { return r.calls.sum() }, less: true,
		servers: []string{"floor", "pooled", "tyg", "gws", "gorilla"}, bases: []string{"pooled"},
		run: countCalls,
		columns: []column{
			{"read", func(r row) float64 { return r.read }},
			{"write", func(r row) float64 { return r.write }},
			{"wait for events", func(r row) float64 { return r.poll }},
			{"threads (futex)", func(r row) float64 { return r.futex }},
			{"other", func(r row) float64 { return r.other }},
		},
		setups: func(options) []setup {
			return []setup{
				{mode: "bursts", conns: 1, depth: 8, size: 32, parallel: 64},
				{mode: "room-bursts", conns: 100, depth: 1, size: 128, parallel: 64},
			}
		},
	}
}

// countCalls counts system calls by strace while the client sends bursts and waits for the answers.
func countCalls(ctx context.Context, b *bench, s setup, sv server) (r row) {
	if _, err := exec.LookPath("strace"); err != nil {
		return row{skipped: "strace is not installed"}
	}
	p, err := b.start(ctx, sv, b.serverMode(s, sv))
	if err != nil {
		return row{err: err}
	}
	defer p.stop()
	c, err := b.client(ctx, append(s.args(b, sv, p), "-n", strconv.Itoa(bursts), "-steps", s.mode)...)
	if err != nil {
		return row{err: err}
	}
	defer c.stop()
	if r.err = c.opened(); r.err != nil {
		return r
	}
	t, err := trace(ctx, p.pid(), filepath.Join(b.bin, "strace.txt"))
	if err != nil {
		return row{err: err}
	}
	r.Result, r.err = c.measure()
	total, err := t.counts()
	r.calls = total.by(bursts)
	r.err = errors.Join(r.err, err)
	return r
}

func (c calls) by(n float64) calls {
	return calls{c.read / n, c.write / n, c.poll / n, c.futex / n, c.other / n}
}

// tracer is an strace of a process.
type tracer struct {
	cmd    *exec.Cmd
	file   string
	stderr bytes.Buffer
}

// trace starts counting the system calls of all threads of a process.
func trace(ctx context.Context, pid int, file string) (*tracer, error) {
	t := &tracer{file: file}
	t.cmd = exec.CommandContext(ctx, "strace", "-f", "-c", "-o", file, "-p", strconv.Itoa(pid))
	t.cmd.Stderr = &t.stderr
	if err := t.cmd.Start(); err != nil {
		return nil, err
	}
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); {
		if traced(pid) {
			return t, nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	_ = t.cmd.Process.Kill() // it may have ended
	_ = t.cmd.Wait()
	return nil, fmt.Errorf("strace cannot trace: %s", strings.TrimSpace(t.stderr.String()))
}

// traced reports whether all threads of a process have a tracer
// (https://man7.org/linux/man-pages/man5/proc_pid_status.5.html, TracerPid).
func traced(pid int) bool {
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil || bytes.Contains(text, []byte("TracerPid:\t0\n")) {
			return false
		}
	}
	return len(files) > 0
}

// counts ends the trace and returns the counts.
func (t *tracer) counts() (calls, error) {
	if err := t.cmd.Process.Signal(os.Interrupt); err != nil {
		return calls{}, err
	}
	_ = t.cmd.Wait() // the signal is its status
	text, err := os.ReadFile(t.file)
	if err != nil {
		return calls{}, err
	}
	return parseCalls(string(text))
}

// parseCalls reads the table that strace -c writes: % time, seconds, µs for each call, calls,
// errors (or nothing), name.
func parseCalls(text string) (c calls, err error) {
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < 5 || fields[len(fields)-1] == "total" {
			continue
		}
		n, err := strconv.ParseFloat(fields[3], 64)
		if err != nil {
			continue // a headline or rule
		}
		*c.of(fields[len(fields)-1]) += n
	}
	if c.sum() == 0 {
		return c, fmt.Errorf("strace counted nothing: %s", strings.TrimSpace(text))
	}
	return c, nil
}

func (c *calls) of(name string) *float64 {
	switch name {
	case "read", "readv", "recvfrom", "recvmsg":
		return &c.read
	case "write", "writev", "sendto", "sendmsg":
		return &c.write
	case "epoll_wait", "epoll_pwait", "epoll_pwait2":
		return &c.poll
	case "futex":
		return &c.futex
	}
	return &c.other
}
