// Package holdtest checks that clients that fall silent do not hold their connections for long.
// Its functions are called in a bubble of package testing/synctest.
package holdtest

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// Limits are how long a server may hold the connection of a silent client.
type Limits struct {
	Head time.Duration // before the end of the head of a request
	Body time.Duration // before the end of its body
	Idle time.Duration // after an answer
}

const (
	length  = "Content-Length: 5\r\n"
	chunked = "Transfer-Encoding: chunked\r\n"
	expects = "Expect: 100-continue\r\n"
	end     = "\r\n"
)

// A phase is a point at which a client falls silent, and how long it may be held then.
type phase struct {
	name, sent string
	most       time.Duration
}

// phases returns all phases of a request, of which head is the head without its last line. A server
// must answer it if it has no body, and keep the connection.
func phases(head string, l Limits) []phase {
	first := "GET / HTTP/1.1\r\nHost: x\r\n" + end
	return []phase{
		{"nothing", "", l.Head},
		{"half a line", head[:5], l.Head},
		{"half a head", head, l.Head},
		{"no body", head + length + end, l.Body},
		{"half a body", head + length + end + "he", l.Body},
		{"no chunk", head + chunked + end, l.Body},
		{"half a chunk", head + chunked + end + "5\r\nhe", l.Body},
		{"no last chunk", head + chunked + end + "2\r\nhe\r\n", l.Body},
		{"no trailer", head + chunked + end + "0\r\n", l.Body},
		{"a body that is expected", head + length + expects + end, l.Body},
		{"a large body", head + "Content-Length: 9000000000\r\n" + end, l.Body},
		{"after an answer", first, l.Idle},
		{"a byte after an answer", first + head[:1], l.Idle},
		{"half a line after an answer", first + head[:5], l.Head},
		{"half a head after an answer", first + head, l.Head},
		{"no body after an answer", first + head + length + end, l.Body},
	}
}

// Run has clients fall silent in each phase of a request. It fails t if one is held for too long.
func Run(t *testing.T, dial func() net.Conn, head string, l Limits) {
	t.Helper()
	for _, p := range phases(head, l) {
		took := untilCut(dial(), p.sent)
		if took > p.most {
			t.Errorf("%s of %.20q: the connection was held for %v, want %v at most",
				p.name, head, took, p.most)
		}
		if p.name == "after an answer" && took < l.Idle/2 {
			t.Errorf("after an answer the connection was kept for %v, want %v", took, l.Idle)
		}
	}
}

// Hold has clients fall silent in each phase of a request, and returns once they are silent.
func Hold(dial func() net.Conn, head string) {
	for _, p := range phases(head, Limits{}) {
		nc := dial()
		go untilCut(nc, p.sent) // ends with the server
	}
	time.Sleep(100 * time.Millisecond) // of the bubble
}

// untilCut sends text, reads what comes, and returns how long it takes until the connection is cut.
func untilCut(nc net.Conn, text string) time.Duration {
	start := time.Now()
	defer nc.Close()
	go func() { _, _ = io.WriteString(nc, text) }() // ends with nc
	_ = nc.SetReadDeadline(start.Add(time.Hour))
	_, _ = io.Copy(io.Discard, nc)
	return time.Since(start)
}

// A Listener is a listener without a network, whose clients come from this machine.
type Listener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

// Listen returns a Listener.
func Listen() *Listener {
	return &Listener{conns: make(chan net.Conn), closed: make(chan struct{})}
}

// Dial connects a client.
func (l *Listener) Dial(ctx context.Context) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case l.conns <- local{server}:
		return client, nil
	case <-l.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Dialer returns a function that connects a client, and fails t if that is refused.
func (l *Listener) Dialer(t testing.TB) func() net.Conn {
	return func() net.Conn {
		t.Helper()
		nc, err := l.Dial(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return nc
	}
}

// Accept returns the next connection.
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close ends Accept and Dial.
func (l *Listener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// Addr returns an address of this machine.
func (l *Listener) Addr() net.Addr { return loopback }

var loopback = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1}

// A local connection comes from this machine.
type local struct{ net.Conn }

// RemoteAddr returns an address of this machine.
func (local) RemoteAddr() net.Addr { return loopback }
