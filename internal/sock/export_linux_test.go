package sock

import (
	"sync/atomic"
	"syscall"
	"unsafe"
)

// FD returns the descriptor of a polled Conn.
func (c *Conn) FD() int { return int(c.fd) }

// LeaderTurns returns how many turns the leaders of c's loop have run themselves.
func (c *Conn) LeaderTurns() int { return int(c.loop.turnSeq.Load() / 2) }

// Slow reports whether turns of c's loop get goroutines of their own.
func (c *Conn) Slow() bool { return c.loop.slowness.Load() > detachAbove }

// MaxIdle is how many goroutines a Poller keeps.
const MaxIdle = maxIdle

// WriteSize returns how many bytes from the start of a Conn a write touches.
func WriteSize() uintptr {
	var c Conn
	return unsafe.Offsetof(c.polled) + unsafe.Offsetof(c.polled.loop) + unsafe.Sizeof(c.polled.loop)
}

// Idle reports whether no call uses the descriptor of a polled Conn.
func (c *Conn) Idle() bool { return c.refs.Load() == 1 && c.state.Load() <= missed }

// FailRings makes io_uring_enter of the rings that p opens fail with errno once it was called n
// times.
func (p *Poller) FailRings(n int, errno syscall.Errno) {
	var calls atomic.Int64
	p.batches.enter = func(r *ring, submit, await int) (int, syscall.Errno) {
		if calls.Add(1) > int64(n) {
			return 0, errno
		}
		return sysEnter(r, submit, await)
	}
}

// FailSends makes the sends of the rings that p opens fail, each by itself, once n calls were made.
func (p *Poller) FailSends(n int) {
	var calls atomic.Int64
	p.batches.enter = func(r *ring, submit, await int) (int, syscall.Errno) {
		if calls.Add(1) > int64(n) {
			for i := range r.submissions {
				r.submissions[i].op = 255 // there is no such operation
			}
		}
		return sysEnter(r, submit, await)
	}
}

// HasRings reports whether p uses io_uring.
func (p *Poller) HasRings() bool {
	p.batches.mu.Lock()
	defer p.batches.mu.Unlock()
	return !p.batches.disabled
}

// SliceAfter is sliceAfter.
var SliceAfter = sliceAfter
