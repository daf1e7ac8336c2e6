package sock

import (
	"net"
	"os"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"
)

// polled is the polled path of a Conn: a descriptor, its users, and the state of its turns.
type polled struct {
	fd       int32
	refs     atomic.Int32 // to fd; the last decref closes it
	loop     *loop
	writable atomic.Pointer[chan struct{}] // told when a full socket takes more; nil if no Write waits
	state    atomic.Int32                  // of the turns, see below
	hungUp   atomic.Bool                   // the peer sends no more, or the socket is broken
	gone     atomic.Bool                   // the peer takes no more either, or the socket is broken
	awaited  atomic.Int32                  // the last argument of await

	mayWait bool   // the turns may wait for those of others; owned by the turn
	drained bool   // owned by the turn: the last read took all there was
	batched bool   // owned by the turn: what it writes may leave with what others write
	led     uint32 // owned by the turn: turnSeq of the loop, if its leader runs it; else 0
}

// The values of polled.state. Only idle becomes running, so one turn runs at a time.
const (
	unserved int32 = iota // there is no Owner, and nothing was missed
	missed                // there is no Owner, and there may be something to read
	idle                  // an event begins a turn
	running               // an event makes it rerun
	rerun                 // something has happened since the turn began
)

// serve begins the turns. It reports whether the caller has to run the first one.
func (p *polled) serve(c *Conn) bool {
	if !p.state.CompareAndSwap(unserved, idle) {
		p.state.Store(running)
		return true
	}
	if c.endErr() != nil && c.claim() {
		go c.runAway() // ends at once
	}
	return false
}

func (p *polled) setMayWait(on bool) { p.mayWait = on }

// runLater lets the leader run a claimed turn.
func (c *Conn) runLater() { c.loop.giveBack(c) }

// miss makes serve begin with a turn.
func (p *polled) miss() { p.state.Store(missed) }

// onEvent records an event, and reports whether the caller has to run a turn for it.
func (p *polled) onEvent(events uint32) bool {
	if events&hangUp != 0 {
		p.hungUp.Store(true)
	}
	if events&(syscall.EPOLLHUP|syscall.EPOLLERR) != 0 {
		p.gone.Store(true)
	}
	p.wakeWriter()
	return events&^syscall.EPOLLOUT != 0 && p.claim()
}

// wakeWriter makes a Write that waits try again.
func (p *polled) wakeWriter() {
	if w := p.writable.Load(); w != nil {
		select {
		case *w <- struct{}{}:
		default: // it has one already
		}
	}
}

// claim reports whether the caller has to run a turn. If one runs already, another follows it; if
// there is no Owner yet, serve looks for what was missed.
func (p *polled) claim() bool {
	for {
		switch p.state.Load() {
		case idle:
			if p.state.CompareAndSwap(idle, running) {
				return true
			}
		case running:
			if p.state.CompareAndSwap(running, rerun) {
				return false
			}
		case unserved:
			if p.state.CompareAndSwap(unserved, missed) {
				return false
			}
		default:
			return false
		}
	}
}

// Wake makes a turn follow for another reason than input. It does not wait for that turn.
func (c *Conn) Wake() {
	if c.blocking == nil && c.claim() && !c.loop.tryGiveBack(c) {
		go c.runToIdle() // ends with c, which is to be closed
	}
}

// wake runs a turn of c for another reason than input.
func (c *Conn) wake() {
	if c.blocking == nil && c.claim() {
		c.runAway()
	}
}

// runAway calls run on another goroutine than the leader's, and leaves to the leader what follows.
func (c *Conn) runAway() {
	c.led, c.batched = 0, false
	if c.run() {
		c.loop.giveBack(c)
	}
}

// runToIdle calls run until the claim is given up.
func (c *Conn) runToIdle() {
	c.led, c.batched = 0, false
	for c.run() {
		runtime.Gosched()
	}
}

// run runs a claimed turn, and more of them while events come in. It reports whether the claim is
// kept because there is more to read already: other sockets may go first.
//
// A turn holds no reference to the descriptor: a handler that does not return would keep it.
func (c *Conn) run() (more bool) {
	returned := false
	defer func() {
		if !returned { // the turn has ended its goroutine
			c.end(nil)
		}
	}()
	more = c.runTurns()
	returned = true
	return more
}

func (c *Conn) runTurns() (more bool) {
	for {
		err := c.endErr()
		if err != nil {
			c.end(err)
			return false
		}
		switch c.owner.Turn() {
		case Done:
			c.end(nil)
			return false
		case Gone:
			c.release()
			return false
		case Yield:
			return true
		case Again:
			// A read that did not fill its buffer has taken all there was, and later input is an event
			// of its own; a read that only confirms this costs a tenth of an echo.
			if !c.drained {
				return true
			}
			if c.layer != nil {
				continue // it may have read ahead
			}
		}
		c.drained = false
		if c.state.CompareAndSwap(running, idle) {
			return false
		}
		c.state.Store(running)
	}
}

func (c *Conn) end(err error) {
	c.release()
	c.loop.poller.workers.run(func() { c.owner.Ended(err) })
}

// release gives the claim up for good: there is no Owner any more, unless Serve is called again.
func (c *Conn) release() {
	// After a read that took all there was, later input is an event.
	empty := c.drained && c.layer == nil && !c.hungUp.Load()
	c.drained = false
	if !empty || !c.state.CompareAndSwap(running, unserved) {
		c.state.Store(missed)
	}
}

