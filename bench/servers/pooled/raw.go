package main

import (
	"syscall"
	"unsafe"
)

// rawIO reads or writes without telling the scheduler, which is right for a socket that does not
// block.
func rawIO(call, fd uintptr, b []byte) (int, syscall.Errno) {
	n, _, err := syscall.RawSyscall(call, fd, uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)))
	return int(n), err
}
