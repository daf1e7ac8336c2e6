//go:build unix

package docs_test

import (
	"os/exec"
	"syscall"
)

// interruptible is true: a program can exit with status 0 after an interrupt.
const interruptible = true

// ownGroup puts cmd and the processes that it starts into a group, which gets signals as from a
// terminal.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

func interrupt(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGINT) }

func kill(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
