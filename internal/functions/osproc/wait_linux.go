package osproc

import (
	"errors"
	"syscall"
)

// idPID is P_PID of waitid(2).
const idPID = 1

// dieWithParent has the process killed when the thread that has started it ends, and so when this
// program ends, however it ends.
func dieWithParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGKILL }

// awaitExit waits until the process has ended, and leaves it a zombie: as long as it is one, its id
// is that of its group and of nothing else, and signals cannot reach strangers.
func awaitExit(pid int) {
	for {
		_, _, errno := syscall.Syscall6(syscall.SYS_WAITID,
			idPID, uintptr(pid), 0, syscall.WEXITED|syscall.WNOWAIT, 0, 0)
		if !errors.Is(errno, syscall.EINTR) {
			return
		}
	}
}
