package sock

import (
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"syscall"
	"unsafe"
)

// The part of io_uring's interface that writing to many sockets needs
// (https://man7.org/linux/man-pages/man2/io_uring_setup.2.html, io_uring_enter.2.html).
const (
	sysRingSetup = 425
	sysRingEnter = 426

	ringSetupCQSize       = 1 << 3
	ringFeatureSingleMmap = 1 << 0
	ringEnterGetEvents    = 1 << 0
	ringOffsetSQEs        = 0x10000000
	ringOpSend            = 26
)

// ringSize is how many sockets one system call writes to.
const ringSize = 256

// ringParams is struct io_uring_params.
type ringParams struct {
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

// A submission is struct io_uring_sqe.
type submission struct {
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

// A completion is struct io_uring_cqe.
type completion struct {
	user   uint64
	result int32
	_      uint32
}

// A ring writes to up to ringSize sockets with one system call. It has one user at a time.
type ring struct {
	fd             int
	enter          enter
	maps           [2][]byte
	sqTail         *uint32
	cqHead, cqTail *uint32
	submissions    []submission
	completions    []completion
}

// An enter is the system call io_uring_enter, or a test's.
type enter func(r *ring, submit, await int) (taken int, errno syscall.Errno)

func sysEnter(r *ring, submit, await int) (int, syscall.Errno) {
	n, _, errno := syscall.Syscall6(sysRingEnter,
		uintptr(r.fd), uintptr(submit), uintptr(await), ringEnterGetEvents, 0, 0)
	return int(n), errno
}

var (
	errOldKernel = errors.New("io_uring is too old")
	errNoSend    = errors.New("io_uring does not send")
	errStuck     = errors.New("io_uring makes no progress")
)

// openRing returns a ring that has sent something: where io_uring may be set up, its use may be
// forbidden still, as by a filter of system calls, or be too old to send.
func openRing(f enter) (*ring, error) {
	r, err := setUpRing()
	if err != nil {
		return nil, err
	}
	if r.enter = f; f == nil {
		r.enter = sysEnter
	}
	if err := r.probe(); err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

// probe sends a byte through a pair of sockets.
func (r *ring) probe() error {
	pair, err := syscall.Socketpair(syscall.AF_UNIX,
		syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC|syscall.SOCK_NONBLOCK, 0)
	if err != nil {
		return fmt.Errorf("probe io_uring: %w", err)
	}
	defer func() { _, _ = syscall.Close(pair[0]), syscall.Close(pair[1]) }()
	b, sent := []byte("x"), 0
	r.prepare(0, pair[0], b)
	if _, err := r.submit(1, func(_, n int, _ error) { sent = n }); err != nil {
		return err
	}
	if n, err := readNow(pair[1], make([]byte, 1)); sent != 1 || n != 1 || err != nil {
		return errNoSend
	}
	runtime.KeepAlive(b)
	return nil
}

func setUpRing() (*ring, error) {
	p := ringParams{flags: ringSetupCQSize, cqEntries: 2 * ringSize}
	fd, _, errno := syscall.Syscall(sysRingSetup, ringSize, uintptr(unsafe.Pointer(&p)), 0)
	if errno != 0 {
		return nil, fmt.Errorf("set up io_uring: %w", errno)
	}
	r := &ring{fd: int(fd)}
	if err := r.mmap(&p); err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

func (r *ring) mmap(p *ringParams) (err error) {
	if p.features&ringFeatureSingleMmap == 0 {
		return errOldKernel
	}
	const access = syscall.PROT_READ | syscall.PROT_WRITE
	const flags = syscall.MAP_SHARED | syscall.MAP_POPULATE
	size := max(p.sq.array+4*p.sqEntries, p.cq.cqes+p.cqEntries*uint32(unsafe.Sizeof(completion{})))
	if r.maps[0], err = syscall.Mmap(r.fd, 0, int(size), access, flags); err != nil {
		return fmt.Errorf("map io_uring: %w", err)
	}
	size = p.sqEntries * uint32(unsafe.Sizeof(submission{}))
	if r.maps[1], err = syscall.Mmap(r.fd, ringOffsetSQEs, int(size), access, flags); err != nil {
		return fmt.Errorf("map io_uring: %w", err)
	}
	at := func(offset uint32) unsafe.Pointer { return unsafe.Pointer(&r.maps[0][offset]) }
	for i, slots := 0, unsafe.Slice((*uint32)(at(p.sq.array)), p.sqEntries); i < len(slots); i++ {
		slots[i] = uint32(i) // submissions are taken in the order of their slots
	}
	r.sqTail = (*uint32)(at(p.sq.tail))
	r.cqHead, r.cqTail = (*uint32)(at(p.cq.head)), (*uint32)(at(p.cq.tail))
	r.submissions = unsafe.Slice((*submission)(unsafe.Pointer(&r.maps[1][0])), p.sqEntries)
	r.completions = unsafe.Slice((*completion)(at(p.cq.cqes)), p.cqEntries)
	return nil
}

func (r *ring) close() {
	for _, m := range r.maps {
		if m != nil {
			_ = syscall.Munmap(m) // fails only for a wrong address
		}
	}
	_ = syscall.Close(r.fd) // nothing depends on it any more
}

// prepare prepares the i-th write since the last submit.
func (r *ring) prepare(i, fd int, b []byte) {
	slot := (atomic.LoadUint32(r.sqTail) + uint32(i)) % uint32(len(r.submissions))
	r.submissions[slot] = submission{
		op: ringOpSend, fd: int32(fd), user: uint64(i),
		addr: uint64(uintptr(unsafe.Pointer(unsafe.SliceData(b)))), length: uint32(len(b)),
		// A full socket fails at once, so the kernel is done with b when submit returns.
		msgFlags: syscall.MSG_DONTWAIT | syscall.MSG_NOSIGNAL,
	}
}

// maxStuck is how many calls in a row may make no progress.
const maxStuck = 1000

// submit has the kernel make n writes. It calls done for each, in any order, with the index, the
// number of bytes written, and the error. After an error of its own, the ring must not be used any
// more; the kernel has taken the first writes only, as many as submit returns.
func (r *ring) submit(n int, done func(i, n int, err error)) (taken int, err error) {
	raceRelease()
	atomic.AddUint32(r.sqTail, uint32(n))
	for reaped, stuck := 0, 0; reaped < n; stuck++ {
		more, errno := r.enter(r, n-taken, 1)
		if errno == 0 {
			taken += more
		}
		// A write that was taken has completed: it does not wait. So its result is there, whatever the
		// call says.
		now := r.reap(done)
		if reaped += now; now > 0 || errno == 0 && more > 0 {
			stuck = 0
		}
		switch {
		case stuck == maxStuck:
			return taken, errStuck
		case errno == 0, errno == syscall.EINTR, errno == syscall.EAGAIN, errno == syscall.EBUSY:
		default:
			return taken, fmt.Errorf("enter io_uring: %w", errno)
		}
	}
	return taken, nil
}

// reap calls done for the writes that are complete, and returns how many those are.
func (r *ring) reap(done func(i, n int, err error)) (reaped int) {
	head := *r.cqHead
	for ; head != atomic.LoadUint32(r.cqTail); head++ {
		c := r.completions[head%uint32(len(r.completions))]
		switch errno := syscall.Errno(-c.result); {
		case c.result >= 0:
			done(int(c.user), int(c.result), nil)
		case errno == syscall.EAGAIN || errno == syscall.EINTR:
			done(int(c.user), 0, nil)
		default:
			done(int(c.user), 0, errno)
		}
		reaped++
	}
	atomic.StoreUint32(r.cqHead, head)
	return reaped
}
