//go:build unix

package osproc

import (
	"os/exec"
	"syscall"
)

// A Signal is what can be sent to a Group.
type Signal = syscall.Signal

// The signals.
const (
	Terminate = syscall.SIGTERM // asks the processes to end
	Kill      = syscall.SIGKILL
	Freeze    = syscall.SIGSTOP
	Thaw      = syscall.SIGCONT
)

// lead makes the command the leader of a process group of its own.
func lead(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	dieWithParent(cmd.SysProcAttr)
}

// signalGroup sends s to the process and its descendants. With Terminate it thaws them too, because
// a frozen process would not see the signal.
func signalGroup(cmd *exec.Cmd, s Signal) error {
	err := syscall.Kill(-cmd.Process.Pid, s)
	if err == nil && s == Terminate {
		err = syscall.Kill(-cmd.Process.Pid, Thaw)
	}
	return err
}
