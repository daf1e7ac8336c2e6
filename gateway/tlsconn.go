package gateway

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"time"
)

// newHeadConn returns nc as a headConn of web.
func newHeadConn(nc net.Conn, web *http.Server) net.Conn {
	switch nc := nc.(type) {
	case interface{ head() *headConn }:
		return nc.(net.Conn) // it is one already
	case *tls.Conn:
		return &tlsHeadConn{&headConn{Conn: nc}, nc, web}
	}
	return &headConn{Conn: nc, web: web}
}

// A tlsHeadConn is a headConn over TLS. An http.Server, which treats a *tls.Conn of its own
// specially, asks it for its ConnectionState before it reads.
type tlsHeadConn struct {
	*headConn
	tls *tls.Conn
	web *http.Server
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
	if err := c.tls.HandshakeContext(ctx); err != nil {
		c.refuse(err)
		_ = c.Close() // Read fails
	}
	state := c.tls.ConnectionState()
	if p := state.NegotiatedProtocol; p != "" && p != "http/1.1" {
		_ = c.Close() // such as a check of ACME, which has got what it wants (RFC 8737)
	}
	return state
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
