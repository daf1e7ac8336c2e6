// Package sock reads and writes stream sockets so that a connection that waits holds no buffer.
//
// Two paths lead to the socket. The raw path (raw_unix.go) asks Go's own poller when there is
// something to read and only then takes a buffer; writes try once and report how much the kernel
// took. The portable path serves every other net.Conn, such as TLS, with plain Read and Write: it
// waits with the buffer in its hand. Both keep the same promises, and one test runs over both.
package sock

import (
	"errors"
	"net"
	"sync/atomic"
	"time"
)

// ErrWait is returned by Read when there is nothing to read yet. The portable path never returns
// it.
var ErrWait = errors.New("nothing to read yet")

// A Turn is what a function given to [Conn.Loop] wants next.
type Turn uint8

const (
	Wait  Turn = iota // call again once there may be something to read
	Again             // call again at once
	Done              // end the loop
)

// A Conn is one socket. Loop and Read belong to one goroutine; TryWrite and Write to whoever holds
// the right to write, one at a time; SetReadDeadline and Close may be called by anybody.
type Conn struct {
	nc     net.Conn
	raw    raw          // the raw path, unusable on the portable one
	until  atomic.Int64 // the read deadline, Unix nanoseconds; 0: none
	closed atomic.Bool
}

// New takes over nc. The raw path is taken if nc is a socket of the operating system's and not a
// layer above one, and portable is false.
func New(nc net.Conn, portable bool) *Conn {
	c := &Conn{nc: nc}
	if !portable {
		c.raw.open(nc)
	}
	return c
}

// Portable reports whether c is on the portable path, where Read blocks and TryWrite takes nothing.
func (c *Conn) Portable() bool { return !c.raw.usable() }

// Loop calls f until it returns Done, and waits in between when f says so. Its error is that of the
// wait: the socket was closed, or a read deadline has passed.
func (c *Conn) Loop(f func() Turn) error {
	if c.raw.usable() {
		return c.raw.loop(func() Turn { return c.turn(f) })
	}
	for f() != Done {
	}
	return nil
}

// turn calls f, and goes to the poller when the loop has to end: the poller alone ends it, and a
// peer that always has more would keep the loop away from there.
func (c *Conn) turn(f func() Turn) Turn {
	if turn := f(); turn != Again {
		return turn
	}
	until := c.until.Load()
	if c.closed.Load() || until != 0 && time.Now().UnixNano() >= until {
		return Wait
	}
	return Again
}

// Read reads what is there into b, from within Loop: on the raw path without waiting, so that it
// may return ErrWait. At the end of the stream it returns io.EOF.
func (c *Conn) Read(b []byte) (int, error) {
	if c.raw.usable() {
		return c.raw.read(b)
	}
	return c.nc.Read(b)
}

// TryWrite writes as much of b as the socket takes without waiting, and returns how much that was.
func (c *Conn) TryWrite(b []byte) (int, error) {
	switch {
	case c.closed.Load():
		return 0, net.ErrClosed
	case c.raw.usable():
		return c.raw.tryWrite(b)
	}
	return 0, nil
}

// Write writes all of b, and fails if that takes longer than d. No limit is d <= 0.
func (c *Conn) Write(b []byte, d time.Duration) error {
	if c.closed.Load() {
		return net.ErrClosed
	}
	if d > 0 {
		if err := c.nc.SetWriteDeadline(time.Now().Add(d)); err != nil {
			return err
		}
		// A deadline that stays would make a later TryWrite fail.
		defer func() { _ = c.nc.SetWriteDeadline(time.Time{}) }() // fails if the socket is closed
	}
	_, err := c.nc.Write(b)
	return err
}

// CloseWrite tells the peer that nothing more will come, where the socket can say that. It belongs
// to whoever holds the right to write.
func (c *Conn) CloseWrite() {
	if half, ok := c.nc.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite() // fails if the peer has gone
	}
}

// SetReadDeadline makes Loop, or on the portable path Read, fail with os.ErrDeadlineExceeded at t.
// The zero time takes that back.
func (c *Conn) SetReadDeadline(t time.Time) error {
	if c.closed.Load() {
		return net.ErrClosed
	}
	until := t.UnixNano()
	if t.IsZero() {
		until = 0
	}
	c.until.Store(until)
	return c.nc.SetReadDeadline(t)
}

// Close closes the socket, ends Loop and every call that waits. It does not wait for them, so it
// may be called from within Loop.
func (c *Conn) Close() error {
	if c.closed.Swap(true) {
		return net.ErrClosed
	}
	if c.raw.usable() {
		c.CloseWrite() // the peer need not wait for Loop
	}
	// On the raw path the socket closes when Loop ends, and TLS has a last word to write.
	go func() { _ = c.nc.Close() }() // ends with Loop, or after that word
	return nil
}
