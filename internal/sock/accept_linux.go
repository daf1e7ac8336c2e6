package sock

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"
	"unsafe"
)

// An Acceptor accepts the connections of a listener.
type Acceptor struct {
	Conn    // the listening socket, whose input is connections
	newConn func(netip.AddrPort) (c *Conn, opened func())
	done    chan error
	retry   *time.Timer // of an accept that failed; nil until the first
}

// Accept takes over l and calls f with the peer's address for each connection that it accepts. f
// returns the Conn to open, and a function that is called once it is open and has to Serve it.
// Neither may wait. If p cannot watch l, the error is errors.ErrUnsupported, and l is unchanged.
//
// These sockets were never in Go's poller, which saves four system calls each.
func (p *Poller) Accept(l net.Listener, f func(netip.AddrPort) (*Conn, func())) (*Acceptor, error) {
	tcp, ok := l.(*net.TCPListener)
	if !ok {
		return nil, errors.ErrUnsupported
	}
	fd, ok := duplicate(tcp)
	if !ok {
		return nil, errors.ErrUnsupported
	}
	setInheritedOptions(fd)
	a := &Acceptor{newConn: f, done: make(chan error, 1)}
	if !p.register(&a.Conn, fd) {
		_ = syscall.Close(fd) // not used yet
		return nil, errors.ErrUnsupported
	}
	_ = l.Close() // the duplicate keeps listening
	a.Serve(a)
	return a, nil
}

// Wait returns when the Acceptor is closed.
func (a *Acceptor) Wait() error { return <-a.done }

// acceptsAtOnce is how many connections a turn accepts, so that clients that are connected do not
// wait for all of a storm.
const acceptsAtOnce = 8

// Turn accepts connections that wait.
func (a *Acceptor) Turn() Turn {
	if !a.incref() {
		return Done
	}
	defer a.decref()
	for range acceptsAtOnce {
		fd, peer, err := accept(int(a.fd))
		switch err {
		case 0:
			a.accept(fd, peer)
		case syscall.EINTR, syscall.ECONNABORTED:
		case syscall.EAGAIN:
			return Wait
		default: // most likely no descriptors or no memory, which is temporary
			if failed := a.loop.poller.AcceptFailed; failed != nil {
				failed(os.NewSyscallError("accept4", err))
			}
			a.retryLater()
			return Wait
		}
	}
	return Again
}

// accept accepts a connection without waiting. syscall.Accept4 would make two objects of the peer's
// address.
func accept(listener int) (fd int, peer netip.AddrPort, errno syscall.Errno) {
	var addr syscall.RawSockaddrAny
	size := uint32(unsafe.Sizeof(addr))
	n, _, errno := syscall.RawSyscall6(syscall.SYS_ACCEPT4, uintptr(listener),
		uintptr(unsafe.Pointer(&addr)), uintptr(unsafe.Pointer(&size)),
		syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0, 0)
	if errno != 0 {
		return 0, peer, errno
	}
	return int(n), addrPort(&addr), 0
}

const acceptRetryDelay = 20 * time.Millisecond

// retryLater sets one timer, however many connections come in meanwhile and fail.
func (a *Acceptor) retryLater() {
	if a.retry == nil {
		a.retry = time.AfterFunc(acceptRetryDelay, a.wake)
		return
	}
	a.retry.Reset(acceptRetryDelay)
}

func (a *Acceptor) accept(fd int, peer netip.AddrPort) {
	c, opened := a.newConn(peer)
	if !a.loop.poller.register(c, fd) {
		_ = syscall.Close(fd) // not used yet
		return
	}
	opened()
}

// Ended is called when the Acceptor is closed.
func (a *Acceptor) Ended(err error) { a.done <- err }

// setInheritedOptions sets options that accepted sockets inherit from the listening one: no delay
// of small packets, and keepalive probes. Go's default, a probe after 15 seconds of silence, is
// 70,000 packets a second for a million idle clients. Errors are ignored: a socket works without.
func setInheritedOptions(fd int) {
	const tcp = syscall.IPPROTO_TCP
	_ = syscall.SetsockoptInt(fd, tcp, syscall.TCP_NODELAY, 1)
	_ = syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_KEEPALIVE, 1)
	_ = syscall.SetsockoptInt(fd, tcp, syscall.TCP_KEEPIDLE, 120)
	_ = syscall.SetsockoptInt(fd, tcp, syscall.TCP_KEEPINTVL, 30)
	_ = syscall.SetsockoptInt(fd, tcp, syscall.TCP_KEEPCNT, 5)
}

func addrPort(addr *syscall.RawSockaddrAny) netip.AddrPort {
	switch addr.Addr.Family {
	case syscall.AF_INET:
		a := (*syscall.RawSockaddrInet4)(unsafe.Pointer(addr))
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), portOf(&a.Port))
	case syscall.AF_INET6:
		a := (*syscall.RawSockaddrInet6)(unsafe.Pointer(addr))
		return netip.AddrPortFrom(netip.AddrFrom16(a.Addr), portOf(&a.Port))
	}
	return netip.AddrPort{} // of a Unix socket
}

// portOf returns a port, which is in the order of the network in memory.
func portOf(port *uint16) uint16 {
	return binary.BigEndian.Uint16((*[2]byte)(unsafe.Pointer(port))[:])
}

// Detach returns the socket as a net.Conn in Go's own poller. Call it from Ended, and no other
// method after it.
func (c *Conn) Detach() (net.Conn, error) {
	if c.blocking != nil {
		return c.blocking.nc, nil
	}
	if c.closed.Swap(true) {
		return nil, net.ErrClosed
	}
	defer c.decref()
	n, _, errno := syscall.RawSyscall(syscall.SYS_FCNTL, uintptr(c.fd), syscall.F_DUPFD_CLOEXEC, 0)
	if errno != 0 {
		return nil, os.NewSyscallError("fcntl", errno)
	}
	// Otherwise epoll keeps watching the socket, under a number that another socket may get.
	_ = c.loop.watch(int(c.fd), syscall.EPOLL_CTL_DEL, 0) // fails if the loop has ended
	f := os.NewFile(n, "socket")
	defer f.Close()
	return net.FileConn(f) // one more duplicate
}
