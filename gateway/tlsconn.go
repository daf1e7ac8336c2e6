package gateway

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"time"
)

// newHeadConn returns nc as a headConn of web, which is srv's own unless srv is nil.
func newHeadConn(nc net.Conn, web *http.Server, srv *Server) net.Conn {
	switch nc := nc.(type) {
	case interface{ head() *headConn }:
		return nc.(net.Conn) // it is one already
	case *tls.Conn:
		return &tlsHeadConn{&headConn{Conn: nc}, nc, web, srv}
	}
	return &headConn{Conn: nc, web: web}
}

// A tlsHeadConn is a headConn over TLS. An http.Server, which treats a *tls.Conn of its own
// specially, asks it for its ConnectionState before it reads.
type tlsHeadConn struct {
	*headConn
	tls *tls.Conn
	web *http.Server
	srv *Server // whose WebSockets it accepts; nil: other code comes before that
}

// ConnectionState does the handshake of TLS, within the time that an http.Server gives it, and
// returns its result. If it fails, or agrees on another protocol, the connection is closed.
func (c *tlsHeadConn) ConnectionState() tls.ConnectionState {
	ctx := context.Background()
	if d := handshakeTimeout(c.web); d > 0 {
		limited, cancel := context.WithTimeout(ctx, d)
		defer cancel()
		ctx = limited
	}
	err := c.tls.HandshakeContext(ctx)
	if err != nil {
		c.refuse(err)
		_ = c.Close() // Read fails
	}
	state := c.tls.ConnectionState()
	if p := state.NegotiatedProtocol; p != "" && p != "http/1.1" {
		_ = c.Close() // such as a check of ACME, which has got what it wants (RFC 8737)
	} else if err == nil && c.srv != nil {
		c.acceptFirst(state)
	}
	return state
}

// acceptFirst accepts or refuses the WebSocket that the first request asks for. Any other request
// is left to the http.Server, which would make 20 KB of garbage of this one.
func (c *tlsHeadConn) acceptFirst(state tls.ConnectionState) {
	if d := c.srv.limits.Handshake; d > 0 {
		_ = c.SetReadDeadline(time.Now().Add(d)) // fails if it is closed
	}
	rs := c.srv.pools.getScratch(true)
	n, err := c.tls.Read(rs.buf)
	head := bytes.Clone(rs.buf[:n])
	c.srv.pools.putScratch(rs, true)
	if err != nil {
		c.noteTimeout(err)
		_ = c.Close() // Read fails
		return
	}
	r, names, n := c.srv.readHead(head) // in a hundredth of what TLS has taken
	if r == nil {
		c.unread = head
		return
	}
	to := &session{srv: c.srv}
	if n < len(head) {
		to.unparsed = head[n:]
	}
	r.RemoteAddr, r.TLS = c.RemoteAddr().String(), &state
	to.openSocket(c.takeAll())
	c.srv.accept(to, &refusalWriter{session: to}, r, names)
}

// refuse logs a handshake that has failed, and tells a client that does not speak TLS at all.
func (c *tlsHeadConn) refuse(err error) {
	var header tls.RecordHeaderError
	if errors.As(err, &header) && header.Conn != nil && isHTTP(header.RecordHeader) {
		_, _ = io.WriteString(header.Conn, "HTTP/1.0 400 Bad Request\r\n\r\n"+
			"Client sent an HTTP request to an HTTPS server.\n")
		_ = header.Conn.Close() // it has no TLS that could end
		err = errors.New("client sent an HTTP request to an HTTPS server")
	}
	if c.note != nil {
		c.note(atTLS)
	}
	logf(c.web, "http: TLS handshake error from %s: %v", c.RemoteAddr(), err)
}

// isHTTP reports whether what came in place of a record of TLS is the beginning of a request.
func isHTTP(record [5]byte) bool {
	switch string(record[:]) {
	case "GET /", "HEAD ", "POST ", "PUT /", "OPTIO":
		return true
	}
	return false
}

// handshakeTimeout returns the shortest of the timeouts of web, as an http.Server does; 0 is none.
func handshakeTimeout(web *http.Server) (d time.Duration) {
	for _, t := range []time.Duration{web.ReadHeaderTimeout, web.ReadTimeout, web.WriteTimeout} {
		if t > 0 && (d == 0 || t < d) {
			d = t
		}
	}
	return d
}
