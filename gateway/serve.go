package gateway

import (
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"github.com/tyg-dev/tyg/internal/sock"
)

// Serve takes over l, accepts connections on it until Shutdown, and serves them: WebSockets and
// calls of the @connections API. It always returns an error; after Shutdown that is
// http.ErrServerClosed. It may be called for several listeners.
//
// A Server is an http.Handler and can be served by any http.Server. Serve is the faster way: it
// reads handshakes itself, with less work for each and without buffers that stay, and leaves to an
// http.Server of its own what is not plainly a handshake. That server allows 16 KB of header,
// Limits.Handshake for it to arrive, Limits.Read for the body of a call, Limits.Write for a client
// to take the answer, and a minute of silence between requests. The body of any other request is
// awaited for a second, because it is refused. After Shutdown has begun, no request may take longer
// than a second to arrive.
//
// An http.Server of your own has none of these limits unless you set its fields.
func (s *Server) Serve(l net.Listener) error { return s.ServeTLS(l, s.TLS) }

// ServeTLS is Serve that speaks TLS as cfg says in place of the field TLS, or not if it is nil: for
// a Server with several listeners. A listener that speaks TLS itself works with Serve, but
// Limits.TLSHandshakes does not count for it.
func (s *Server) ServeTLS(l net.Listener, cfg *tls.Config) error {
	defer l.Close()
	if err := s.Start(); err != nil {
		return err
	}
	err := s.serveListener(l, cfg)
	if s.acceptor.isClosed() {
		return http.ErrServerClosed
	}
	return err
}

// protocols returns those that TLS may agree on: HTTP/1.1, as which a WebSocket begins, and that by
// which an ACME server checks a host, if it is one of configured (RFC 8737).
func protocols(configured []string) []string {
	const http1, acme = "http/1.1", "acme-tls/1"
	if slices.Contains(configured, acme) {
		return []string{http1, acme}
	}
	return []string{http1}
}

func (s *Server) serveListener(l net.Listener, cfg *tls.Config) error {
	if cfg != nil {
		cfg = s.tlsGate.config(cfg)
		cfg.NextProtos = protocols(cfg.NextProtos)
		return s.acceptor.serveHTTP(tls.NewListener(sock.UnderTLS(l), cfg), s)
	}
	if !s.acceptor.startFallback(l.Addr()) {
		return http.ErrServerClosed
	}
	if !s.Portable {
		if a, err := s.sockPoller.Accept(l, s.newPending); err == nil {
			s.acceptor.addListener(a)
			return a.Wait()
		}
	}
	switch l.(type) {
	case *net.TCPListener, *net.UnixListener:
		s.acceptor.addListener(l)
		return s.acceptAll(l)
	}
	return s.acceptor.serveHTTP(l, s) // its connections may be more than sockets
}

// The pause after an Accept that failed, and how many may fail in a row. The usual cause, that no
// descriptors are left, passes.
const (
	acceptPause = 20 * time.Millisecond
	acceptTries = 500
)

// acceptAll does what a sock.Acceptor does, with a goroutine for each client. An http.Server in its
// place leaves 5 KB of garbage for each.
func (s *Server) acceptAll(l net.Listener) error {
	for failed := 0; ; {
		nc, err := l.Accept()
		switch {
		case err == nil:
			failed = 0
			p, arrive := s.newPending(addrPortOf(nc.RemoteAddr()))
			p.OpenUnwatched(nc, &s.sockPoller)
			arrive()
		case errors.Is(err, net.ErrClosed) || failed == acceptTries:
			return err
		default:
			failed++
			s.noteAccept(err)
			time.Sleep(acceptPause)
		}
	}
}

// noteAccept notes that a client could not be accepted: most likely no descriptors are left.
func (s *Server) noteAccept(err error) { s.noteCut(acceptFailed, "err", err) }

func addrPortOf(addr net.Addr) netip.AddrPort {
	if tcp, ok := addr.(*net.TCPAddr); ok {
		return tcp.AddrPort()
	}
	return netip.AddrPort{}
}

// newPending returns the socket of a client that has sent nothing yet, and the function to call
// once it is open.
func (s *Server) newPending(peer netip.AddrPort) (*sock.Conn, func()) {
	p := &pendingConn{session: session{srv: s, addr: peer.Addr()}, port: peer.Port()}
	p.lastActive.Store(s.clock.now())
	return &p.sock, p.register
}
