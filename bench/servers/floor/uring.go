package main

import (
	"fmt"
	"sync/atomic"
	"syscall"
	"unsafe"
)

// The part of io_uring's interface that a broadcast needs
// (https://man7.org/linux/man-pages/man2/io_uring_setup.2.html, io_uring_enter.2.html).
const (
	sysSetup = 425
	sysEnter = 426

	setupCQSize       = 1 << 3
	setupCoopTaskrun  = 1 << 8
	featureSingleMmap = 1 << 0
	offsetSQEs        = 0x10000000
	opSend            = 26
	skipSuccess       = 1 << 6 // no completion for a success
)

// params is struct io_uring_params.
type params struct {
	sqEntries, cqEntries, flags, cpu, idle, features, wq uint32
	_                                                    [3]uint32
	sq                                                   struct {
		head, tail, mask, entries, flags, dropped, array, _ uint32
		_                                                   uint64
	}
	cq struct {
		head, tail, mask, entries, overflow, cqes, flags, _ uint32
		_                                                   uint64
	}
}

// sqe is struct io_uring_sqe, a submission.
type sqe struct {
	op, flags uint8
	_         uint16
	fd        int32
	_         uint64
	addr      uint64
	length    uint32
	msgFlags  uint32
	user      uint64
	_         [3]uint64
}

// cqe is struct io_uring_cqe, a completion.
type cqe struct {
	user uint64
	res  int32
	_    uint32
}

type ring struct {
	fd             int
	sqTail         *uint32
	cqHead, cqTail *uint32
	sqes           []sqe
	cqes           []cqe
}

func newRing(entries uint32) (*ring, error) {
	p := params{flags: setupCQSize | setupCoopTaskrun, cqEntries: 2 * entries}
	fd, _, errno := syscall.Syscall(sysSetup, uintptr(entries), uintptr(unsafe.Pointer(&p)), 0)
	if errno != 0 {
		return nil, fmt.Errorf("set up io_uring: %w", errno)
	}
	if p.features&featureSingleMmap == 0 {
		return nil, fmt.Errorf("set up io_uring: the kernel is too old")
	}
	size := max(p.sq.array+4*p.sqEntries, p.cq.cqes+p.cqEntries*uint32(unsafe.Sizeof(cqe{})))
	rings, err := mmap(int(fd), 0, int(size))
	if err != nil {
		return nil, err
	}
	sqes, err := mmap(int(fd), offsetSQEs, int(p.sqEntries)*int(unsafe.Sizeof(sqe{})))
	if err != nil {
		return nil, err
	}
	at := func(offset uint32) *uint32 { return (*uint32)(unsafe.Pointer(&rings[offset])) }
	array := unsafe.Slice(at(p.sq.array), p.sqEntries)
	for i := range array {
		array[i] = uint32(i) // submissions are taken in the order of their slots
	}
	return &ring{
		fd:     int(fd),
		sqTail: at(p.sq.tail),
		cqHead: at(p.cq.head),
		cqTail: at(p.cq.tail),
		sqes:   unsafe.Slice((*sqe)(unsafe.Pointer(&sqes[0])), p.sqEntries),
		cqes:   unsafe.Slice((*cqe)(unsafe.Pointer(&rings[p.cq.cqes])), p.cqEntries),
	}, nil
}

func mmap(fd int, offset int64, size int) ([]byte, error) {
	b, err := syscall.Mmap(fd, offset, size, syscall.PROT_READ|syscall.PROT_WRITE,
		syscall.MAP_SHARED|syscall.MAP_POPULATE)
	if err != nil {
		return nil, fmt.Errorf("map io_uring: %w", err)
	}
	return b, nil
}

// broadcast sends b to every member, a ring full of them at a time.
func (r *ring) broadcast(l *loop, b []byte) error {
	members := l.members
	for len(members) > 0 {
		n := min(len(members), len(r.sqes))
		if err := r.enter(r.submit(l, members[:n], b)); err != nil {
			return err
		}
		members = members[n:]
		if err := r.reap(l, b); err != nil {
			return err
		}
	}
	return nil
}

// submit prepares one send for each member whose socket is not full, and returns their number.
func (r *ring) submit(l *loop, members []int32, b []byte) (n uint32) {
	tail := *r.sqTail
	for _, fd := range members {
		if out := l.conns[fd].out; out != nil {
			*out = append(*out, b...)
			continue
		}
		r.sqes[(tail+n)%uint32(len(r.sqes))] = sqe{
			op: opSend, flags: skipSuccess, fd: fd, user: uint64(fd),
			addr: uint64(uintptr(unsafe.Pointer(&b[0]))), length: uint32(len(b)),
			msgFlags: syscall.MSG_DONTWAIT | syscall.MSG_NOSIGNAL,
		}
		n++
	}
	atomic.StoreUint32(r.sqTail, tail+n)
	return n
}

// enter passes n submissions to the kernel.
func (r *ring) enter(n uint32) error {
	for n > 0 {
		done, _, errno := syscall.RawSyscall6(sysEnter, uintptr(r.fd), uintptr(n), 0, 0, 0, 0)
		switch errno {
		case 0:
			n -= uint32(done)
		case syscall.EINTR, syscall.EAGAIN:
		default:
			return fmt.Errorf("enter io_uring: %w", errno)
		}
	}
	return nil
}

// reap queues the bytes that sockets did not take.
func (r *ring) reap(l *loop, b []byte) error {
	head := *r.cqHead
	for ; head != atomic.LoadUint32(r.cqTail); head++ {
		c := r.cqes[head%uint32(len(r.cqes))]
		sent := int(c.res)
		if c.res == -int32(syscall.EAGAIN) {
			sent = 0
		}
		if sent < 0 || sent >= len(b) {
			continue // lost sockets are seen when they are read
		}
		if err := l.keep(int(c.user), b[sent:]); err != nil {
			return err
		}
	}
	atomic.StoreUint32(r.cqHead, head)
	return nil
}
