//go:build !unix

package local

import (
	"os"
	"os/exec"
)

// ownGroup does nothing: Ctrl-C in a Windows console reaches all processes by itself.
func ownGroup(*exec.Cmd) {}

// pass passes only the last word on: what else there is, a console tells all processes by itself.
func pass(p *os.Process, s os.Signal) {
	if s == os.Kill {
		_ = p.Kill() // it may have ended already
	}
}

// stop ends a process that is to be replaced. There is no signal that would ask it to.
func stop(p *os.Process) { _ = p.Kill() }

func exitStatus(state *os.ProcessState) int { return state.ExitCode() }
