//go:build unix

package sock

import (
	"io"
	"net"
	"syscall"
)

// raw is the raw path of a Conn. The functions that the poller calls are made once, because a
// function made at each call is an allocation at each call; what goes in and out of them lies
// beside them.
type raw struct {
	rc syscall.RawConn

	// owned by Loop
	fd      int // valid inside loop only
	onRead  func(fd uintptr) bool
	ready   func() Turn
	onWrite func(fd uintptr) bool

	// owned by the writer
	out     []byte
	written int
	outErr  error
}

func (r *raw) usable() bool { return r.rc != nil }

func (r *raw) open(nc net.Conn) {
	sc, ok := nc.(syscall.Conn)
	if !ok {
		return
	}
	rc, err := sc.SyscallConn()
	if err != nil {
		return
	}
	r.rc, r.onRead, r.onWrite = rc, r.readable, r.writable
}

// loop runs all turns inside one RawConn.Read: the poller's state is prepared once for a
// connection's life and not once for each read.
func (r *raw) loop(f func() Turn) error {
	r.ready = f
	return r.rc.Read(r.onRead)
}

func (r *raw) readable(fd uintptr) bool {
	r.fd = int(fd)
	for {
		switch r.ready() {
		case Done:
			return true
		case Wait:
			return false
		}
	}
}

func (r *raw) read(b []byte) (int, error) {
	for {
		n, err := read(r.fd, b)
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

func (r *raw) tryWrite(b []byte) (int, error) {
	r.out, r.written, r.outErr = b, 0, nil
	if err := r.rc.Write(r.onWrite); err != nil {
		return 0, err
	}
	r.out = nil
	return r.written, r.outErr
}

// writable writes once and never asks to wait: what the socket does not take now is the caller's to
// queue.
func (r *raw) writable(fd uintptr) bool {
	for {
		n, err := write(int(fd), r.out)
		switch {
		case err == syscall.EINTR:
			continue
		case err == syscall.EAGAIN:
		case err != nil:
			r.outErr = err
		default:
			r.written = n
		}
		return true
	}
}
