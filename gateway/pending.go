package gateway

import (
	"bytes"
	"errors"
	"net/http"
	"net/netip"

	"github.com/tyg-dev/tyg/gateway/internal/handshake"
	"github.com/tyg-dev/tyg/internal/sock"
)

// A pendingConn is a client whose request has not arrived yet. If it asks for a WebSocket, it
// becomes the session that it contains, whose lastActive is when the client has come.
type pendingConn struct {
	session
	port uint16
}

// peer returns the address of the client. The session has it until it is that of the connection.
func (p *pendingConn) peer() netip.AddrPort { return netip.AddrPortFrom(p.addr, p.port) }

// register begins to read the request. It is called once the socket is open, and not before,
// because the acceptor may close the sockets of registered clients.
func (p *pendingConn) register() {
	if !p.srv.acceptor.add(p) {
		_ = p.sock.Close() // Ended follows
	}
	p.srv.sweep.start(p.srv)
	p.sock.ServeLater(p) // its turns may run handlers, which must not keep others from being accepted
}

// Turn reads until the head of the request is complete, or is none.
func (p *pendingConn) Turn() sock.Turn {
	small := p.sock.Blocks()
	rs := p.srv.pools.getScratch(small)
	defer p.srv.pools.putScratch(rs, small)
	n, err := p.sock.Read(rs.buf[:min(len(rs.buf), maxHead-len(p.unparsed))])
	if errors.Is(err, sock.ErrWait) {
		return sock.Wait
	}
	if err != nil {
		p.unparsed = nil
		return sock.Done
	}
	head := rs.buf[:n]
	if p.unparsed != nil {
		head = append(p.unparsed, head...)
		p.unparsed = head
	}
	if handshake.HasHead(head) && p.sock.Polled() && p.srv.answersInTurn() {
		return p.answerHere(head)
	}
	if p.unparsed == nil {
		p.unparsed = bytes.Clone(head)
	}
	if p.countIn(); p.heldKB() > 0 && p.srv.memory.over() {
		p.srv.noteCut(atMemory, "from", p.peer())
		p.unparsed = nil
		return sock.Done
	}
	if p.speaksTLS() || len(p.unparsed) >= maxHead || handshake.HasHead(p.unparsed) {
		return sock.Done
	}
	return sock.Again
}

// answerHere answers the client within the turn, as long as that is fast, see pace.
func (p *pendingConn) answerHere(head []byte) sock.Turn {
	r, names, n := p.srv.readHead(head)
	if r == nil {
		p.unparsed = bytes.Clone(head)
		return sock.Done
	}
	p.leave()
	p.inTurn = true
	w := &refusalWriter{session: &p.session}
	p.sock.Pass(w) // until the session has the turns, or what follows a refusal
	p.unparsed = bytes.Clone(head[n:])
	p.answer(w, r, names)
	if p.inTurn = false; p.backlog {
		return sock.Yield
	}
	return sock.Again
}

// leave ends the limits on clients whose request has not arrived.
func (p *pendingConn) leave() {
	p.srv.acceptor.remove(p)
	p.srv.memory.setHeld(&p.heldIn, 0)
}

// answer accepts or refuses the client.
func (p *pendingConn) answer(w *refusalWriter, r *http.Request, names []string) {
	r.RemoteAddr = p.peer().String()
	p.srv.accept(&p.session, w, r, names)
}

// Ended answers the client, on a goroutine that ends with the answer, or hands it to the
// http.Server.
func (p *pendingConn) Ended(err error) {
	p.leave()
	if err != nil || len(p.unparsed) == 0 {
		_ = p.sock.Close() // the client has gone, or was too slow
		return
	}
	if p.speaksTLS() {
		p.refuseTLS()
		return
	}
	slot := p.srv.heads.enter()
	r, names, n := p.srv.readHead(p.unparsed)
	slot.leave()
	if r == nil {
		p.handToHTTP()
		return
	}
	if p.unparsed = p.unparsed[n:]; len(p.unparsed) == 0 {
		p.unparsed = nil // frees the head
	}
	p.answer(&refusalWriter{session: &p.session}, r, names)
}

// readHead reads a request that opens a WebSocket of s. It returns the names of its headers as the
// client spelt them, and its length in bytes, and nil for all other requests.
func (s *Server) readHead(b []byte) (r *http.Request, names []string, n int) {
	r, names, n = handshake.ParseHead(b)
	if r == nil || !s.servesPath(r.URL.Path) {
		return nil, nil, 0
	}
	return r, names, n
}

// handToHTTP hands the client to the http.Server, with the bytes read so far.
func (p *pendingConn) handToHTTP() {
	nc, err := p.sock.Detach()
	if err != nil {
		p.srv.log.Warn("connection lost", "addr", p.peer(), "err", err)
		return
	}
	p.srv.acceptor.handoff.handOff(&headConn{Conn: nc, unread: p.unparsed})
}
