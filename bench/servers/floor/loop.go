package main

import (
	"fmt"
	"syscall"
	"unsafe"
)

// loop is the whole server.
type loop struct {
	tcp, room       bool
	listener, epoll int
	conns           []conn  // by file descriptor
	members         []int32 // of the room
	in, out         []byte
	ring            *ring // nil: plain writes
}

// conn is 24 bytes for each connection, and more only for incomplete data.
type conn struct {
	open bool
	rest *[]byte // an incomplete handshake or frame
	out  *[]byte // bytes that the socket did not take
}

func (l *loop) run() error {
	events := make([]syscall.EpollEvent, 512)
	for {
		n, err := syscall.EpollWait(l.epoll, events, -1)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return fmt.Errorf("wait for events: %w", err)
		}
		for _, e := range events[:n] {
			if err := l.handle(int(e.Fd), e.Events); err != nil {
				return err
			}
		}
	}
}

func (l *loop) handle(fd int, events uint32) error {
	if fd == l.listener {
		return l.accept()
	}
	if events&syscall.EPOLLOUT != 0 {
		if err := l.flush(fd); err != nil {
			return err
		}
	}
	if events&^syscall.EPOLLOUT == 0 {
		return nil
	}
	n, err := rawIO(syscall.SYS_READ, fd, l.in)
	switch {
	case err == syscall.EAGAIN || err == syscall.EINTR:
		return nil
	case err != 0 || n == 0:
		l.close(fd)
		return nil
	case l.tcp:
		return l.send(fd, l.in[:n])
	}
	return l.data(fd, l.in[:n])
}

// accept accepts a few of the waiting connections, so that open connections do not wait.
func (l *loop) accept() error {
	for range 64 {
		n, _, errno := syscall.RawSyscall6(syscall.SYS_ACCEPT4, uintptr(l.listener), 0, 0,
			syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0, 0)
		if errno != 0 {
			return nil
		}
		fd := int(n)
		if err := syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1); err != nil {
			return fmt.Errorf("set no delay: %w", err)
		}
		if err := l.watch(syscall.EPOLL_CTL_ADD, fd, syscall.EPOLLIN); err != nil {
			return err
		}
		if fd >= len(l.conns) {
			conns := make([]conn, max(1024, fd*5/4))
			copy(conns, l.conns)
			l.conns = conns
		}
		l.conns[fd] = conn{}
	}
	return nil
}

func (l *loop) watch(op, fd int, events uint32) error {
	e := syscall.EpollEvent{Events: events, Fd: int32(fd)}
	if err := syscall.EpollCtl(l.epoll, op, fd, &e); err != nil {
		return fmt.Errorf("poll socket: %w", err)
	}
	return nil
}

func (l *loop) close(fd int) {
	for i, member := range l.members {
		if int(member) == fd {
			last := len(l.members) - 1
			l.members[i] = l.members[last]
			l.members = l.members[:last]
			break
		}
	}
	l.conns[fd] = conn{}
	_ = syscall.Close(fd) // its client is gone
}

// send writes b, or queues it behind bytes that the socket did not take.
func (l *loop) send(fd int, b []byte) error {
	if c := &l.conns[fd]; c.out != nil {
		*c.out = append(*c.out, b...)
		return nil
	}
	n, err := rawIO(syscall.SYS_WRITE, fd, b)
	switch {
	case err == syscall.EAGAIN:
		n = 0
	case err != 0:
		return nil // the next read sees it
	}
	if n == len(b) {
		return nil
	}
	return l.keep(fd, b[n:])
}

func (l *loop) keep(fd int, b []byte) error {
	out := append([]byte(nil), b...)
	l.conns[fd].out = &out
	return l.watch(syscall.EPOLL_CTL_MOD, fd, syscall.EPOLLIN|syscall.EPOLLOUT)
}

func (l *loop) flush(fd int) error {
	c := &l.conns[fd]
	if c.out == nil {
		return nil
	}
	n, err := rawIO(syscall.SYS_WRITE, fd, *c.out)
	if err != 0 {
		return nil
	}
	if n < len(*c.out) {
		*c.out = (*c.out)[n:]
		return nil
	}
	c.out = nil
	return l.watch(syscall.EPOLL_CTL_MOD, fd, syscall.EPOLLIN)
}

// rawIO reads or writes without telling the scheduler, which has nothing else to run.
func rawIO(call uintptr, fd int, b []byte) (int, syscall.Errno) {
	n, _, err := syscall.RawSyscall(call, uintptr(fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)))
	return int(n), err
}
