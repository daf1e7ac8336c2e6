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

// front is where clients are before they are connections: the listeners, the clients whose request
// has not come yet, and the http.Server for requests that open no WebSocket.
type front struct {
	web     *http.Server
	handoff *handoffListener
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
	if !f.shut && f.handoff == nil {
		f.handoff = newHandoffListener(addr)
		go func() { _ = f.web.Serve(f.handoff) }() // shutdown ends it
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