// peer reports whether the peer sends no more, and whether it takes no more either.
func (p *polled) peer() (hungUp, gone bool) { return p.hungUp.Load(), p.gone.Load() }

// incref keeps the descriptor from being closed, and from being reused by another socket, until
// decref. It reports false if it is closed.
func (p *polled) incref() bool {
	for {
		n := p.refs.Load()
		if n == 0 {
			return false
		}
		if p.refs.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

func (p *polled) decref() {
	if p.refs.Add(-1) == 0 {
		p.closeFD()
	}
}

// closeFD closes the descriptor, which makes epoll forget it.
func (p *polled) closeFD() {
	p.loop.poller.table.set(int(p.fd), nil)
	_ = syscall.Close(int(p.fd)) // nothing depends on it any more
}

// close drops the Conn's own reference. The peer is told even while others hold references.
func (p *polled) close() {
	if p.refs.CompareAndSwap(1, 0) {
		p.closeFD()
		return
	}
	_ = syscall.Shutdown(int(p.fd), syscall.SHUT_RDWR) // fails if the peer has gone
	p.wakeWriter()                                     // the loop may have ended
	p.decref()
}

// progress returns how much the socket has left to send: it grows while it takes more, and shrinks
// while its peer does.
func (p *polled) progress() int64 {
	if !p.incref() {
		return 0
	}
	defer p.decref()
	n, _ := unsentOf(uintptr(p.fd))
	return int64(n)
}

func (p *polled) closeWrite() {
	if p.incref() {
		_ = syscall.Shutdown(int(p.fd), syscall.SHUT_WR) // fails if the peer has gone
		p.decref()
	}
}

// read is called from within a turn.
func (p *polled) read(b []byte) (int, error) {
	if p.drained {
		return 0, ErrWait
	}
	if !p.incref() {
		return 0, net.ErrClosed
	}
	defer p.decref()
	n, err := readNow(int(p.fd), b)
	// The end of the stream may come with the last bytes, and then is no event of its own.
	p.drained = n < len(b) && !p.hungUp.Load()
	return n, err
}

func (p *polled) tryWrite(b []byte) (int, error) {
	if !p.incref() {
		return 0, net.ErrClosed
	}
	n, err := writeNow(int(p.fd), b)
	p.decref()
	return n, err
}

// write writes all of b. While the socket is full it waits for the loop to report that it is not.
func (p *polled) write(c *Conn, b []byte, d time.Duration) error {
	if len(b) == 0 {
		return nil
	}
	if !p.incref() {
		return net.ErrClosed
	}
	defer p.decref()
	writable := make(chan struct{}, 1)
	p.writable.Store(&writable)
	defer p.writable.Store(nil)
	s := newStall(d)
	defer s.stop()
	for {
		n, err := p.writePart(b, s)
		if b = b[n:]; err != nil || len(b) == 0 {
			return err
		}
		if n > 0 {
			s.taken += n
			continue // epoll reports room only after a write that found none
		}
		if s.isOver() {
			return errDeadline
		}
		if err := p.awaitWritable(c, writable, s); err != nil {
			return err
		}
	}
}

// partSize is how much of what waits for a full socket is written at a time, in bytes.
const partSize = 64 << 10

// writePart writes some of b without waiting for the socket. Once the socket was full, b may be
// long and there may be many like it, so the leader has to agree.
func (p *polled) writePart(b []byte, s *stall) (int, error) {
	if s.waiting {
		defer p.loop.visit(pausePatience).Leave()
	}
	return writeNow(int(p.fd), b[:min(len(b), partSize)])
}

// A stall measures for how long a full socket takes too little. Room is looked for at the end of
// the limit too, because epoll reports none before a third of the socket is free.
type stall struct {
	limit   time.Duration // 0: none
	timer   *time.Timer
	passed  <-chan time.Time // of timer; nil, which never fires, without a limit
	waiting bool             // the socket was full
	expired bool             // the limit has passed
	taken   int              // bytes that the socket took since it was full, or since the timer began
}

func newStall(d time.Duration) *stall {
	s := &stall{limit: max(d, 0)}
	if d > 0 {
		s.timer = time.NewTimer(d)
		s.passed = s.timer.C
	}
	return s
}

func (s *stall) stop() {
	if s.timer != nil {
		s.timer.Stop()
	}
}

// isOver is called when the socket is full. It reports whether the socket took too little within
// the limit, and begins anew if it took enough.
func (s *stall) isOver() bool {
	enough := s.waiting && s.taken >= writePiece
	if s.expired && !enough {
		return true
	}
	if enough && s.timer != nil {
		s.timer.Reset(s.limit)
	}
	if enough || !s.waiting {
		s.taken = 0
	}
	s.waiting, s.expired = true, false
	return false
}

func (p *polled) awaitWritable(c *Conn, writable <-chan struct{}, s *stall) error {
	// Asking again for the same makes an event of room that has come meanwhile.
	err := p.loop.watch(int(p.fd), syscall.EPOLL_CTL_MOD, awaitInput|syscall.EPOLLOUT)
	if err != nil {
		return os.NewSyscallError("epoll_ctl", err)
	}
	select {
	case <-writable:
	case <-s.passed:
		s.expired = true
	}
	if c.closed.Load() {
		return net.ErrClosed
	}
	return nil
}
