package sock

import (
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Beneath returns a listener whose connections a Poller can watch although another layer, TLS for
// example, lies over them: Open recognizes them by the layer's method NetConn.
func Beneath(l net.Listener) net.Listener { return beneath{l} }

type beneath struct{ net.Listener }

func (b beneath) Accept() (net.Conn, error) {
	nc, err := b.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &base{Conn: nc}, nil
}

// A layer is what lies over a polled socket. It reads and writes without waiting, as the socket
// does: what there is to read may be nothing, and what the socket does not take now, the base owes.
type layer struct {
	net.Conn
	base *base
}

// layerOver returns the layer that nc is, or nil if there is no base below.
func layerOver(nc net.Conn) *layer {
	if over, ok := nc.(interface{ NetConn() net.Conn }); ok {
		if b, ok := over.NetConn().(*base); ok {
			return &layer{nc, b}
		}
	}
	return nil
}

func (l *layer) tryWrite(b []byte) (int, error) {
	if l.base.behind() {
		return 0, nil
	}
	return l.Write(b)
}

// write writes all of b and what is owed before and after it.
func (l *layer) write(c *Conn, b []byte, d time.Duration) error {
	if err := l.settle(c, d); err != nil {
		return err
	}
	if _, err := l.Write(b); err != nil {
		return err
	}
	return l.settle(c, d)
}

// settle writes what is owed, and what the layer adds meanwhile.
func (l *layer) settle(c *Conn, d time.Duration) error {
	for owed := l.base.take(); owed != nil; owed = l.base.take() {
		if err := c.polled.write(c, owed, d); err != nil {
			return err
		}
	}
	return nil
}

// closeWrite says the layer's goodbye.
func (l *layer) closeWrite() {
	if half, ok := l.Conn.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite() // fails if the peer has gone
	}
}

// A base is the socket below a layer. Until it is attached it is an ordinary net.Conn.
type base struct {
	net.Conn
	polled atomic.Pointer[Conn] // nil until attached

	mu       sync.Mutex
	owed     []byte // was written by the layer, and not taken by the socket
	settling bool   // somebody is writing what was owed: all else comes after it
}

// Read returns ErrWait, which to a layer is a passing failure, when there is nothing to read.
func (b *base) Read(p []byte) (int, error) {
	if c := b.polled.Load(); c != nil {
		return c.polled.read(p)
	}
	return b.Conn.Read(p)
}

// Write takes all of p. Layers cannot go on after a part.
func (b *base) Write(p []byte) (int, error) {
	c := b.polled.Load()
	if c == nil {
		return b.Conn.Write(p)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	n := 0
	if len(b.owed) == 0 && !b.settling {
		var err error
		if n, err = c.polled.tryWrite(p); err != nil {
			return 0, err
		}
	}
	b.owed = append(b.owed, p[n:]...)
	return len(p), nil
}

// behind reports whether the base owes anything.
func (b *base) behind() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.owed) > 0 || b.settling
}

// take returns what is owed, for the caller to write before it asks again, or nil.
func (b *base) take() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	owed := b.owed
	b.owed, b.settling = nil, len(b.owed) > 0
	return owed
}

// Close leaves an attached socket to its Conn.
func (b *base) Close() error {
	if b.polled.Load() != nil {
		return nil
	}
	return b.Conn.Close()
}

// SetDeadline and its like have no meaning for what never waits.
func (b *base) SetDeadline(t time.Time) error { return b.unless(b.Conn.SetDeadline, t) }

// SetReadDeadline is as SetDeadline.
func (b *base) SetReadDeadline(t time.Time) error { return b.unless(b.Conn.SetReadDeadline, t) }

// SetWriteDeadline is as SetDeadline.
func (b *base) SetWriteDeadline(t time.Time) error { return b.unless(b.Conn.SetWriteDeadline, t) }

func (b *base) unless(set func(time.Time) error, t time.Time) error {
	if b.polled.Load() != nil {
		return nil
	}
	return set(t)
}
