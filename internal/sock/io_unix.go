//go:build unix

package sock

import (
	"io"
	"syscall"
)

// readNow reads what is there without waiting, or returns ErrWait.
func readNow(fd int, b []byte) (int, error) {
	for {
		n, err := sysRead(fd, b)
		switch {
		case err == syscall.EINTR:
		case err == syscall.EAGAIN:
			return 0, ErrWait
		case err != nil:
			return 0, err
		case n == 0:
			return 0, io.EOF
		default:
			return n, nil
		}
	}
}

// writeNow writes what the socket takes without waiting, which may be nothing.
func writeNow(fd int, b []byte) (int, error) {
	for {
		n, err := sysWrite(fd, b)
		switch {
		case err == syscall.EINTR:
		case err == syscall.EAGAIN:
			return 0, nil
		default:
			return max(n, 0), err
		}
	}
}
