package gateway

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/tyg-dev/tyg/internal/sock"
)

// Serve takes over l, accepts connections on it until Shutdown, and serves them: WebSockets and
// calls of the @connections API. It always returns an error; after Shutdown that is
// http.ErrServerClosed. It may be called for several listeners.
//
// A Server is an http.Handler and can be served by any http.Server. Serve is the faster way: it
// reads handshakes itself, with less work for each and without buffers that stay, and leaves to an
// http.Server of its own whatever is not plainly a handshake. That one allows 16 KB of header,
// Limits.Handshake for it to come, and a minute of silence between requests.
func (s *Server) Serve(l net.Listener) error {
	defer l.Close()
	if err := s.Start(); err != nil {
		return err
	}
	err := s.serve(l)
	if s.front.isShut() {
		return http.ErrServerClosed
	}
	return err
}

func (s *Server) serve(l net.Listener) error {
	if s.TLS != nil {
		cfg := s.TLS.Clone()
		cfg.NextProtos = []string{"http/1.1"} // a WebSocket begins as that
		return s.front.web.Serve(tls.NewListener(sock.UnderTLS(l), cfg))
	}
	if !s.front.open(l.Addr()) {
		return http.ErrServerClosed
	}
	if poller := s.poller(); poller != nil {
		if a, err := poller.Accept(l, s.welcome); err == nil {
			s.front.add(a)
			return a.Wait()
		}
	}
	switch l.(type) {
	case *net.TCPListener, *net.UnixListener:
		s.front.add(l)
		return s.acceptAll(l)
	}
	return s.front.web.Serve(l) // its connections may be more than sockets, which handlers are told of
}

// How long to wait after an Accept that failed, and how often in a row it may. The usual cause is that
// there are no descriptors left, which passes.
const (
	acceptPause = 20 * time.Millisecond
	acceptTries = 500
)

// acceptAll is what a sock.Acceptor does, with a goroutine for each client. An http.Server in its place
// leaves 5 KB of garbage for each.
func (s *Server) acceptAll(l net.Listener) error {
	for failed := 0; ; {
		nc, err := l.Accept()
		switch {
		case err == nil:
			failed = 0
			g, arrive := s.welcome(addrPortOf(nc.RemoteAddr()))
			g.Open(nc, nil)
			arrive()
		case errors.Is(err, net.ErrClosed) || failed == acceptTries:
			return err
		default:
			failed++
			time.Sleep(acceptPause)
		}
	}
}

func addrPortOf(addr net.Addr) netip.AddrPort {
	if tcp, ok := addr.(*net.TCPAddr); ok {
		return tcp.AddrPort()
	}
	return netip.AddrPort{}
}

// welcome takes in a socket whose client has said nothing yet.
func (s *Server) welcome(peer netip.AddrPort) (*sock.Conn, func()) {
	g := &greeter{session: session{srv: s}, peer: peer, since: time.Now()}
	return &g.sock, g.arrive
}

// maxHead is the longest request head, in bytes.
const maxHead = 16 << 10

// front is where clients are before they are connections: the listeners, the clients whose request
// has not come yet, and the http.Server for requests that open no WebSocket.
type front struct {
	web     *http.Server
	siding  *siding
	mu      sync.Mutex
	shut    bool
	gates   []io.Closer
	waiting map[*greeter]struct{}
}

func (f *front) init(s *Server) {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true) // a WebSocket begins as HTTP/1.1
	f.web = &http.Server{
		Handler:           s,
		Protocols:         protocols,
		ReadHeaderTimeout: s.limits.Handshake,
		MaxHeaderBytes:    maxHead,
		IdleTimeout:       time.Minute,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
	f.waiting = make(map[*greeter]struct{})
}

// open makes the way from here to the http.Server. It reports false after shutdown.
func (f *front) open(addr net.Addr) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.shut && f.siding == nil {
		f.siding = newSiding(addr)
		go func() { _ = f.web.Serve(f.siding) }() // shutdown ends it
	}
	return !f.shut
}

// add remembers a listener for shutdown, or closes it if that has been.
func (f *front) add(c io.Closer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.shut {
		_ = c.Close() // Wait returns
		return
	}
	f.gates = append(f.gates, c)
}

func (f *front) isShut() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.shut
}

// enter reports false after shutdown.
func (f *front) enter(g *greeter) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.shut {
		f.waiting[g] = struct{}{}
	}
	return !f.shut
}

func (f *front) leave(g *greeter) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.waiting, g)
}

// expel cuts the clients that have been waiting for longer than d.
func (f *front) expel(now time.Time, d time.Duration) {
	var late []*greeter
	f.mu.Lock()
	for g := range f.waiting {
		if d > 0 && now.Sub(g.since) > d {
			late = append(late, g)
		}
	}
	f.mu.Unlock()
	for _, g := range late {
		_ = g.sock.Close() // Ended follows
	}
}

// shutdown closes the listeners, cuts those who have not asked for anything yet, and lets requests
// under way finish.
func (f *front) shutdown(ctx context.Context) error {
	f.mu.Lock()
	f.shut = true
	for _, c := range f.gates {
		_ = c.Close() // Wait returns
	}
	f.mu.Unlock()
	f.expel(time.Now().Add(time.Hour), time.Nanosecond)
	if err := f.web.Shutdown(ctx); err != nil {
		_ = f.web.Close() // cuts what is left
		return err
	}
	return nil
}
