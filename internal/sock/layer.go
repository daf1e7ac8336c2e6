package sock

import (
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// UnderTLS returns a listener for [crypto/tls.NewListener] or another layer whose connections have
// a method NetConn. Open recognizes them by that method and lets a Poller watch the socket below.
func UnderTLS(l net.Listener) net.Listener { return underListener{l} }

type underListener struct{ net.Listener }

func (l underListener) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &underConn{Conn: nc}, nil
}

// BeforeRead arranges that f is called once: before the next read of a connection that a listener
// of UnderTLS has accepted, or before it is closed. It reports false for any other connection.
func BeforeRead(nc net.Conn, f func()) bool {
	u, ok := nc.(*underConn)
	if ok {
		u.before.Store(&f)
	}
	return ok
}

// A layer is a protocol, such as TLS, over a polled socket. It reads and writes without waiting, as
// the socket does: a read may return nothing, and the underConn keeps what the socket did not take.
type layer struct {
	net.Conn
	under *underConn
}

// layerOver returns nc as a layer, or nil if nc does not lie over an underConn.
func layerOver(nc net.Conn) *layer {
	if over, ok := nc.(interface{ NetConn() net.Conn }); ok {
		if u, ok := over.NetConn().(*underConn); ok {
			return &layer{nc, u}
		}
	}
	return nil
}

// Read reads through the layer. It ends a connection whose layer owes its peer too much.
func (l *layer) Read(b []byte) (int, error) {
	n, err := l.Conn.Read(b)
	if l.under.overOwed.Load() {
		return 0, errOwed
	}
	return n, err
}

func (l *layer) tryWrite(b []byte) (int, error) {
	if l.under.pending() {
		return 0, nil
	}
	return l.Write(b)
}

// write writes what was unwritten before, then all of b.
func (l *layer) write(c *Conn, b []byte, d time.Duration) error {
	if err := l.flushUnwritten(c, d); err != nil {
		return err
	}
	if _, err := l.Write(b); err != nil {
		return err
	}
	return l.flushUnwritten(c, d)
}

// flushUnwritten writes the unwritten bytes, including those that the layer adds meanwhile.
func (l *layer) flushUnwritten(c *Conn, d time.Duration) error {
	for b := l.under.takeUnwritten(); b != nil; b = l.under.takeUnwritten() {
		if err := c.polled.write(c, b, d); err != nil {
			return err
		}
	}
	return nil
}

// closeWrite sends the layer's own end, such as TLS's close_notify.
func (l *layer) closeWrite() {
	if half, ok := l.Conn.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite() // fails if the peer has gone
	}
}

// An underConn is the socket below a layer. Until it is attached it is an ordinary net.Conn.
type underConn struct {
	net.Conn
	polled atomic.Pointer[Conn]   // nil until attached
	before atomic.Pointer[func()] // of BeforeRead, nil once it was called

	mu        sync.Mutex
	unwritten []byte // written by the layer, and not taken by the socket
	owed      int    // bytes of unwritten that the layer wrote of itself, at most
	overOwed  atomic.Bool
	flushing  bool // unwritten bytes are being written; later ones must wait behind them
}

// Read returns ErrWait, a temporary error to the layer, when there is nothing to read.
func (u *underConn) Read(p []byte) (int, error) {
	u.callBefore()
	if c := u.polled.Load(); c != nil {
		return c.polled.read(p)
	}
	return u.Conn.Read(p)
}

// callBefore calls the function of BeforeRead, if there is one.
func (u *underConn) callBefore() {
	if u.before.Load() == nil {
		return
	}
	if f := u.before.Swap(nil); f != nil {
		(*f)()
	}
}

// Write takes all of p, because a layer cannot continue after a partial write.
func (u *underConn) Write(p []byte) (int, error) {
	c := u.polled.Load()
	if c == nil {
		return u.Conn.Write(p)
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	n := 0
	if len(u.unwritten) == 0 && !u.flushing {
		var err error
		if n, err = c.polled.tryWrite(p); err != nil {
			return 0, err
		}
	}
	if err := u.owe(len(p) - n); err != nil {
		return n, err
	}
	u.unwritten = append(u.unwritten, p[n:]...)
	return len(p), nil
}

// A layer writes of itself, for example to answer a request for new keys (RFC 8446 section 4.6.3),
// and a peer may ask without end and take none of it. Such writes are short; of those that a Conn
// asks for, only the last record of a message is, and the next message waits for it.
const (
	maxOwnWrite = 128
	maxOwed     = 16 << 10
)

var errOwed = errors.New("peer asks TLS for answers that it does not take")

// owe counts n bytes that the socket does not take. u.mu is held.
func (u *underConn) owe(n int) error {
	if n > maxOwnWrite {
		return nil
	}
	if u.owed += n; u.owed > maxOwed {
		u.overOwed.Store(true)
		return errOwed
	}
	return nil
}

// pending reports whether bytes wait to be written.
func (u *underConn) pending() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return len(u.unwritten) > 0 || u.flushing
}

func (u *underConn) unwrittenLen() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return len(u.unwritten)
}

// takeUnwritten returns the unwritten bytes, or nil if there are none. The caller must write them
// before it calls takeUnwritten again.
func (u *underConn) takeUnwritten() []byte {
	u.mu.Lock()
	defer u.mu.Unlock()
	b := u.unwritten
	u.unwritten, u.flushing = nil, len(u.unwritten) > 0
	if b == nil {
		u.owed = 0
	}
	return b
}

// Close leaves an attached socket to its Conn.
func (u *underConn) Close() error {
	u.callBefore()
	if u.polled.Load() != nil {
		return nil
	}
	return u.Conn.Close()
}

// SetDeadline does nothing once the socket is attached, because its calls never wait.
func (u *underConn) SetDeadline(t time.Time) error { return u.setDeadline(u.Conn.SetDeadline, t) }

// SetReadDeadline is as SetDeadline.
func (u *underConn) SetReadDeadline(t time.Time) error {
	return u.setDeadline(u.Conn.SetReadDeadline, t)
}

// SetWriteDeadline is as SetDeadline.
func (u *underConn) SetWriteDeadline(t time.Time) error {
	return u.setDeadline(u.Conn.SetWriteDeadline, t)
}

func (u *underConn) setDeadline(set func(time.Time) error, t time.Time) error {
	if u.polled.Load() != nil {
		return nil
	}
	return set(t)
}
