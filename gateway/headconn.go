package gateway

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/tyg-dev/tyg/gateway/internal/handshake"
)

// KeepHeaderNames makes web, an http.Server with a Server in its handler, keep the names of headers
// as clients spell them, see tyg.Request.HeaderNames: web.Serve(gateway.KeepHeaderNames(web, l)).
// An http.Server alone respells them in Go's canonical form before the Server sees them. Call it
// before web serves; it sets web.ConnContext, and the function that was there is still called.
//
// For TLS, l is a tls.NewListener whose configuration offers HTTP/1.1 only. A connection for which
// another protocol was agreed on is closed.
func KeepHeaderNames(web *http.Server, l net.Listener) net.Listener {
	before := web.ConnContext
	web.ConnContext = func(ctx context.Context, nc net.Conn) context.Context {
		if before != nil {
			ctx = before(ctx, nc)
		}
		return withHeadConn(ctx, nc)
	}
	return headListener{l, web, nil, nil}
}

// maxReceived is how much of what it has received a headConn keeps, in bytes: the longest head, and
// the buffer of an http.Server, which may have read on.
const maxReceived = maxHead + 8<<10

// A headConn is a connection of an http.Server. It keeps the end of what it has received, because
// the http.Server does not tell how the names in it were spelt.
type headConn struct {
	net.Conn
	unread []byte       // read before from Conn
	web    *http.Server // until the first byte has been read of a connection that is not TLS

	mu       sync.Mutex // an http.Server reads while a handler runs
	received []byte     // the last maxReceived bytes, or up to twice as many
	until    time.Time  // when reads end, because the Server shuts down; zero: it does not
	handling bool       // a request is complete and handled: reads end later
	taken    bool       // the socket belongs to a session

	note   func(cut) // nil: of an http.Server that is not a Server's own
	served bool      // the request has reached the handler
	idle   bool      // no request is awaited

	gate *headGate // nil: of an http.Server that is not a Server's own
	slot headSlot  // of gate
	free bool      // needs none now

	readLimit  time.Duration // for each read; 0: none, or the deadline that was set last counts
	writeLimit time.Duration // for each write of up to writePiece bytes; 0: none
	writeUntil time.Time     // the deadline that was set for writes; zero: none
}

// writePiece is how many bytes a client must take within Limits.Write.
const writePiece = 16 << 10

// head returns c, or the one within a type that embeds it.
func (c *headConn) head() *headConn { return c }

// Read returns the bytes read already before it reads from the connection.
func (c *headConn) Read(b []byte) (n int, err error) {
	if c.isTaken() {
		return 0, io.EOF
	}
	// With one byte, an http.Server notices that a client leaves while its handler runs. It waits for
	// the end of such a read, perhaps in the slot.
	if len(b) > 1 {
		c.leaveSlot()
		defer func() {
			if n > 0 {
				c.enterSlot()
			}
		}()
	}
	if len(c.unread) > 0 {
		n = copy(b, c.unread)
		c.unread = c.unread[n:]
	} else {
		c.limitRead()
		n, err = c.Conn.Read(b)
		if n > 0 && c.web != nil {
			if b[0] == tlsRecord {
				c.refuseTLS()
				return 0, io.EOF
			}
			c.web = nil
		}
	}
	c.noteTimeout(err)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.received = append(c.received, b[:n]...); len(c.received) > 2*maxReceived {
		c.received = append([]byte(nil), c.received[len(c.received)-maxReceived:]...)
	}
	return n, err
}

// limitReads limits each read until SetReadDeadline is called. A nil c does nothing.
func (c *headConn) limitReads(d time.Duration) {
	if c != nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.readLimit = d
	}
}

// limitRead limits the next read as limitReads says.
func (c *headConn) limitRead() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.readLimit > 0 {
		_ = c.setReadDeadlineLocked(time.Now().Add(c.readLimit)) // fails if it is closed
	}
}

// Write writes b. A client that takes nothing of it for too long is cut, not one that is slow.
func (c *headConn) Write(b []byte) (n int, err error) {
	c.noteRefusal(b)
	c.leaveSlot()
	defer c.enterSlot()
	for {
		if err := c.limitWrite(); err != nil {
			return n, err
		}
		m, err := c.Conn.Write(b[n:min(len(b), n+writePiece)])
		if n += m; err != nil || n == len(b) {
			return n, err
		}
	}
}

// setServed notes that the request has reached the handler. A nil c does nothing.
func (c *headConn) setServed() {
	if c != nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.served = true
	}
}

// setIdle notes whether the client has its answer and has not begun another request.
func (c *headConn) setIdle(idle bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.idle = idle
	if idle {
		c.served = false
	}
}

