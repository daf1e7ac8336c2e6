//go:build unix

package local

import (
	"os"
	"os/exec"
	"syscall"
)

// ownGroup makes cmd start in a process group of its own.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// pass passes a signal on. An error means that the process has exited.
func pass(p *os.Process, s os.Signal) { _ = p.Signal(s) }

// stop asks a process to exit before its replacement starts.
func stop(p *os.Process) { pass(p, os.Interrupt) }

// exitStatus returns the status as a shell does: 128 plus the signal, if one ended the process.
func exitStatus(state *os.ProcessState) int {
	if s, ok := state.Sys().(syscall.WaitStatus); ok && s.Signaled() {
		return 128 + int(s.Signal())
	}
	return state.ExitCode()
}
