package gateway

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/sock"
	"github.com/tyg-dev/tyg/internal/ws"
)

// A session is one connection, from its handshake to the return of its disconnect handler. There is
// one for every client, so what it holds while the client is silent is what the server costs.
type session struct {
	// static after begin
	srv     *Server
	conn    tyg.Conn
	next    *session // in the hub, of the same key
	addr    netip.Addr
	deflate *ws.Deflate // nil: not negotiated
	crowd   *crowd      // handlers that run at the same time; nil: one after the other

	sock sock.Conn

	// owned by Turn, and after it by Ended
	reader  ws.Reader
	rest    []byte    // the beginning of a frame that is not complete
	discard bool      // the client broke the protocol: what it sends has no meaning any more
	over    bool      // the client has sent its close frame, or nothing more can come
	told    bool      // the disconnect handler has run
	opened  bool      // there is a socket
	linger  time.Time // until when the client's answer to our close frame is awaited; zero: it is not

	// read by the sweep
	active   atomic.Int64                 // when a message last went either way, Unix nanoseconds
	heard    atomic.Int64                 // since when nothing came, for pings; 0: deaf just now
	pinged   atomic.Int64                 // when a ping was last sent
	begun    atomic.Int64                 // since when rest or a fragment waits for more; 0: none does
	handling atomic.Pointer[eventContext] // the event in a handler; nil: none is

	hand *buffer // owned by the writer: what a batch writes

	// guarded by mu
	mu       sync.Mutex
	drained  *sync.Cond  // someone waits for the queue to shrink; made when first needed
	out      *buffer     // what is to be written next; nil: nothing
	pending  int         // bytes that the writer has in hand
	writing  bool        // someone has the right to write
	held     bool        // more messages of the same read follow: writing waits for their replies
	closing  atomic.Bool // a close frame was queued, or the socket is lost: nothing more is sent
	deadline time.Time   // when a socket that is closing is cut
	end      tyg.Disconnect
}

// introduce tells the session who its client is.
func (c *session) introduce(r *http.Request, addr netip.Addr) {
	s := c.srv
	c.addr = addr
	c.conn = tyg.Conn{
		ID:          s.newID(),
		Sender:      s.sender,
		ConnectedAt: time.Now(),
		SourceIP:    addrText(addr),
		UserAgent:   strings.Clone(r.UserAgent()), // not the head that it is cut from
		Domain:      strings.Clone(r.Host),
		Stage:       s.stage(),
		APIID:       s.apiID(),

		StageVariables: s.StageVariables,
	}
	c.reader.Config = &s.reader
}

// open puts the answer to the handshake in front of everything that will be written. It is written
// by serve; until then every other sender only queues behind it.
func (c *session) open(up ws.Upgrade, subprotocol string, deflate bool) {
	c.opened = true
	now := time.Now().UnixNano()
	c.active.Store(now)
	c.heard.Store(now)
	c.out = c.srv.pools.buffer()
	c.out.b = up.AppendResponse(c.out.b, subprotocol, deflate)
	c.writing = true
}

// serve answers the handshake, handles what the client sent before it had that answer, and leaves
// the rest to the socket's turns.
func (c *session) serve() {
	c.flush(c.take())
	if len(c.rest) > 0 && c.early() == sock.Done {
		c.Ended(nil)
		return
	}
	c.sock.Serve(c)
}

// Ended is called when the client sends no more, or may not, and a second time when awaitClose is
// over.
func (c *session) Ended(err error) {
	if err != nil {
		c.lost(err)
	}
	c.crowd.wait()
	if c.over || !c.linger.IsZero() {
		c.finish()
		return
	}
	c.disconnect()
	c.awaitClose()
}

// awaitClose waits for the client's answer to our close frame. For the application the connection
// has ended already, so this concerns nobody but the client: to close the socket at once could
// destroy the close frame on its way (RFC 6455 section 7.1.1).
func (c *session) awaitClose() {
	c.linger, _ = c.closeDeadline()
	if c.discard { // the client's answer is not understood any more, but its end of the stream is
		c.awaitWriter()
		c.sock.CloseWrite()
	}
	_ = c.sock.SetReadDeadline(c.linger) // fails if the socket is closed, and then so do its turns
	c.sock.Serve(c)
}

// finish ends the connection, whatever the cause, and runs the disconnect handler.
func (c *session) finish() {
	c.hangUp()
	c.reader.Release()
	c.rest = nil
	c.disconnect()
	c.srv.hub.remove(c)
	c.srv.gate.leave(c.addr)
}

// hangUp lets what is queued reach the socket, within the time that the sweep allows, and closes
// it.
func (c *session) hangUp() {
	if !c.opened {
		return
	}
	c.mu.Lock()
	if !c.closing.Load() {
		c.closeLocked(tyg.Disconnect{Code: ws.CloseAbnormal, Reason: reasonLost}, time.Now())
	}
	c.mu.Unlock()
	c.awaitWriter()
	_ = c.sock.Close() // nothing depends on it any more
}

// awaitWriter waits until nobody writes. Once the connection is closing, the sweep bounds that.
func (c *session) awaitWriter() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waitLocked(func() bool { return !c.writing })
}

// close starts the close handshake: the client gets code and reason after all that is queued, and
// has until Limits.Close to answer. It reports false if the connection was ending already.
func (c *session) close(code tyg.CloseCode, reason string, now time.Time) bool {
	c.mu.Lock()
	if c.closing.Load() {
		c.mu.Unlock()
		return false
	}
	c.closeLocked(tyg.Disconnect{Code: code, Reason: reason}, now)
	c.enqueueClose(code, reason)
	// Turns end, as soon as no handler runs. With c.mu, so that it comes before that of awaitClose.
	_ = c.sock.SetReadDeadline(now)
	c.flushUnlock()
	return true
}

// closeLocked decides how the connection ended. What is decided first stays.
func (c *session) closeLocked(end tyg.Disconnect, now time.Time) {
	c.closing.Store(true)
	c.end = end
	c.held = false
	c.deadline = now.Add(max(c.srv.limits.Close, time.Millisecond))
}

const (
	reasonLost     = "Connection closed abnormally"
	reasonNoStatus = "Client-side close frame status not set"
)

// lost ends a connection whose socket is gone. Nothing more can be said to the client.
func (c *session) lost(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing.Load() {
		return
	}
	c.closeLocked(tyg.Disconnect{Code: ws.CloseAbnormal, Reason: reasonLost}, time.Now())
	if !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) {
		c.srv.log.Debug("socket lost", "conn", c.conn.ID, "err", err)
	}
}

// abort cuts the connection at once, its handler's context included.
func (c *session) abort() {
	if e := c.handling.Load(); e != nil {
		e.end(ended)
	}
	if c.crowd != nil {
		c.crowd.each(func(e *eventContext) { e.end(ended) })
	}
	_ = c.sock.Close() // Ended follows
}

// disconnect tells the application how the connection ended, once.
func (c *session) disconnect() {
	if c.told || !c.srv.routes.Has(tyg.RouteDisconnect) {
		return
	}
	c.told = true
	c.mu.Lock()
	end := c.end
	c.mu.Unlock()
	now := time.Now()
	_, _ = c.call(nil, &tyg.Event{ // call has logged what went wrong, and nobody is left to tell
		Type:       tyg.EventDisconnect,
		Route:      tyg.RouteDisconnect,
		RequestID:  eventID(),
		Time:       now,
		Conn:       &c.conn,
		Disconnect: end,
	}, now)
}
