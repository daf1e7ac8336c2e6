//go:build unix && (!linux || race)

package sock

import "syscall"

// syscall.Read and syscall.Write tell the race detector that what was done before a write has
// happened before the read at the other end. Without that it would accuse the programs that are
// tested with this package.

func sysRead(fd int, b []byte) (int, error) { return syscall.Read(fd, b) }

func sysWrite(fd int, b []byte) (int, error) { return syscall.Write(fd, b) }
