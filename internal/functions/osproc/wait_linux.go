package osproc

import (
	"errors"
	"syscall"
)

// idPID is P_PID of waitid(2).
const idPID = 1

// dieWithParent has the process killed when the thread that started it ends, and so when this
// program ends for any reason.
func dieWithParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGKILL }

// awaitExit waits until the process has exited, and leaves it a zombie. As long as it is one, its
// id cannot be given to another process or group, so signals reach only this one.
func awaitExit(pid int) {
	for {
		_, _, errno := syscall.Syscall6(syscall.SYS_WAITID,
			idPID, uintptr(pid), 0, syscall.WEXITED|syscall.WNOWAIT, 0, 0)
		if !errors.Is(errno, syscall.EINTR) {
			return
		}
	}
}
