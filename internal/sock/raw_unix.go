//go:build unix

package sock

import (
	"net"
	"syscall"
)

// raw is the raw path of a Conn. The functions that Go's poller calls are made once, because making
// one at each call allocates; their arguments and results are fields.
type raw struct {
	rc     syscall.RawConn
	stacks *stacks // run the turns

	// owned by serve
	fd     int // valid inside serve only
	onRead func(fd uintptr) bool
	turns  func()
	next   func() Turn
	last   Turn // that next has returned

	// owned by the writer
	onWrite func(fd uintptr) bool
	out     []byte
	written int
	outErr  error
}

func (r *raw) usable() bool { return r.rc != nil }

func (r *raw) open(nc net.Conn, s *stacks) {
	sc, ok := nc.(syscall.Conn)
	if !ok {
		return
	}
	rc, err := sc.SyscallConn()
	if err != nil {
		return
	}
	r.rc, r.stacks = rc, s
	r.onRead, r.turns, r.onWrite = r.onReadable, r.runTurns, r.onWritable
}

// serve runs all turns inside one RawConn.Read, so that the poller's state is prepared once for a
// connection and not once for each read.
func (r *raw) serve(next func() Turn) error {
	r.next = next
	return r.rc.Read(r.onRead)
}

// onReadable runs turns. It reports whether they are over, as they are if one ends its goroutine.
func (r *raw) onReadable(fd uintptr) bool {
	r.fd = int(fd)
	return !r.stacks.call(r.turns) || r.last == Done
}

// runTurns runs turns until there is nothing to read.
func (r *raw) runTurns() {
	for r.last = r.next(); r.last != Done && r.last != Wait; {
		r.last = r.next()
	}
}

func (r *raw) read(b []byte) (int, error) { return readNow(r.fd, b) }

func (r *raw) tryWrite(b []byte) (int, error) {
	r.out, r.written, r.outErr = b, 0, nil
	if err := r.rc.Write(r.onWrite); err != nil {
		return 0, err
	}
	r.out = nil
	return r.written, r.outErr
}

// onWritable writes once and never asks to wait: the caller queues what the socket does not take.
func (r *raw) onWritable(fd uintptr) bool {
	r.written, r.outErr = writeNow(int(fd), r.out)
	return true
}
