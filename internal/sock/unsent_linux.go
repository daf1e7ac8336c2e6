package sock

import (
	"net"
	"syscall"
	"unsafe"
)

// unsent returns how many bytes the system keeps for the peer of nc, or of the socket below it,
// because the peer has not acknowledged them
// (https://man7.org/linux/man-pages/man7/tcp.7.html, SIOCOUTQ).
func unsent(nc net.Conn) (n int, known bool) {
	if over, ok := nc.(interface{ NetConn() net.Conn }); ok {
		nc = over.NetConn()
	}
	if under, ok := nc.(*underConn); ok {
		nc = under.Conn
	}
	sc, ok := nc.(syscall.Conn)
	if !ok {
		return 0, false
	}
	rc, err := sc.SyscallConn()
	if err != nil {
		return 0, false
	}
	err = rc.Control(func(fd uintptr) { n, known = unsentOf(fd) })
	return n, known && err == nil
}

func unsentOf(fd uintptr) (n int, known bool) {
	var queued int32
	_, _, errno := syscall.RawSyscall(syscall.SYS_IOCTL, fd, syscall.TIOCOUTQ,
		uintptr(unsafe.Pointer(&queued)))
	return int(queued), errno == 0
}
