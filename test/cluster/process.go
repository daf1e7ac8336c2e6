//go:build unix

package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// A process is one that is killed and frozen. Its log is a file.
type process struct {
	name  string
	cmd   *exec.Cmd
	log   *os.File
	input io.WriteCloser
	ended chan struct{}
	err   error // why it ended; valid after ended

	mu     sync.Mutex
	frozen bool // guarded by mu
	wanted bool // guarded by mu; the end was asked for
}

// startProcess starts a program. lines, if it is not nil, gets what it prints.
func startProcess(name, log string, lines func([]byte), program string, args ...string) (
	*process, error,
) {
	f, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	p := &process{name: name, cmd: exec.Command(program, args...), log: f, ended: make(chan struct{})}
	p.cmd.Stderr = f
	// Ctrl-C is for the program that started it, which ends it.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	output, err := p.cmd.StdoutPipe()
	if err == nil {
		p.input, err = p.cmd.StdinPipe()
	}
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", name, err), f.Close())
	}
	go func() { // ends with the process
		defer close(p.ended)
		in := bufio.NewReaderSize(output, 1<<20)
		for {
			line, err := in.ReadBytes('\n')
			if err != nil {
				break
			}
			if lines != nil {
				lines(line)
			}
		}
		p.err = p.cmd.Wait()
		_ = f.Close()
	}()
	return p, nil
}

// tell writes a line of JSON to the process. It fails if the process has ended.
func (p *process) tell(v any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.frozen {
		return // it might fill the pipe
	}
	data, err := json.Marshal(v)
	if err != nil {
		panic(err) // all that is told can be encoded
	}
	_, _ = p.input.Write(append(data, '\n'))
}

func (p *process) signal(s syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch s {
	case syscall.SIGSTOP:
		p.frozen = true
	case syscall.SIGCONT:
		p.frozen = false
	default:
		p.wanted = true
	}
	_ = p.cmd.Process.Signal(s) // it fails if the process has ended
}

// kill ends the process at once.
func (p *process) kill() {
	p.signal(syscall.SIGKILL)
	<-p.ended
}

// stop ends the process in order, within a time.
func (p *process) stop(within time.Duration) error {
	p.signal(syscall.SIGTERM)
	select {
	case <-p.ended:
		return nil
	case <-time.After(within):
		p.kill()
		return fmt.Errorf("%s did not stop within %v", p.name, within)
	}
}

// alive reports whether the process runs.
func (p *process) alive() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// crashed reports whether the process has ended by itself.
func (p *process) crashed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.wanted && !p.alive()
}
