// floor measures what the machine allows: one epoll loop with raw reads and writes, one buffer for
// all connections, no allocation for a message, and no feature that the load client does not need.
// It is not made to be deployed; the figures of servers are divided by its figures.
//
// With -tcp it has no WebSocket and echoes bytes. With -uring a broadcast is one system call
// (io_uring) instead of one for each member.
package main

import (
	"flag"
	"net/netip"
	"runtime"
	"runtime/debug"
	"syscall"

	"github.com/tyg-dev/tyg/bench/internal/serve"
)

func main() {
	tcp := flag.Bool("tcp", false, "no WebSocket: echo bytes")
	uring := flag.Bool("uring", false, "broadcast with io_uring")
	o := serve.Parse()
	// The loop blocks without telling the scheduler, and allocates only for what is incomplete.
	runtime.LockOSThread()
	runtime.GOMAXPROCS(2)
	debug.SetGCPercent(400)
	l := &loop{tcp: *tcp, room: o.Room, in: make([]byte, 1<<18), out: make([]byte, 0, 1<<18)}
	serve.Check(l.listen(o.Addr))
	if *uring {
		ring, err := newRing(4096)
		serve.Check(err)
		l.ring = ring
	}
	serve.Check(l.run())
}

// listen opens the listening socket and the epoll instance.
func (l *loop) listen(addr string) (err error) {
	at, err := netip.ParseAddrPort(addr)
	if err != nil {
		return err
	}
	l.listener, err = syscall.Socket(syscall.AF_INET,
		syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	err = syscall.SetsockoptInt(l.listener, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1)
	if err != nil {
		return err
	}
	sa := syscall.SockaddrInet4{Port: int(at.Port()), Addr: at.Addr().As4()}
	if err := syscall.Bind(l.listener, &sa); err != nil {
		return err
	}
	if err := syscall.Listen(l.listener, 4096); err != nil {
		return err
	}
	if l.epoll, err = syscall.EpollCreate1(syscall.EPOLL_CLOEXEC); err != nil {
		return err
	}
	return l.watch(syscall.EPOLL_CTL_ADD, l.listener, syscall.EPOLLIN)
}
