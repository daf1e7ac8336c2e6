package gateway

import (
	"context"
	"net"
	"net/http"
	"sync"

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
	return headListener{l, web}
}

// maxReceived is how much of what it has received a headConn keeps, in bytes: the longest head, and
// the buffer of an http.Server, which may have read on.
const maxReceived = maxHead + 8<<10

// A headConn is a connection of an http.Server. It keeps the end of what it has received, because
// the http.Server does not tell how the names in it were spelt.
type headConn struct {
	net.Conn
	unread []byte // read before from Conn

	mu       sync.Mutex // an http.Server reads while a handler runs
	received []byte     // the last maxReceived bytes, or up to twice as many
}

// head returns c, or the one within a type that embeds it.
func (c *headConn) head() *headConn { return c }

// Read returns the bytes read already before it reads from the connection.
func (c *headConn) Read(b []byte) (n int, err error) {
	if len(c.unread) > 0 {
		n = copy(b, c.unread)
		c.unread = c.unread[n:]
	} else {
		n, err = c.Conn.Read(b)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.received = append(c.received, b[:n]...); len(c.received) > 2*maxReceived {
		c.received = append([]byte(nil), c.received[len(c.received)-maxReceived:]...)
	}
	return n, err
}

// CloseWrite lets an http.Server close without destroying its answer.
func (c *headConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
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
	web *http.Server
}

// Accept returns the next connection.
func (l headListener) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return newHeadConn(nc, l.web), nil
}
