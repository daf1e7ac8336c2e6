// Package dualport accepts TLS and plain connections on one port: a client that begins with a TLS
// handshake gets one.
package dualport

import (
	"crypto/tls"
	"net"
	"sync"
	"time"
)

// firstByteTimeout is how long a client may take from its connection to its first byte.
const firstByteTimeout = 5 * time.Second

// handshakeRecord is the first byte of a TLS connection (RFC 8446 section 5.1). No HTTP request
// begins with it.
const handshakeRecord = 0x16

// New returns a listener for the connections of l. Accept returns a *tls.Conn, whose handshake is
// still to be done, if the client speaks TLS, and the connection of l if not. A client that sends
// nothing for five seconds is disconnected. Close closes l, and disconnects clients that Accept has
// not returned.
func New(l net.Listener, cfg *tls.Config) net.Listener {
	d := &listener{
		Listener: l, config: cfg,
		conns: make(chan net.Conn), errs: make(chan error), done: make(chan struct{}),
		waiting: make(map[net.Conn]struct{}),
	}
	d.work.Go(d.acceptAll)
	return d
}

type listener struct {
	net.Listener
	config *tls.Config
	conns  chan net.Conn
	errs   chan error
	work   sync.WaitGroup // acceptAll and its goroutines; Close ends and awaits them
	once   sync.Once
	done   chan struct{}

	mu      sync.Mutex
	waiting map[net.Conn]struct{} // that have sent nothing yet
	closed  bool
}

func (d *listener) acceptAll() {
	for {
		nc, err := d.Listener.Accept()
		if err != nil {
			select {
			case d.errs <- err: // an http.Server decides whether it tries again
				continue
			case <-d.done:
				return
			}
		}
		if !d.wait(nc) {
			return
		}
		d.work.Go(func() { d.deliver(nc) })
	}
}

// wait notes that nc has sent nothing yet. It returns false, and closes nc, after Close.
func (d *listener) wait(nc net.Conn) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		_ = nc.Close()
		return false
	}
	d.waiting[nc] = struct{}{}
	return true
}

// deliver hands a connection to Accept once its first byte is there.
func (d *listener) deliver(nc net.Conn) {
	_ = nc.SetReadDeadline(time.Now().Add(firstByteTimeout)) // a closed connection fails below
	first, peeked, err := peek(nc)
	_ = nc.SetReadDeadline(time.Time{})
	d.mu.Lock()
	delete(d.waiting, nc)
	d.mu.Unlock()
	if err != nil {
		_ = nc.Close()
		return
	}
	if first == handshakeRecord {
		peeked = tls.Server(peeked, d.config)
	}
	select {
	case d.conns <- peeked:
	case <-d.done:
		_ = nc.Close()
	}
}

// Accept returns the next connection.
func (d *listener) Accept() (net.Conn, error) {
	select {
	case nc := <-d.conns:
		return nc, nil
	case err := <-d.errs:
		return nil, err
	case <-d.done:
		return nil, net.ErrClosed
	}
}

// Close closes the listener.
func (d *listener) Close() (err error) {
	d.once.Do(func() {
		close(d.done)
		err = d.Listener.Close()
		d.mu.Lock()
		d.closed = true
		for nc := range d.waiting {
			_ = nc.Close()
		}
		d.mu.Unlock()
		d.work.Wait()
	})
	return err
}
