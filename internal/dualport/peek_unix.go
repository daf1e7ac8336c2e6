//go:build unix

package dualport

import (
	"errors"
	"io"
	"net"
	"syscall"
)

// peek returns the first byte of nc. It leaves the byte in the socket, so that a plain connection
// stays what it was: the gateway watches a *net.TCPConn without a goroutine.
func peek(nc net.Conn) (first byte, peeked net.Conn, err error) {
	sc, ok := nc.(syscall.Conn)
	if !ok {
		return readFirst(nc)
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return 0, nil, err
	}
	var b [1]byte
	var n int
	waited := raw.Read(func(fd uintptr) bool {
		for {
			n, _, err = syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK)
			if !errors.Is(err, syscall.EINTR) {
				return !errors.Is(err, syscall.EAGAIN)
			}
		}
	})
	switch {
	case waited != nil:
		return 0, nil, waited
	case err != nil:
		return 0, nil, err
	case n == 0:
		return 0, nil, io.EOF
	}
	return b[0], nc, nil
}
