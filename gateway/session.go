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

// A session is one connection, from its handshake to the return of its disconnect handler. Each
// client has one, so what it holds while the client is silent is what the server costs.
type session struct {
	// What a send touches is together, in two lines of the cache: in a broadcast to thousands, each
	// line more of each recipient is fetched from memory.
	srv           *Server // static
	mu            sync.Mutex
	out           *buffer      // guarded by mu: what is to be written next; nil: nothing, or shared
	shared        []byte       // guarded by mu: frames of broadcasts, in place of out
	inFlight      *buffer      // owned by the writer: what a sock.Batch is writing
	inFlightBytes int          // guarded by mu: bytes that the writer has taken from the queue
	lastActive    atomic.Int64 // the last message in or out, by the clock of srv
	closing       atomic.Bool  // a close frame is queued or the socket is lost: send no more
	writing       bool         // guarded by mu: a goroutine has the right to write
	draining      bool         // guarded by mu: a goroutine writes, because the client is behind
	held          bool         // guarded by mu: writing waits for replies to the rest of a read
	waited        bool         // guarded by mu: queueShrunk is waited for
	sock          sock.Conn

	// static after begin
	conn      tyg.Conn
	next      *session // the next one of the same key in the hub
	addr      netip.Addr
	inflating *inflating // compression; nil: not negotiated

	attached atomic.Pointer[attachment] // groups and state; nil: none

	// owned by Turn, and after it by Ended
	reader       ws.Reader
	unparsed     []byte // the beginning of a frame that is not complete
	discard      bool   // the client broke the protocol: drop what it sends
	readClosed   bool   // nothing more can come: a close frame came, or the stream has ended
	disconnected bool   // the disconnect handler has run
	hasSocket    bool   // there is a socket
	backlog      bool   // unparsed may have messages that are complete
	awaiting     bool   // the socket waits for more than a byte
	heldBack     bool   // the last turn ended because the client was behind
	inTurn       bool   // the handshake is answered within a turn of its socket

	opened atomic.Bool // the handshake was accepted; here it takes no space
	enough atomic.Bool // the turn that runs is to end; as little

	lingerUntil int64 // how long to wait for the client's close frame; 0: not waiting yet

	// read by the sweep, as lastActive
	silentSince atomic.Int64 // since when nothing came, for pings; 0: paused
	lastPing    atomic.Int64 // when a ping was last sent
	quiet                    // which is all that most sweeps read of most sessions

	heldIn, heldOut atomic.Int32 // KB in the budget of memory, of messages in and out

	// guarded by mu
	queueShrunk *sync.Cond     // signals that the queue has shrunk; made when first needed
	plannedCut  cut            // why, while ending is set and closing is not
	unanswered  atomic.Bool    // the close frame was not answered in time, which is noted once
	ending      atomic.Bool    // no message is handled any more; closing follows the last handler
	behind      atomic.Bool    // nothing is read until the client has taken more of what is queued
	cutAt       time.Time      // when a socket that is closing is cut
	progress    int64          // of sock, when cutAt was set
	cause       tyg.Disconnect // how the connection ends; valid once closing or ending is set
}

// initConn sets what the session knows of its client from the handshake.
func (c *session) initConn(r *http.Request, addr netip.Addr) {
	s := c.srv
	c.addr = addr
	c.conn = tyg.Conn{
		ID:          s.newID(),
		Sender:      s.host,
		ConnectedAt: time.Now(),
		SourceIP:    handshake.AddrText(addr),
		UserAgent:   strings.Clone(r.UserAgent()), // a substring would keep the whole head
		Domain:      strings.Clone(r.Host),
		Stage:       s.stage(),
		APIID:       s.apiID(),

		StageVariables: s.StageVariables,
	}
	c.reader.Config = &s.wsConfig
	if trace := traceOf(r.Header); trace != nil {
		c.attach().trace = trace
	}
}
