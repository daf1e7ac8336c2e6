package load

import (
	"fmt"
	"syscall"
	"time"
	"unsafe"
)

// poller is an epoll instance. Its events carry the index of a connection in Fd.
type poller struct {
	fd     int
	events []syscall.EpollEvent
}

func (p *poller) open() (err error) {
	if p.fd, err = syscall.EpollCreate1(syscall.EPOLL_CLOEXEC); err != nil {
		return fmt.Errorf("create epoll: %w", err)
	}
	p.events = make([]syscall.EpollEvent, 1024)
	return nil
}

func (p *poller) close() { _ = syscall.Close(p.fd) }

const (
	readable = syscall.EPOLLIN | syscall.EPOLLRDHUP
	writable = syscall.EPOLLOUT
)

func (p *poller) add(fd, index int) error {
	e := syscall.EpollEvent{Events: readable | writable, Fd: int32(index)}
	return syscall.EpollCtl(p.fd, syscall.EPOLL_CTL_ADD, fd, &e)
}

func (p *poller) change(fd, index int, events uint32) error {
	e := syscall.EpollEvent{Events: events, Fd: int32(index)}
	return syscall.EpollCtl(p.fd, syscall.EPOLL_CTL_MOD, fd, &e)
}

// epollPwait2 is the number of epoll_pwait2, on all architectures. It can wait for less than a
// millisecond (https://man7.org/linux/man-pages/man2/epoll_wait.2.html).
const epollPwait2 = 441

// waitUntil is wait for d, to the nanosecond: a client that polled in place of it would take the
// processor from others that measure beside it.
func (p *poller) waitUntil(d time.Duration) ([]syscall.EpollEvent, error) {
	limit := syscall.NsecToTimespec(int64(d))
	n, _, err := syscall.RawSyscall6(epollPwait2, uintptr(p.fd), uintptr(unsafe.Pointer(&p.events[0])),
		uintptr(len(p.events)), uintptr(unsafe.Pointer(&limit)), 0, 0)
	return p.result(n, err)
}

// wait returns the events of the next timeout milliseconds, or until a signal. They are valid until
// the next call.
//
// This call and those of conn bypass the functions of package syscall that notify the scheduler;
// the process has no other goroutine to run. A signal may be the scheduler's own preemption, so
// wait returns on a signal and does not wait again.
func (p *poller) wait(timeout int) ([]syscall.EpollEvent, error) {
	n, _, err := syscall.RawSyscall6(syscall.SYS_EPOLL_PWAIT, uintptr(p.fd),
		uintptr(unsafe.Pointer(&p.events[0])), uintptr(len(p.events)), uintptr(timeout), 0, 0)
	return p.result(n, err)
}

func (p *poller) result(n uintptr, err syscall.Errno) ([]syscall.EpollEvent, error) {
	switch err {
	case 0:
		return p.events[:n], nil
	case syscall.EINTR:
		return nil, nil
	}
	return nil, fmt.Errorf("wait for events: %w", err)
}
