package gateway

import (
	"net"
	"sync"
)

// siding is a listener for connections that have been accepted elsewhere.
type siding struct {
	addr  net.Addr
	conns chan net.Conn
	once  sync.Once
	done  chan struct{}
}

func newSiding(addr net.Addr) *siding {
	return &siding{addr: addr, conns: make(chan net.Conn), done: make(chan struct{})}
}

// give makes Accept return nc. Once the siding is closed, it closes nc.
func (s *siding) give(nc net.Conn) {
	select {
	case s.conns <- nc:
	case <-s.done:
		_ = nc.Close() // nobody is there for it
	}
}

// Accept returns the next connection.
func (s *siding) Accept() (net.Conn, error) {
	select {
	case nc := <-s.conns:
		return nc, nil
	case <-s.done:
		return nil, net.ErrClosed
	}
}

// Close ends Accept.
func (s *siding) Close() error {
	s.once.Do(func() { close(s.done) })
	return nil
}

// Addr returns the address at which the connections came in.
func (s *siding) Addr() net.Addr { return s.addr }

// readAhead is a connection of which something has been read already.
type readAhead struct {
	net.Conn
	head []byte
}

// CloseWrite lets an http.Server hang up in a way that does not destroy its answer.
func (r *readAhead) CloseWrite() error {
	if half, ok := r.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// Read reads that first.
func (r *readAhead) Read(b []byte) (int, error) {
	if len(r.head) == 0 {
		return r.Conn.Read(b)
	}
	n := copy(b, r.head)
	r.head = r.head[n:]
	return n, nil
}
