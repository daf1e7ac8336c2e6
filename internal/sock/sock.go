// Package sock reads and writes stream sockets so that an idle connection costs next to nothing.
//
// There are three paths to a socket. They behave alike, which the same tests check on each:
//
//   - polled (polled_linux.go): a [Poller] watches thousands of sockets from one goroutine for each
//     processor. An idle socket has no goroutine and no buffer. TLS can lie over it (layer.go).
//   - raw (raw_unix.go): a goroutine for each socket waits in Go's own poller until there is
//     something to read, and another one runs the turn. An idle socket has a goroutine with a small
//     stack, and no buffer.
//   - plain (blocking.go): a goroutine for each socket calls Read. It serves every net.Conn. An
//     idle socket has a goroutine and a buffer.
package sock

import (
	"net"
	"sync/atomic"
	"time"
)

// ErrWait is returned by Read when there is nothing to read yet. The plain path never returns it.
var ErrWait error = waitError{}

// A waitError is a temporary net.Error, after which crypto/tls can read again.
type waitError struct{}

func (waitError) Error() string   { return "nothing to read yet" }
func (waitError) Timeout() bool   { return true }
func (waitError) Temporary() bool { return true }

// A Turn is what an [Owner] wants after a call of its method Turn.
type Turn uint8

const (
	Wait  Turn = iota // call again once there may be something to read
	Again             // call again soon
	Yield             // call again after others, also if there is nothing to read
	Done              // no more turns
	Gone              // no more turns, and no call of Ended; on the polled path only
)

// An Owner uses a socket.
type Owner interface {
	// Turn reads, once or until there is no more. One Turn of a socket runs at a time. It may be
	// slow: another goroutine then serves the other sockets.
	Turn() Turn

	// Ended is called when no Turn will follow, on a goroutine that has nothing else to do. err is
	// nil after Done; otherwise the socket was closed, or a read deadline has passed.
	Ended(err error)
}

// A Writer gets the result of a write of a [Batch].
type Writer interface {
	// Wrote is called with how many bytes of data were written, and with the error if that failed.
	Wrote(data []byte, n int, err error)
}

// A Conn is one socket. Call Open first, then Serve. Call Read from Turn only. TryWrite, Write and
// CloseWrite must not be called at the same time. SetReadDeadline and Close may be called at any
// time. A Conn must not be copied.
type Conn struct {
	// What a write touches comes first, see the sessions of package gateway.
	blocking *blocking // a path with a goroutine for each socket; nil: polled
	layer    *layer    // over the polled socket; nil: none
	closed   atomic.Bool
	polled

	owner    Owner
	deadline atomic.Pointer[time.Time] // for reads; nil: none
}

// Open takes over nc, and has p watch it if p can.
func (c *Conn) Open(nc net.Conn, p *Poller) {
	if !p.adoptLayer(c, nc) && !p.adopt(c, nc) {
		c.OpenUnwatched(nc, p)
	}
}

// OpenUnwatched takes over nc, for which a goroutine waits. Its turns run on goroutines of p.
func (c *Conn) OpenUnwatched(nc net.Conn, p *Poller) { c.blocking = newBlocking(nc, &p.stacks) }

// Blocks reports whether Read waits and TryWrite takes nothing: c is on the plain path.
func (c *Conn) Blocks() bool { return c.blocking != nil && !c.blocking.usable() }

// Serve calls o.Turn, from now on, whenever there may be something to read. It returns at once or
// after the first Turn. After Ended it may be called again; within a turn, Pass is.
func (c *Conn) Serve(o Owner) {
	c.setMayWait(false)
	if c.serve(o) {
		c.runAway()
	}
}

// ServeLater is Serve that returns at once, because no turn is run by its goroutine. Until Pass is
// called, the turns may wait for those of other sockets.
func (c *Conn) ServeLater(o Owner) {
	c.setMayWait(true)
	if c.serve(o) {
		c.runLater()
	}
}

// serve reports whether the first turn has to be run.
func (c *Conn) serve(o Owner) bool {
	c.owner = o
	if c.blocking != nil {
		go c.blocking.serve(c) // ends with Done, Close or the deadline
		return false
	}
	return c.polled.serve(c)
}

