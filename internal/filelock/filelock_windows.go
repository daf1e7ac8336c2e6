package filelock

import (
	"errors"
	"syscall"
)

// errSharing is ERROR_SHARING_VIOLATION
// (https://learn.microsoft.com/en-us/windows/win32/debug/system-error-codes--0-499-).
const errSharing = syscall.Errno(32)

// Try opens a file, which it makes, so that no other process can open it meanwhile, or returns
// [ErrLocked]. The system releases the lock of a process that dies. Child processes do not inherit
// it.
func Try(file string) (unlock func(), err error) {
	name, err := syscall.UTF16PtrFromString(file)
	if err != nil {
		return nil, err
	}
	const noSharing = 0
	h, err := syscall.CreateFile(name, syscall.GENERIC_WRITE, noSharing, nil, syscall.OPEN_ALWAYS,
		syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if errors.Is(err, errSharing) {
		err = ErrLocked
	}
	if err != nil {
		return nil, err
	}
	return func() { _ = syscall.CloseHandle(h) }, nil
}
