package gateway

import (
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway/internal/handshake"
	"github.com/tyg-dev/tyg/internal/sock"
	"github.com/tyg-dev/tyg/internal/ws"
)

// A session is one connection, from its handshake to the return of its disconnect handler. There is
// one for every client, so what it holds while the client is silent is what the server costs.
type session struct {
	// static after begin
	srv      *Server
	conn     tyg.Conn
	next     *session // in the hub, of the same key
	addr     netip.Addr
	deflate  *ws.Deflate  // nil: not negotiated
	handlers *handlerPool // handlers that run at the same time; nil: one after the other

	sock sock.Conn

	// owned by Turn, and after it by Ended
	reader       ws.Reader
	unparsed     []byte    // the beginning of a frame that is not complete
	discard      bool      // the client broke the protocol: what it sends has no meaning any more
	readClosed   bool      // the client has sent its close frame, or nothing more can come
	disconnected bool      // the disconnect handler has run
	hasSocket    bool      // there is a socket
	lingerUntil  time.Time // until when the client's answer to our close frame is awaited; zero: it is not

	// read by the sweep
	lastActive   atomic.Int64                 // when a message last went either way, Unix nanoseconds
	silentSince  atomic.Int64                 // since when nothing came, for pings; 0: deaf just now
	lastPing     atomic.Int64                 // when a ping was last sent
	partialSince atomic.Int64                 // since when rest or a fragment waits for more; 0: none does
	handling     atomic.Pointer[eventContext] // the event in a handler; nil: none is

	inFlight *buffer // owned by the writer: what a batch writes

	// guarded by mu
	mu            sync.Mutex
	queueShrunk   *sync.Cond  // someone waits for the queue to shrink; made when first needed
	out           *buffer     // what is to be written next; nil: nothing
	inFlightBytes int         // bytes that the writer has in hand
	writing       bool        // someone has the right to write
	held          bool        // more messages of the same read follow: writing waits for their replies
	closing       atomic.Bool // a close frame was queued, or the socket is lost: nothing more is sent
	cutAt         time.Time   // when a socket that is closing is cut
	cause         tyg.Disconnect
}

// initConn tells the session who its client is.
func (c *session) initConn(r *http.Request, addr netip.Addr) {
	s := c.srv
	c.addr = addr
	c.conn = tyg.Conn{
		ID:          s.newID(),
		Sender:      s.sender,
		ConnectedAt: time.Now(),
		SourceIP:    handshake.AddrText(addr),
		UserAgent:   strings.Clone(r.UserAgent()), // not the head that it is cut from
		Domain:      strings.Clone(r.Host),
		Stage:       s.stage(),
		APIID:       s.apiID(),

		StageVariables: s.StageVariables,
	}
	c.reader.Config = &s.wsConfig
}

// queueUpgrade puts the answer to the handshake in front of everything that will be written. It is written
// by serve; until then every other sender only queues behind it.
func (c *session) queueUpgrade(up ws.Upgrade, subprotocol string, deflate bool) {
	c.hasSocket = true
	now := time.Now().UnixNano()
	c.lastActive.Store(now)
	c.silentSince.Store(now)
	c.out = c.srv.pools.getBuffer()
	c.out.b = up.AppendResponse(c.out.b, subprotocol, deflate)
	c.writing = true
}

// start answers the handshake, runs the open handler, handles what the client sent before it had that
// answer, and leaves the rest to the socket's turns.
func (c *session) start() {
	c.flush(c.dequeue())
	c.runOpen()
	if len(c.unparsed) > 0 && c.handleBuffered() == sock.Done {
		c.Ended(nil)
		return
	}
	c.sock.Serve(c)
}
