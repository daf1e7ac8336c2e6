package companion

import (
	"errors"
	"syscall"
)

// errSharing is ERROR_SHARING_VIOLATION
// (https://learn.microsoft.com/en-us/windows/win32/debug/system-error-codes--0-499-).
const errSharing = syscall.Errno(32)

// tryLock opens a file that no other process can open meanwhile, or returns errLocked.
func tryLock(file string) (unlock func(), err error) {
	name, err := syscall.UTF16PtrFromString(file)
	if err != nil {
		return nil, err
	}
	const noSharing = 0
	h, err := syscall.CreateFile(name, syscall.GENERIC_WRITE, noSharing, nil, syscall.OPEN_ALWAYS,
		syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if errors.Is(err, errSharing) {
		err = errLocked
	}
	if err != nil {
		return nil, err
	}
	return func() { _ = syscall.CloseHandle(h) }, nil
}
