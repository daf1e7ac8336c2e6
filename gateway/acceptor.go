package gateway

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// maxHead is the length limit of a request head, in bytes.
const maxHead = 16 << 10

// An acceptor holds what comes before connections: the listeners, the clients whose request has not
// arrived yet, and the http.Server for requests that open no WebSocket.
type acceptor struct {
	fallback  *http.Server
	handoff   *handoffListener
	mu        sync.Mutex
	closed    bool
	listeners []io.Closer
	pending   map[*pendingConn]struct{}
}

func (a *acceptor) init(s *Server) {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true) // a WebSocket begins as HTTP/1.1
	a.fallback = &http.Server{
		Handler:           s,
		Protocols:         protocols,
		ReadHeaderTimeout: s.limits.Handshake,
		MaxHeaderBytes:    maxHead,
		IdleTimeout:       time.Minute,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
		ConnContext:       withHeadConn,
	}
	a.pending = make(map[*pendingConn]struct{})
}

// startFallback starts the http.Server, for connections from addr. It reports false after shutdown.
func (a *acceptor) startFallback(addr net.Addr) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.closed && a.handoff == nil {
		a.handoff = newHandoffListener(addr)
		go func() { _ = a.fallback.Serve(a.handoff) }() // shutdown ends it
	}
	return !a.closed
}

// serveHTTP serves all connections of l with the http.Server.
func (a *acceptor) serveHTTP(l net.Listener) error {
	return a.fallback.Serve(headListener{l, a.fallback})
}

// addListener keeps a listener for shutdown to close, or closes it if shutdown has run.
func (a *acceptor) addListener(c io.Closer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		_ = c.Close() // Wait returns
		return
	}
	a.listeners = append(a.listeners, c)
}

func (a *acceptor) isClosed() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.closed
}

// add adds a client whose request has not arrived. It reports false after shutdown.
func (a *acceptor) add(p *pendingConn) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.closed {
		a.pending[p] = struct{}{}
	}
	return !a.closed
}

func (a *acceptor) remove(p *pendingConn) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.pending, p)
}

// closeOverdue closes the sockets of clients that have been pending for longer than d.
func (a *acceptor) closeOverdue(now time.Time, d time.Duration) {
	var late []*pendingConn
	a.mu.Lock()
	for p := range a.pending {
		if d > 0 && now.Sub(p.since) > d {
			late = append(late, p)
		}
	}
	a.mu.Unlock()
	for _, p := range late {
		_ = p.sock.Close() // Ended follows
	}
}

// shutdown closes the listeners and the pending clients, and lets requests under way finish.
func (a *acceptor) shutdown(ctx context.Context) error {
	a.mu.Lock()
	a.closed = true
	for _, c := range a.listeners {
		_ = c.Close() // Wait returns
	}
	a.mu.Unlock()
	a.closeOverdue(time.Now().Add(time.Hour), time.Nanosecond)
	if err := a.fallback.Shutdown(ctx); err != nil {
		_ = a.fallback.Close() // cuts what is left
		return err
	}
	return nil
}
