package sock

import (
	"net"
	"os"
	"sync/atomic"
	"time"
)

var errDeadline = os.ErrDeadlineExceeded

// blocking is the raw and the plain path, both with a goroutine for each socket. For a socket of
// the operating system raw reads and writes; for any other net.Conn, its own Read and Write do.
type blocking struct {
	nc    net.Conn
	limit writeLimit
	taken atomic.Int64 // by write, so far
	raw
}

func newBlocking(nc net.Conn, s *stacks) *blocking {
	b := &blocking{nc: nc}
	b.raw.open(nc, s)
	return b
}

// serve runs turns until the end.
func (b *blocking) serve(c *Conn) {
	var err error
	returned := false
	defer func() {
		if !returned { // a turn has ended this goroutine
			go c.owner.Ended(nil) // which has nothing else to do
		}
	}()
	if b.usable() {
		err = b.raw.serve(func() Turn { return b.runTurn(c) })
	} else {
		for c.owner.Turn() != Done {
		}
	}
	returned = true
	c.owner.Ended(err)
}

// runTurn runs one turn. If the turns have to end, it returns Wait even when there is more to read:
// only Go's poller, which Wait returns to, ends them.
func (b *blocking) runTurn(c *Conn) Turn {
	if turn := c.owner.Turn(); turn == Wait || turn == Done {
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
	if d <= 0 {
		_, err := b.nc.Write(p)
		return err
	}
	defer b.limit.stop(b.nc)
	for {
		if err := b.limit.start(b.nc, d); err != nil {
			return err
		}
		n, err := b.nc.Write(p[:min(len(p), writePiece)])
		b.taken.Add(int64(n))
		if p = p[n:]; err != nil || len(p) == 0 {
			return err
		}
	}
}

func (b *blocking) progress() int64 {
	n, _ := unsent(b.nc)
	return b.taken.Load() - int64(n)
}

func (b *blocking) closeWrite() {
	if half, ok := b.nc.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite() // fails if the peer has gone
	}
}

// close does not wait for the turns to end, because it may be called from within one.
func (b *blocking) close() {
	if b.usable() {
		b.closeWrite() // so that the peer need not wait for the turn to end
	}
	// On the raw path the socket closes when the turns end; TLS first writes its close_notify.
	go func() { _ = b.nc.Close() }() // ends with the turns, or when close_notify is written
}
