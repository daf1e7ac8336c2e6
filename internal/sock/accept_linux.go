package sock

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"
)

// An Acceptor takes in the connections of a listener.
type Acceptor struct {
	Conn // the listening socket, whose input are connections
	peer func(netip.AddrPort) (*Conn, func())
	done chan error
	wait *time.Timer // until it is worth trying again; nil: it always was
}

// Accept takes over l and calls f for each connection that comes in: it returns where the connection
// goes, and what to call once it is there, which has to Serve it. Neither must wait. The error is
// errors.ErrUnsupported, and l is as it was, if p cannot watch it.
//
// Sockets that come this way have never been in Go's poller, which saves four system calls each.
func (p *Poller) Accept(l net.Listener, f func(netip.AddrPort) (*Conn, func())) (*Acceptor, error) {
	tcp, ok := l.(*net.TCPListener)
	if !ok {
		return nil, errors.ErrUnsupported
	}
	fd, ok := duplicate(tcp)
	if !ok {
		return nil, errors.ErrUnsupported
	}
	bequeath(fd)
	a := &Acceptor{peer: f, done: make(chan error, 1)}
	if !p.take(&a.Conn, fd) {
		_ = syscall.Close(fd) // nobody has used it
		return nil, errors.ErrUnsupported
	}
	_ = l.Close() // the duplicate goes on
	a.Serve(a)
	return a, nil
}

// Wait returns when the Acceptor is closed.
func (a *Acceptor) Wait() error { return <-a.done }

// Turn takes the connections that wait.
func (a *Acceptor) Turn() Turn {
	for {
		fd, addr, err := syscall.Accept4(int(a.fd), syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC)
		switch err {
		case nil:
			a.accept(fd, addrPort(addr))
		case syscall.EINTR, syscall.ECONNABORTED:
		case syscall.EAGAIN:
			return Wait
		default: // no descriptors or no memory, most likely, which passes
			a.pause()
			return Wait
		}
	}
}

const acceptPause = 20 * time.Millisecond

// pause sets one timer, however many connections come in meanwhile and fail.
func (a *Acceptor) pause() {
	if a.wait == nil {
		a.wait = time.AfterFunc(acceptPause, a.wake)
		return
	}
	a.wait.Reset(acceptPause)
}

func (a *Acceptor) accept(fd int, peer netip.AddrPort) {
	c, opened := a.peer(peer)
	if !a.loop.poller.take(c, fd) {
		_ = syscall.Close(fd) // nothing can be said on it
		return
	}
	opened()
}

// Ended is called when the Acceptor is closed.
func (a *Acceptor) Ended(err error) { a.done <- err }

// bequeath sets what Linux hands down from a listening socket to those that it accepts: no delay of
// small packets, and probes of a peer that may have gone. Go's own times, a probe after 15 seconds of
// silence, are 70,000 packets a second for a million clients that have nothing to say.
// A socket works without, so nobody minds if that fails.
func bequeath(fd int) {
	const tcp = syscall.IPPROTO_TCP
	_ = syscall.SetsockoptInt(fd, tcp, syscall.TCP_NODELAY, 1)
	_ = syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_KEEPALIVE, 1)
	_ = syscall.SetsockoptInt(fd, tcp, syscall.TCP_KEEPIDLE, 120)
	_ = syscall.SetsockoptInt(fd, tcp, syscall.TCP_KEEPINTVL, 30)
	_ = syscall.SetsockoptInt(fd, tcp, syscall.TCP_KEEPCNT, 5)
}

func addrPort(addr syscall.Sockaddr) netip.AddrPort {
	switch a := addr.(type) {
	case *syscall.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port))
	case *syscall.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(a.Addr), uint16(a.Port))
	}
	return netip.AddrPort{} // of a Unix socket
}

// Detach gives the socket back to Go's own poller. It is called from Ended, and nothing else may be
// called after it.
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
	// The loop would go on to watch the socket, under a number that another may have by then.
	_ = c.loop.watch(int(c.fd), syscall.EPOLL_CTL_DEL, 0) // fails if the loop has ended
	f := os.NewFile(n, "socket")
	defer f.Close()
	return net.FileConn(f) // one more duplicate
}
