package load

import (
	"crypto/tls"
	"fmt"
	"net"
	"syscall"
	"time"
)

// tlsResult is the outcome of a TLS handshake.
type tlsResult struct {
	conn *tls.Conn
	err  error
}

// dialTLS connects and does the TLS handshake on a goroutine, because package tls needs a blocking
// socket for it. After that the poller owns the connection, as any other.
func (c *conn) dialTLS() error {
	timeout := syscall.NsecToTimeval(int64(c.client.Timeout))
	err := syscall.SetsockoptTimeval(c.fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &timeout)
	if err != nil {
		return c.failed("set timeout", err)
	}
	if err := syscall.SetNonblock(c.fd, false); err != nil {
		return c.failed("set blocking", err)
	}
	l, fd, index := c.client, c.fd, c.index // the poller owns c once there is a result
	l.dialing.Go(func() {                   // close waits for it
		conn, err := c.handshake()
		c.dialing.Store(&tlsResult{conn, err})
		if err := l.poll.add(fd, index); err != nil {
			panic(fmt.Sprintf("load: poll connection %d: %v", index, err))
		}
	})
	return nil
}

func (c *conn) handshake() (*tls.Conn, error) {
	target := c.client.target // Connect writes in it
	if err := syscall.Connect(c.fd, &target); err != nil {
		return nil, err
	}
	s := &socket{conn: c, blocks: true}
	conn := tls.Client(s, c.client.TLS)
	if err := conn.Handshake(); err != nil {
		return nil, err
	}
	s.blocks = false
	return conn, syscall.SetNonblock(c.fd, true)
}

// readTLS reads until the socket is empty, because the poller does not know what package tls
// buffers.
func (c *conn) readTLS() ([]byte, error) {
	c.secure.NetConn().(*socket).drained = false
	b, n := c.client.buf, 0
	for n < len(b) {
		m, err := c.secure.Read(b[n:])
		n += m
		if err == errEmpty {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	return b[:n], nil
}

// socket is the net.Conn under a tls.Conn.
type socket struct {
	conn    *conn
	blocks  bool // during the handshake
	drained bool // the last read emptied it
}

var _ net.Conn = (*socket)(nil)

// Read returns errEmpty if the socket is empty and does not block.
func (s *socket) Read(b []byte) (int, error) {
	if s.blocks {
		return s.wait(syscall.Read, b)
	}
	if s.drained {
		return 0, errEmpty
	}
	n, err := s.conn.readRaw(b)
	s.drained = n < len(b)
	if n == 0 && err == nil {
		return 0, errEmpty
	}
	return n, err
}

// Write always takes all of b: the connection keeps what the socket does not take.
func (s *socket) Write(b []byte) (int, error) {
	if !s.blocks {
		return len(b), s.conn.writeRaw(b)
	}
	for written := 0; written < len(b); {
		n, err := s.wait(syscall.Write, b[written:])
		if err != nil {
			return written, err
		}
		written += n
	}
	return len(b), nil
}

// wait repeats call after signals.
func (s *socket) wait(call func(int, []byte) (int, error), b []byte) (int, error) {
	for {
		n, err := call(s.conn.fd, b)
		switch {
		case err == syscall.EINTR:
		case err != nil:
			return 0, err
		case n == 0:
			return 0, s.conn.failed("TLS handshake of", fmt.Errorf("the server closed the connection"))
		default:
			return n, nil
		}
	}
}

// The rest of net.Conn is not used by package tls before Close.

func (s *socket) Close() error                     { return nil }
func (s *socket) LocalAddr() net.Addr              { return nil }
func (s *socket) RemoteAddr() net.Addr             { return nil }
func (s *socket) SetDeadline(time.Time) error      { return nil }
func (s *socket) SetReadDeadline(time.Time) error  { return nil }
func (s *socket) SetWriteDeadline(time.Time) error { return nil }

// errEmpty is a temporary net.Error, after which package tls continues to read.
var errEmpty net.Error = empty{}

type empty struct{}

func (empty) Error() string   { return "no data has arrived" }
func (empty) Timeout() bool   { return true }
func (empty) Temporary() bool { return true }
