package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// firstPort is below the ports that the kernel gives to clients
// (https://docs.kernel.org/networking/ip-sysctl.html, ip_local_port_range).
const firstPort = 20000

const (
	serverCore = 0
	clientCore = 1
)

// pinned returns a command that runs on one core, with priority over others.
func (b *bench) pinned(ctx context.Context, core int, argv []string) *exec.Cmd {
	if b.pin {
		argv = append([]string{"taskset", "-c", strconv.Itoa(core)}, argv...)
	}
	if b.fifo {
		argv = append([]string{"chrt", "--fifo", "1"}, argv...)
	}
	if b.nice != 0 {
		argv = append([]string{"nice", "-n", strconv.Itoa(b.nice)}, argv...)
	}
	return exec.CommandContext(ctx, argv[0], argv[1:]...)
}

// launch starts a command in a session of its own. Where the kernel divides the processor among
// sessions first, niceness counts only within a session, so launch sets it for the session too
// (https://man7.org/linux/man-pages/man7/sched.7.html, autogroup).
func (b *bench) launch(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	if b.nice != 0 {
		session := fmt.Sprintf("/proc/%d/autogroup", cmd.Process.Pid)
		_ = os.WriteFile(session, []byte(strconv.Itoa(b.nice)), 0) // some kernels have none
	}
	return nil
}

// process is a running server.
type process struct {
	cmd    *exec.Cmd
	addr   string
	stderr bytes.Buffer  // to be read after ended is closed
	ended  chan struct{} // closed when the process has ended
	heard  time.Time     // when it accepted a connection first
}

// start starts a server and waits until it listens. The caller stops it.
func (b *bench) start(ctx context.Context, s server, h serverMode) (*process, error) {
	p := &process{addr: b.freeAddr()}
	p.cmd = b.pinned(ctx, serverCore, s.command(b.bin, p.addr, h))
	if s.script != nil && s.script.env != nil {
		p.cmd.Env = append(os.Environ(), s.script.env(p.addr)...)
		p.cmd.Dir = s.script.dir
	}
	if err := b.begin(p); err != nil {
		return nil, fmt.Errorf("start %s: %w", s.name, err)
	}
	if err := p.listening(30 * time.Second); err != nil {
		p.stop()
		return nil, fmt.Errorf("start %s: %w: %s", s.name, err, p.output())
	}
	return p, nil
}

// begin starts the command of p. The caller stops it.
func (b *bench) begin(p *process) error {
	p.ended, p.cmd.Stderr = make(chan struct{}), &p.stderr
	if err := b.launch(p.cmd); err != nil {
		return err
	}
	go func() { // ends with the process, which stop waits for
		_ = p.cmd.Wait() // stop kills it, so its status means nothing
		close(p.ended)
	}()
	return nil
}

// freeAddr returns a free address.
func (b *bench) freeAddr() string {
	for {
		b.port++
		addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(b.port))
		if l, err := net.Listen("tcp4", addr); err == nil {
			_ = l.Close() // the server listens on it
			return addr
		}
	}
}

// listening waits until p accepts connections, and then until it has closed this one.
func (p *process) listening(timeout time.Duration) error {
	for end := time.Now().Add(timeout); time.Now().Before(end); {
		select {
		case <-p.ended:
			return errors.New("it ended at once")
		case <-time.After(2 * time.Millisecond):
		}
		if c, err := net.Dial("tcp4", p.addr); err == nil {
			p.heard = time.Now()
			_ = c.Close() // without a byte sent
			time.Sleep(200 * time.Millisecond)
			return nil
		}
	}
	return fmt.Errorf("it does not listen after %v", timeout)
}

// output returns the first bytes of the server's standard error. The process must have ended.
func (p *process) output() string {
	text := strings.TrimSpace(p.stderr.String())
	return text[:min(len(text), 500)]
}

func (p *process) pid() int { return p.cmd.Process.Pid }

// stop ends the process, after 2 seconds in which it may write its profile.
func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended already
	select {
	case <-p.ended:
	case <-time.After(2 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.ended
	}
}
