package gateway

import (
	"net"
	"sync"
)

// A handoffListener is a listener for connections that were accepted elsewhere.
type handoffListener struct {
	addr  net.Addr
	conns chan net.Conn
	once  sync.Once
	done  chan struct{}
}

func newHandoffListener(addr net.Addr) *handoffListener {
	return &handoffListener{addr: addr, conns: make(chan net.Conn), done: make(chan struct{})}
}

// handOff makes Accept return nc. Once the listener is closed, it closes nc.
func (l *handoffListener) handOff(nc net.Conn) {
	select {
	case l.conns <- nc:
	case <-l.done:
		_ = nc.Close() // the http.Server has ended
	}
}

// Accept returns the next connection.
func (l *handoffListener) Accept() (net.Conn, error) {
	select {
	case nc := <-l.conns:
		return nc, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

// Close ends Accept.
func (l *handoffListener) Close() error {
	l.once.Do(func() { close(l.done) })
	return nil
}

// Addr returns the address at which the connections came in.
func (l *handoffListener) Addr() net.Addr { return l.addr }
