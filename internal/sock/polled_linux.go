package sock

import (
	"net"
	"os"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"
)

// polled is the polled path of a Conn: nothing but a descriptor, and who uses it.
type polled struct {
	loop   *loop
	writer atomic.Pointer[chan struct{}] // told when a full socket takes more; nil: nobody waits
	fd     int32
	turns  atomic.Int32 // whether a turn runs: a state below
	users  atomic.Int32 // of fd; the last one closes it
	ended  atomic.Bool  // the peer sends no more, or the socket is broken

	short bool // owned by the turn: the last read took all there was
}

// The states of polled.turns. Only idle becomes running, so one turn runs at a time.
const (
	none    int32 = iota // nobody is served, and nothing was missed
	missed               // nobody is served, and there may be something to read
	idle                 // an event begins a turn
	running              // an event makes it again
	again                // something has happened since the turn began
)

func (p *polled) serve(c *Conn) {
	if !p.turns.CompareAndSwap(none, idle) {
		p.turns.Store(running)
		c.runOn()
		return
	}
	if c.over() != nil {
		go c.wake() // ends at once
	}
}

// ready takes note of an event, and reports whether a turn has to run for it.
func (p *polled) ready(events uint32) bool {
	if events&(syscall.EPOLLRDHUP|syscall.EPOLLHUP|syscall.EPOLLERR) != 0 {
		p.ended.Store(true)
	}
	p.tellWriter()
	return events&^syscall.EPOLLOUT != 0 && p.claim()
}

// tellWriter makes a Write that waits try again.
func (p *polled) tellWriter() {
	if w := p.writer.Load(); w != nil {
		select {
		case *w <- struct{}{}:
		default: // told already
		}
	}
}

// claim reports whether a turn has to run, which is then the caller's to do. One that runs already
// will be followed by another, and where nobody is served yet, serve will look.
func (p *polled) claim() bool {
	for {
		switch p.turns.Load() {
		case idle:
			if p.turns.CompareAndSwap(idle, running) {
				return true
			}
		case running:
			if p.turns.CompareAndSwap(running, again) {
				return false
			}
		case none:
			if p.turns.CompareAndSwap(none, missed) {
				return false
			}
		default:
			return false
		}
	}
}

// wake gives c a turn for another reason than input.
func (c *Conn) wake() {
	if c.blocking == nil && c.claim() {
		c.runOn()
	}
}

// runOn is run, as often as it takes.
func (c *Conn) runOn() {
	for c.run() {
		runtime.Gosched()
	}
}

// run gives a claimed turn, and more while there is reason to. It reports whether the claim is kept
// because more can be read already: others may go first.
func (c *Conn) run() (more bool) {
	if !c.use() {
		c.end(net.ErrClosed)
		return false
	}
	defer c.unuse()
	for {
		err := c.over()
		if err != nil {
			c.end(err)
			return false
		}
		switch c.owner.Turn() {
		case Done:
			c.end(nil)
			return false
		case Again:
			// A read that did not fill its buffer has taken all there was, and what comes later is an
			// event of its own; the read that would only say so is a tenth of an echo's cost.
			if !c.short || c.layer != nil { // which may have read ahead
				return true
			}
		}
		c.short = false
		if c.turns.CompareAndSwap(running, idle) {
			return false
		}
		c.turns.Store(running)
	}
}

func (c *Conn) end(err error) {
	// Where the last read took all there was, what comes will be an event.
	empty := c.short && c.layer == nil && !c.ended.Load()
	c.short = false
	if !empty || !c.turns.CompareAndSwap(running, none) {
		c.turns.Store(missed)
	}
	c.loop.poller.workers.run(func() { c.owner.Ended(err) })
}

// use keeps the descriptor from being closed, and perhaps given to another socket, until unuse. It
// reports false if that has happened.
func (p *polled) use() bool {
	for {
		n := p.users.Load()
		if n == 0 {
			return false
		}
		if p.users.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

func (p *polled) unuse() {
	if p.users.Add(-1) == 0 {
		p.release()
	}
}

// release closes the descriptor, which ends the loop's watch.
func (p *polled) release() {
	p.loop.poller.table.set(int(p.fd), nil)
	_ = syscall.Close(int(p.fd)) // nothing depends on it any more
}

// close gives the descriptor up. The peer hears of it even while somebody uses it.
func (p *polled) close() {
	if p.users.CompareAndSwap(1, 0) {
		p.release()
		return
	}
	_ = syscall.Shutdown(int(p.fd), syscall.SHUT_RDWR) // fails if the peer has gone
	p.tellWriter()                                     // the loop may have ended
	p.unuse()
}

func (p *polled) closeWrite() {
	if p.use() {
		_ = syscall.Shutdown(int(p.fd), syscall.SHUT_WR) // fails if the peer has gone
		p.unuse()
	}
}

// read is called from within a turn, which uses the descriptor.
func (p *polled) read(b []byte) (int, error) {
	if p.short {
		return 0, ErrWait
	}
	n, err := readNow(int(p.fd), b)
	// The end of the stream may come with the last bytes, and then is no event of its own.
	p.short = n < len(b) && !p.ended.Load()
	return n, err
}

func (p *polled) tryWrite(b []byte) (int, error) {
	if !p.use() {
		return 0, net.ErrClosed
	}
	n, err := writeNow(int(p.fd), b)
	p.unuse()
	return n, err
}

// write writes all of b, waiting for the loop to say when there is room.
func (p *polled) write(c *Conn, b []byte, d time.Duration) error {
	if len(b) == 0 {
		return nil
	}
	if !p.use() {
		return net.ErrClosed
	}
	defer p.unuse()
	room := make(chan struct{}, 1)
	p.writer.Store(&room)
	defer p.writer.Store(nil)
	var late <-chan time.Time // without a limit it never comes
	if d > 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		late = timer.C
	}
	for {
		n, err := writeNow(int(p.fd), b)
		if b = b[n:]; err != nil || len(b) == 0 {
			return err
		}
		if n > 0 {
			continue // only a socket that has refused says when it takes more
		}
		if err := p.awaitRoom(c, room, late); err != nil {
			return err
		}
	}
}

func (p *polled) awaitRoom(c *Conn, room <-chan struct{}, late <-chan time.Time) error {
	// Asking again for the same makes an event of room that has come meanwhile.
	err := p.loop.watch(int(p.fd), syscall.EPOLL_CTL_MOD, awaitInput|syscall.EPOLLOUT)
	if err != nil {
		return os.NewSyscallError("epoll_ctl", err)
	}
	select {
	case <-room:
	case <-late:
		return errDeadline
	}
	if c.closed.Load() {
		return net.ErrClosed
	}
	return nil
}
