package sock

import (
	"net"
	"os"
	"time"
)

var errDeadline = os.ErrDeadlineExceeded

// blocking is the two paths with a goroutine for each socket. Where the socket is the operating
// system's own, raw takes over reading and writing; else this is plain Read and Write.
type blocking struct {
	nc net.Conn
	raw
}

func newBlocking(nc net.Conn) *blocking {
	b := &blocking{nc: nc}
	b.raw.open(nc)
	return b
}

// serve gives turns until the end.
func (b *blocking) serve(c *Conn) {
	var err error
	if b.usable() {
		err = b.raw.loop(func() Turn { return b.turn(c) })
	} else {
		for c.owner.Turn() != Done {
		}
	}
	c.owner.Ended(err)
}

// turn gives one turn. When the loop has to end it goes to the poller, which alone ends it: a peer
// that always has more would keep the loop away from there.
func (b *blocking) turn(c *Conn) Turn {
	if turn := c.owner.Turn(); turn != Again {
		return turn
	}
	if c.endErr() != nil {
		return Wait
	}
	return Again
}

func (b *blocking) read(p []byte) (int, error) {
	if b.usable() {
		return b.raw.read(p)
	}
	return b.nc.Read(p)
}

func (b *blocking) tryWrite(p []byte) (int, error) {
	if b.usable() {
		return b.raw.tryWrite(p)
	}
	return 0, nil
}

func (b *blocking) write(p []byte, d time.Duration) error {
	if d > 0 {
		if err := b.nc.SetWriteDeadline(time.Now().Add(d)); err != nil {
			return err
		}
		// A deadline that stays would make a later write fail.
		defer func() { _ = b.nc.SetWriteDeadline(time.Time{}) }() // fails if the socket is closed
	}
	_, err := b.nc.Write(p)
	return err
}

func (b *blocking) closeWrite() {
	if half, ok := b.nc.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite() // fails if the peer has gone
	}
}

// close does not wait for the loop, within which it may be called.
func (b *blocking) close() {
	if b.usable() {
		b.closeWrite() // the peer need not wait for the loop
	}
	// On the raw path the socket closes when the loop ends, and TLS has a last word to write.
	go func() { _ = b.nc.Close() }() // ends with the loop, or after that word
}
