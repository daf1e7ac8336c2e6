//go:build !unix

package local

import (
	"os"
	"os/exec"
)

// ownGroup does nothing: Ctrl-C in a Windows console reaches all processes by itself.
func ownGroup(*exec.Cmd) {}

// pass passes only os.Kill on: a Windows console sends an interrupt to all its processes.
func pass(p *os.Process, s os.Signal) {
	if s == os.Kill {
		_ = p.Kill() // it may have exited already
	}
}

// stop kills a process before its replacement starts: Windows has no signal that asks it to exit.
func stop(p *os.Process) { _ = p.Kill() }

func exitStatus(state *os.ProcessState) int { return state.ExitCode() }
