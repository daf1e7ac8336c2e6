//go:build unix

package docs_test

import (
	"os/exec"
	"syscall"
)

// interruptible says that a program can end well when it is interrupted.
const interruptible = true

// ownGroup makes cmd, and what it starts, a group that can be signalled as a terminal does.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

func interrupt(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGINT) }

func kill(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
