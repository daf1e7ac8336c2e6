// Package sock reads and writes stream sockets so that a connection that waits costs next to
// nothing.
//
// Three paths lead to a socket, and all keep the same promises, which one test demands of them:
//
//   - polled (polled_linux.go): a [Poller] watches thousands of sockets from one goroutine a
//     processor. A socket that waits has no goroutine and no buffer. TLS can lie over it (layer.go).
//   - raw (raw_unix.go): a goroutine for each socket asks Go's own poller when there is something
//     to read. A socket that waits has a goroutine and no buffer.
//   - plain (blocking.go): a goroutine for each socket calls Read. It serves every net.Conn, and
//     waits with a buffer in its hand.
package sock

import (
	"net"
	"sync/atomic"
	"time"
)

// ErrWait is returned by Read when there is nothing to read yet. The plain path never returns it.
var ErrWait error = waitError{}

// A waitError is a net.Error that passes, after which crypto/tls can be asked again.
type waitError struct{}

func (waitError) Error() string   { return "nothing to read yet" }
func (waitError) Timeout() bool   { return true }
func (waitError) Temporary() bool { return true }

// A Turn is what an [Owner] wants next.
type Turn uint8

const (
	Wait  Turn = iota // call again once there may be something to read
	Again             // call again soon
	Done              // no more turns
)

// An Owner is whose socket it is.
type Owner interface {
	// Turn reads, once or until there is no more. One Turn of a socket runs at a time. It may take
	// its time: whoever waits behind it is served by another goroutine.
	Turn() Turn

	// Ended is called when no Turn will follow, on a goroutine that has nothing else to do. err is
	// nil after Done, else it says why: the socket was closed, or a read deadline has passed.
	Ended(err error)
}

// A Writer is told how much of its data a [Batch] has written, or why nothing.
type Writer interface {
	Wrote(data []byte, n int, err error)
}

// A Conn is one socket. Open and Serve come first. Read belongs to Turn; TryWrite, Write and
// CloseWrite to whoever holds the right to write, one at a time; SetReadDeadline and Close may be
// called by anybody. It must not be copied.
type Conn struct {
	owner    Owner
	blocking *blocking    // a path with a goroutine for each socket; nil: polled
	layer    *layer       // over the polled socket; nil: none
	until    atomic.Int64 // the read deadline, Unix nanoseconds; 0: none
	closed   atomic.Bool
	polled
}

// Open takes over nc, and leaves it to p if p can watch it. A nil p can watch nothing.
func (c *Conn) Open(nc net.Conn, p *Poller) {
	if p == nil || !p.adoptLayer(c, nc) && !p.adopt(c, nc) {
		c.blocking = newBlocking(nc)
	}
}

// Blocks reports whether Read waits and TryWrite takes nothing: c is on the plain path.
func (c *Conn) Blocks() bool { return c.blocking != nil && !c.blocking.usable() }

// Serve gives o turns, from now on, whenever there may be something to read, and returns at once or
// after the first of them. After Ended it may be called again.
func (c *Conn) Serve(o Owner) {
	c.owner = o
	if c.blocking != nil {
		go c.blocking.serve(c) // ends with Done, Close or the deadline
		return
	}
	c.polled.serve(c)
}

// over says why there can be no more turns, if so.
func (c *Conn) endErr() error {
	if c.closed.Load() {
		return net.ErrClosed
	}
	if until := c.until.Load(); until != 0 && time.Now().UnixNano() >= until {
		return errDeadline
	}
	return nil
}

// Read reads what is there into b, from within Turn, without waiting if it can, so that it may
// return ErrWait. At the end of the stream it returns io.EOF.
func (c *Conn) Read(b []byte) (int, error) {
	switch {
	case c.blocking != nil:
		return c.blocking.read(b)
	case c.layer != nil:
		return c.layer.Read(b)
	}
	return c.polled.read(b)
}

// TryWrite writes as much of b as the socket takes without waiting, and returns how much that was.
func (c *Conn) TryWrite(b []byte) (int, error) {
	switch {
	case c.closed.Load():
		return 0, net.ErrClosed
	case c.blocking != nil:
		return c.blocking.tryWrite(b)
	case c.layer != nil:
		return c.layer.tryWrite(b)
	}
	return c.polled.tryWrite(b)
}

// Pending reports whether TryWrite has taken bytes that the socket did not take yet. Write, even of
// nothing, writes them.
func (c *Conn) Pending() bool { return c.layer != nil && c.layer.under.pending() }

// Write writes all of b, and fails if that takes longer than d. No limit is d <= 0.
func (c *Conn) Write(b []byte, d time.Duration) error {
	switch {
	case c.closed.Load():
		return net.ErrClosed
	case c.blocking != nil:
		return c.blocking.write(b, d)
	case c.layer != nil:
		return c.layer.write(c, b, d)
	}
	return c.polled.write(c, b, d)
}

// CloseWrite tells the peer that nothing more will come, where the socket can say that.
func (c *Conn) CloseWrite() {
	if c.blocking != nil {
		c.blocking.closeWrite()
		return
	}
	if c.layer != nil {
		c.layer.closeWrite()
	}
	c.polled.closeWrite()
}

// SetReadDeadline ends the turns with os.ErrDeadlineExceeded at t. The zero time takes that back.
func (c *Conn) SetReadDeadline(t time.Time) error {
	if c.closed.Load() {
		return net.ErrClosed
	}
	until := t.UnixNano()
	if t.IsZero() {
		until = 0
	}
	c.until.Store(until)
	if c.blocking != nil {
		return c.blocking.nc.SetReadDeadline(t)
	}
	if until != 0 {
		c.wakeAt(t)
	}
	return nil
}

// wakeAt makes a polled socket look at its deadline when that has come.
func (c *Conn) wakeAt(t time.Time) {
	if d := time.Until(t); d > 0 {
		time.AfterFunc(d, c.wake)
		return
	}
	go c.wake() // it may run a turn, and ends with it
}

// Close closes the socket, and ends its turns and every call that waits. It does not wait for them,
// so it may be called from within Turn.
func (c *Conn) Close() error {
	if c.closed.Swap(true) {
		return net.ErrClosed
	}
	if c.blocking != nil {
		c.blocking.close()
		return nil
	}
	if c.layer != nil {
		c.layer.closeWrite()
	}
	c.polled.close()
	go c.wake() // ends when Ended has been called, or at once
	return nil
}
