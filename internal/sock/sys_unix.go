//go:build unix && (!linux || race)

package sock

import "syscall"

// syscall.Read and syscall.Write tell the race detector that what precedes a write happens before
// the read at the other end. Without that it reports races in programs that use this package.

func sysRead(fd int, b []byte) (int, error) { return syscall.Read(fd, b) }

func sysWrite(fd int, b []byte) (int, error) { return syscall.Write(fd, b) }