// Pass makes o the owner of the turns that follow. It is called from within a turn.
func (c *Conn) Pass(o Owner) {
	c.owner = o
	c.setMayWait(false)
}

// Polled reports whether c is on the polled path, whose turns may run on the goroutine that leads
// the turns of other sockets.
func (c *Conn) Polled() bool { return c.blocking == nil }

// Miss makes the next Serve begin with a turn, as after something was missed. Call it while no
// turns run.
func (c *Conn) Miss() {
	if c.blocking == nil { // else the first turn never waits
		c.polled.miss()
	}
}

// Rest returns what a Turn has to return to be called again after d. On the polled path input may
// bring a turn before.
func (c *Conn) Rest(d time.Duration) Turn {
	if c.blocking != nil {
		time.Sleep(d) // its goroutine has nothing else to do
		return Yield
	}
	time.AfterFunc(d, c.Wake)
	return Wait
}

// endErr returns why no more turns can run, or nil if they can.
func (c *Conn) endErr() error {
	if c.closed.Load() {
		return net.ErrClosed
	}
	if t := c.deadline.Load(); t != nil && !time.Now().Before(*t) {
		return errDeadline
	}
	return nil
}

// Read reads what is there into b. Except on the plain path it does not wait: if there is nothing,
// it returns ErrWait. At the end of the stream it returns io.EOF.
func (c *Conn) Read(b []byte) (int, error) {
	switch {
	case c.blocking != nil:
		return c.blocking.read(b)
	case c.layer != nil:
		return c.layer.Read(b)
	}
	return c.polled.read(b)
}

// Await makes the next turn wait until n bytes can be read, or no more follow; 0 means any. If so
// many are there already, a turn follows. It is a hint: on the other paths, and under a layer,
// which may have read some of the n bytes, every byte brings a turn. It may be called at any time.
func (c *Conn) Await(n int) {
	if c.blocking == nil && c.layer == nil {
		c.polled.await(n)
	}
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

// Pending reports whether TryWrite took bytes that the socket has not taken yet. Write, even of
// nothing, writes them.
func (c *Conn) Pending() bool { return c.layer != nil && c.layer.under.pending() }

// Layered reports whether a layer such as TLS lies over the polled socket.
func (c *Conn) Layered() bool { return c.layer != nil }

// Unwritten returns how many bytes TryWrite took that the socket has not taken yet.
func (c *Conn) Unwritten() int {
	if c.layer == nil {
		return 0
	}
	return c.layer.under.unwrittenLen()
}

// Write writes all of b, and fails if the peer takes too little of it within d: less than 16 KB,
// and less than the rest. With d <= 0 there is no limit.
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

// Progress returns a number that changes when the peer takes something of what Write writes.
func (c *Conn) Progress() int64 {
	if c.blocking != nil {
		return c.blocking.progress()
	}
	return c.polled.progress()
}

// Peer reports whether the peer is known to send no more, and whether it is known to take no more
// either. Only the polled path knows without reading.
func (c *Conn) Peer() (hungUp, gone bool) {
	if c.blocking != nil {
		return false, false
	}
	return c.polled.peer()
}

// CloseWrite tells the peer that no more data follows, if the socket can be closed by halves.
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

// SetReadDeadline ends the turns at t, with os.ErrDeadlineExceeded. The zero time removes the
// deadline.
func (c *Conn) SetReadDeadline(t time.Time) error {
	if c.closed.Load() {
		return net.ErrClosed
	}
	if t.IsZero() {
		c.deadline.Store(nil)
	} else {
		c.deadline.Store(&t) // whole, with its monotonic reading
	}
	if c.blocking != nil {
		return c.blocking.nc.SetReadDeadline(t)
	}
	if !t.IsZero() {
		c.wakeAt(t)
	}
	return nil
}

// wakeAt makes a polled socket check its deadline at t.
func (c *Conn) wakeAt(t time.Time) {
	if d := time.Until(t); d > 0 {
		time.AfterFunc(d, c.wake)
		return
	}
	go c.wake() // ends at once, or with the turn that it runs
}

// Close closes the socket, and ends its turns and every call that waits. It does not wait for them
// to end, so it may be called from within Turn.
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
	if c.claim() {
		go c.runAway() // ends when Ended has been called
	}
	return nil
}
