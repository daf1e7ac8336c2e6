package gateway

import (
	"errors"
	"net/http"
	"net/netip"
	"time"

	"github.com/tyg-dev/tyg/gateway/internal/handshake"
	"github.com/tyg-dev/tyg/internal/sock"
)

// A greeter is a client that has not said yet what it wants. If that is a WebSocket, it becomes the
// session that it contains.
type greeter struct {
	session
	peer  netip.AddrPort
	since time.Time
}

// arrive is called when the socket is there, and not before: who is known to front may be closed.
func (g *greeter) arrive() {
	if !g.srv.front.enter(g) {
		_ = g.sock.Close() // Ended follows
	}
	g.srv.sweep.run(g.srv)
	g.sock.Serve(g)
}

// Turn reads until the head of a request is there.
func (g *greeter) Turn() sock.Turn {
	small := g.sock.Blocks()
	d := g.srv.pools.desk(small)
	defer g.srv.pools.putDesk(d, small)
	n, err := g.sock.Read(d.buf[:min(len(d.buf), maxHead-len(g.rest))])
	if errors.Is(err, sock.ErrWait) {
		return sock.Wait
	}
	if err != nil {
		g.rest = nil
		return sock.Done
	}
	g.rest = append(g.rest, d.buf[:n]...)
	if len(g.rest) >= maxHead || handshake.HasHead(g.rest) {
		return sock.Done
	}
	return sock.Again
}

// Ended answers the client, on a goroutine that ends with the answer, or goes on as that of an
// http.Server.
func (g *greeter) Ended(err error) {
	g.srv.front.leave(g)
	if err != nil || len(g.rest) == 0 {
		_ = g.sock.Close() // the client has gone, or was too slow
		return
	}
	r, n := g.srv.readHead(g.rest)
	if r == nil {
		g.divert()
		return
	}
	r.RemoteAddr = g.peer.String()
	if g.rest = g.rest[n:]; len(g.rest) == 0 {
		g.rest = nil // lets the head go
	}
	g.srv.accept(&g.session, &answer{session: &g.session}, r)
}

// readHead reads a request that opens a WebSocket of s, and returns its length in bytes. It returns
// nil for all other requests.
func (s *Server) readHead(b []byte) (*http.Request, int) {
	r, n := handshake.ParseHead(b)
	if r == nil || !s.serves(r.URL.Path) {
		return nil, 0
	}
	return r, n
}

// divert leaves the client to the http.Server.
func (g *greeter) divert() {
	nc, err := g.sock.Detach()
	if err != nil {
		g.srv.log.Warn("connection lost", "addr", g.peer, "err", err)
		return
	}
	g.srv.front.handoff.handOff(&readAhead{nc, g.rest})
}
