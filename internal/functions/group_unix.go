//go:build unix

package functions

import (
	"os/exec"
	"syscall"
)

// A signal is what can be told to a process and its descendants.
type signal = syscall.Signal

const (
	terminate = syscall.SIGTERM
	kill      = syscall.SIGKILL
	freeze    = syscall.SIGSTOP
	thaw      = syscall.SIGCONT
)

// attach makes the command the leader of a process group of its own.
func attach(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	dieWithParent(cmd.SysProcAttr)
}

// signalGroup sends s to the process and its descendants. A frozen one would not see that it is to
// end.
func signalGroup(cmd *exec.Cmd, s signal) error {
	err := syscall.Kill(-cmd.Process.Pid, s)
	if err == nil && s == terminate {
		err = syscall.Kill(-cmd.Process.Pid, thaw)
	}
	return err
}