// noteTimeout notes a request that has not arrived in time, which an http.Server does not tell of.
func (c *headConn) noteTimeout(err error) {
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		return
	}
	c.mu.Lock()
	why, is := atHandshake, c.note != nil && !c.served && !c.idle
	if !c.until.IsZero() {
		why = atShutdown
	}
	c.served = true // once
	c.mu.Unlock()
	if is {
		c.note(why)
	}
}

// noteRefusal notes an answer that an http.Server gives itself.
func (c *headConn) noteRefusal(answer []byte) {
	c.mu.Lock()
	is := c.note != nil && !c.served
	c.mu.Unlock()
	switch {
	case !is:
	case bytes.HasPrefix(answer, []byte("HTTP/1.1 431")):
		c.note(largeHead)
	case bytes.HasPrefix(answer, []byte("HTTP/1.1 4")), bytes.HasPrefix(answer, []byte("HTTP/1.1 5")):
		c.note(badRequest)
	}
}

// limitWrite limits the next write.
func (c *headConn) limitWrite() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.writeLimit == 0 || c.taken {
		return nil
	}
	t := time.Now().Add(c.writeLimit)
	if !c.writeUntil.IsZero() && c.writeUntil.Before(t) {
		t = c.writeUntil
	}
	return c.Conn.SetWriteDeadline(t)
}

// SetWriteDeadline sets when writes end, if they do not end before.
func (c *headConn) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writeUntil = t
	if c.taken {
		return nil
	}
	return c.Conn.SetWriteDeadline(t)
}

// SetReadDeadline sets when reads end: at t, or before it if the Server shuts down.
func (c *headConn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.readLimit = 0
	return c.setReadDeadlineLocked(t)
}

func (c *headConn) setReadDeadlineLocked(t time.Time) error {
	if c.taken {
		return nil
	}
	if !c.until.IsZero() && !c.handling && (t.IsZero() || t.After(c.until)) {
		t = c.until
	}
	return c.Conn.SetReadDeadline(t)
}

// endReads ends reads at t, or once a request that is complete has been handled.
func (c *headConn) endReads(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.until = t
	if !c.handling && !c.taken {
		_ = c.Conn.SetReadDeadline(t) // fails if it is closed
	}
}

// setHandling notes whether a request is complete and handled. A nil c does nothing.
func (c *headConn) setHandling(on bool) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.handling = on
	if c.until.IsZero() || c.taken {
		return
	}
	t := c.until
	if on {
		t = time.Time{}
	}
	_ = c.Conn.SetReadDeadline(t) // fails if it is closed
}

// take returns the connection below c for a session, and what was read from it before.
func (c *headConn) take() (nc net.Conn, unread []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.taken = true
	return c.Conn, c.unread
}

// takeAll takes the connection from an http.Server that does not know: for it, it ends here.
func (c *headConn) takeAll() net.Conn {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.taken = true
	_ = c.Conn.SetDeadline(time.Time{}) // fails if it is closed
	return c.Conn
}

func (c *headConn) isTaken() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.taken
}

// CloseWrite lets an http.Server close without destroying its answer.
func (c *headConn) CloseWrite() error {
	c.setFree(true) // the http.Server sleeps before it closes
	if c.isTaken() {
		return nil
	}
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// Close closes the connection, for which TLS may wait for the client.
func (c *headConn) Close() error {
	c.setFree(true)
	if c.isTaken() {
		return nil
	}
	return c.Conn.Close()
}

// headKey is the key of the *headConn in the context of a request.
type headKey struct{}

func withHeadConn(ctx context.Context, nc net.Conn) context.Context {
	if c, ok := nc.(interface{ head() *headConn }); ok {
		return context.WithValue(ctx, headKey{}, c.head())
	}
	return ctx
}

// headConnOf returns the connection of r, or nil if it is of another kind.
func headConnOf(r *http.Request) *headConn {
	c, _ := r.Context().Value(headKey{}).(*headConn)
	return c
}

// sentNames returns the names of the headers of r as the client spelt them, or nil if the
// connection does not know them.
func sentNames(r *http.Request) []string {
	c := headConnOf(r)
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return handshake.Names(c.received, r)
}

// A headListener is a listener of an http.Server whose connections are headConns.
type headListener struct {
	net.Listener
	web    *http.Server
	failed func(error) // gets the errors of Accept; nil drops them
	srv    *Server     // whose own web is; nil: it is not
}

// Accept returns the next connection.
func (l headListener) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err != nil {
		if l.failed != nil && !errors.Is(err, net.ErrClosed) {
			l.failed(err)
		}
		return nil, err
	}
	return newHeadConn(nc, l.web, l.srv), nil
}
