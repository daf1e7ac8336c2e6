//go:build !race

package sock

import (
	"syscall"
	"unsafe"
)

// Read and write are raw system calls, which do not notify the scheduler: on a non-blocking
// descriptor there is nothing to wait for. An echo of 32 bytes costs 3 to 5 % less than with
// syscall.Read and syscall.Write (EPYC, Go 1.26), which sys_unix.go uses.

func sysRead(fd int, b []byte) (int, error) { return call(syscall.SYS_READ, fd, b) }

func sysWrite(fd int, b []byte) (int, error) { return call(syscall.SYS_WRITE, fd, b) }

func call(number uintptr, fd int, b []byte) (int, error) {
	n, _, errno := syscall.RawSyscall(number,
		uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

// raceRelease does nothing without the race detector.
func raceRelease() {}
