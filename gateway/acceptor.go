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

// maxHead is the longest request head, in bytes.
const maxHead = 16 << 10

// acceptor is where clients are before they are connections: the listeners, the clients whose
// request has not come yet, and the http.Server for requests that open no WebSocket.
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
	}
	a.pending = make(map[*pendingConn]struct{})
}

// startFallback makes the way from here to the http.Server. It reports false after shutdown.
func (a *acceptor) startFallback(addr net.Addr) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.closed && a.handoff == nil {
		a.handoff = newHandoffListener(addr)
		go func() { _ = a.fallback.Serve(a.handoff) }() // shutdown ends it
	}
	return !a.closed
}

// addListener remembers a listener for shutdown, or closes it if that has been.
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

// add reports false after shutdown.
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

// closeOverdue cuts the clients that have been waiting for longer than d.
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

// shutdown closes the listeners, cuts those who have not asked for anything yet, and lets requests
// under way finish.
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
