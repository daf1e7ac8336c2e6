package gateway

import (
	"context"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
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
	draining  bool
	listeners []io.Closer
	pending   map[*pendingConn]struct{}
	conns     map[*headConn]struct{} // of fallback
	crowd     crowd                  // both
}

func (a *acceptor) init(s *Server) {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true) // a WebSocket begins as HTTP/1.1
	a.fallback = &http.Server{
		Handler:           s,
		Protocols:         protocols,
		ReadHeaderTimeout: s.limits.Handshake,
		ReadTimeout:       sumLimits(s.limits.Handshake, s.limits.Read),
		MaxHeaderBytes:    maxHead,
		IdleTimeout:       time.Minute,
		ErrorLog:          log.New(errorLog{s}, "", 0),
		ConnContext:       withHeadConn,
		ConnState: func(nc net.Conn, state http.ConnState) {
			a.noteState(s, nc, state)
		},
	}
	a.pending = make(map[*pendingConn]struct{})
	a.conns = make(map[*headConn]struct{})
	a.crowd.init(s)
}

// An errorLog is where an http.Server reports errors, which any client may cause.
type errorLog struct{ srv *Server }

// Write logs a line.
func (l errorLog) Write(text []byte) (int, error) {
	l.srv.logLimited(slog.LevelWarn, strings.TrimSpace(string(text)), "http", nil)
	return len(text), nil
}

// sumLimits adds two limits; 0 is no limit.
func sumLimits(a, b time.Duration) time.Duration {
	if a == 0 || b == 0 {
		return 0
	}
	return a + b
}

// noteState keeps the connections of the http.Server, and limits their writes.
func (a *acceptor) noteState(s *Server, nc net.Conn, state http.ConnState) {
	over, ok := nc.(interface{ head() *headConn })
	if !ok {
		return
	}
	c := over.head()
	a.mu.Lock()
	defer a.mu.Unlock()
	switch state {
	case http.StateNew:
		if !a.crowd.enter(addrOf(nc)) {
			s.noteCut(atCrowd, "from", nc.RemoteAddr())
			_ = nc.Close() // its reads fail
			return
		}
		a.conns[c], c.writeLimit, c.gate = struct{}{}, s.limits.Write, s.heads
		c.note = func(why cut) { s.noteCut(why, "from", nc.RemoteAddr()) }
		if a.draining { // a late handshake is answered, if it comes at once
			c.endReads(time.Now().Add(lingerTime))
		}
	case http.StateActive, http.StateIdle:
		c.setIdle(state == http.StateIdle)
	case http.StateHijacked, http.StateClosed:
		c.setFree(true)
		if _, ok := a.conns[c]; ok {
			delete(a.conns, c)
			a.crowd.leave(addrOf(nc))
		}
	}
}

// drain ends requests that do not arrive, which would hold up shutdown until the end of its
// context.
func (a *acceptor) drain() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.draining = true
	for c := range a.conns {
		c.endReads(time.Now().Add(lingerTime))
	}
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
func (a *acceptor) serveHTTP(l net.Listener, s *Server) error {
	return a.fallback.Serve(headListener{l, a.fallback, s.noteAccept, s})
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

// add adds a client whose request has not arrived. It reports false after shutdown, and if there
// are too many.
func (a *acceptor) add(p *pendingConn) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return false
	}
	if !a.crowd.enter(p.addr) {
		p.srv.noteCut(atCrowd, "from", p.peer())
		return false
	}
	a.pending[p] = struct{}{}
	return true
}

func (a *acceptor) remove(p *pendingConn) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.removeLocked(p)
}

func (a *acceptor) removeLocked(p *pendingConn) {
	if _, ok := a.pending[p]; ok {
		delete(a.pending, p)
		a.crowd.leave(p.addr)
	}
}

// closeOverdue closes the sockets of clients that have been pending for longer than d, and notes
// why.
func (a *acceptor) closeOverdue(now time.Time, d time.Duration, why cut) {
	late := make(map[*pendingConn]netip.AddrPort)
	a.mu.Lock()
	for p := range a.pending {
		if d > 0 && time.Duration(p.srv.clock.at(now)-p.lastActive.Load()) > d {
			late[p] = p.peer() // which may change once p is removed
			a.removeLocked(p)
		}
	}
	a.mu.Unlock()
	for p, peer := range late {
		p.srv.noteCut(why, "from", peer)
		_ = p.sock.Close() // Ended follows
	}
}

// forgive gives the clients that are pending that much longer.
func (a *acceptor) forgive(late time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for p := range a.pending {
		p.lastActive.Add(int64(late))
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
	a.closeOverdue(time.Now().Add(time.Hour), time.Nanosecond, atShutdown)
	if err := a.fallback.Shutdown(ctx); err != nil {
		_ = a.fallback.Close() // cuts what is left
		return err
	}
	return nil
}
