// Package osproc runs a command as a process group of its own and reads what it writes.
//
// It hides how operating systems differ. On Linux a command dies with this program, and its memory
// is known; on all Unix systems signals reach descendants too, and output that is already written
// can be read without waiting for more.
package osproc

import (
	"io"
	"os/exec"
	"sync"
	"time"
)

// A Group is a command and its descendants. The zero Group has not started: Signal and DrainOutput
// do nothing. All methods may be called at the same time once Start has returned.
type Group struct {
	cmd            *exec.Cmd // set by Start
	stdout, stderr *pipe     // set by Start
	pumps          sync.WaitGroup

	mu      sync.Mutex
	running bool // the process id is the command's, and no other process can have it
	peak    int  // most memory, in KB; known once the command has exited
}

// Start starts cmd and passes on what it writes: to the Write methods of stdout and stderr, with
// Close at the end of each. Calls for one of them come one after the other.
//
// On Linux the command is killed when the thread that called Start ends (prctl(2),
// PR_SET_PDEATHSIG), so the goroutine must be locked to its thread until Wait returns.
func (g *Group) Start(cmd *exec.Cmd, stdout, stderr io.WriteCloser) error {
	out, outEnd, err := newPipe(stdout)
	if err != nil {
		return err
	}
	errs, errsEnd, err := newPipe(stderr)
	if err != nil {
		out.close()
		_ = outEnd.Close() // it was never used
		return err
	}
	cmd.Stdout, cmd.Stderr = outEnd, errsEnd
	lead(cmd)
	err = cmd.Start()
	_, _ = outEnd.Close(), errsEnd.Close() // the command has its own
	if err != nil {
		out.close()
		errs.close()
		return err
	}
	g.cmd, g.stdout, g.stderr = cmd, out, errs
	g.mu.Lock()
	g.running = true
	g.mu.Unlock()
	g.pumps.Go(out.pump) // until the end of the output, or CloseOutput
	g.pumps.Go(errs.pump)
	return nil
}

// PID returns the id of the command's process. It must not be called before Start returns, except
// by the sinks.
func (g *Group) PID() int { return g.cmd.Process.Pid }

// Signal sends s to the command and its descendants while the command runs.
func (g *Group) Signal(s Signal) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.running {
		_ = signalGroup(g.cmd, s) // it fails if the command has just exited, which is as well
	}
}

// Wait waits until the command exits, kills its descendants, and returns what exec.Cmd.Wait does.
// Output may remain to be read, see CloseOutput.
func (g *Group) Wait() error {
	awaitExit(g.PID())
	g.mu.Lock()
	_ = signalGroup(g.cmd, Kill) // the descendants; the command itself is dead
	g.running = false
	g.mu.Unlock()
	err := g.cmd.Wait()
	g.mu.Lock()
	g.peak = finalPeak(g.cmd.ProcessState)
	g.mu.Unlock()
	return err
}

// ExitCode returns the exit code, or -1 after a signal. It must not be called before Wait returns.
func (g *Group) ExitCode() int { return g.cmd.ProcessState.ExitCode() }

// DrainOutput passes on what the command has written until now. Except on Unix it does nothing.
func (g *Group) DrainOutput() {
	if g.stdout == nil {
		return
	}
	g.stdout.drain()
	g.stderr.drain()
}

// CloseOutput reads the rest of the output, until the end or the deadline, and closes the pipes.
// Only descendants that left the process group can keep the pipes open until the deadline.
func (g *Group) CloseOutput(deadline time.Time) {
	for _, p := range []*pipe{g.stdout, g.stderr} {
		_ = p.r.SetReadDeadline(deadline) // pipes have deadlines
	}
	g.pumps.Wait()
	g.stdout.close()
	g.stderr.close()
}

// PeakMemory returns the most memory that the command has had, in MB, or 0 if that is not known.
func (g *Group) PeakMemory() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	kb := g.peak
	if g.running {
		kb = livePeak(g.PID())
	}
	return (kb + 1023) / 1024
}
