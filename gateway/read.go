package gateway

import (
	"errors"
	"os"
	"time"

	"github.com/tyg-dev/tyg/internal/sock"
	"github.com/tyg-dev/tyg/internal/ws"
)

// Turn reads once and handles every message that is complete. The socket calls it whenever there
// may be something to read; only for that time does a connection hold a buffer.
func (c *session) Turn() sock.Turn {
	if c.closing.Load() && c.srv.clock.now() >= c.lingerUntil {
		return sock.Done // a deadline never passes while a client keeps sending
	}
	if c.behind.Load() {
		return sock.Wait // something has come meanwhile
	}
	if turn, rests := c.resting(); rests {
		return turn
	}
	resumes := c.resumeReading()
	turn, have := c.readOnce()
	c.countIn()
	if turn == sock.Done && c.endsAtOnce() {
		c.finish()
		return sock.Gone
	}
	if (have || resumes) && turn != sock.Done {
		if c.awaitQueue() {
			return c.rest(sock.Wait)
		}
		c.resumeSilenceClock()
	}
	return c.rest(turn)
}

// readOnce reads what is there, unless there is a backlog, and handles it. It reports whether there
// was something.
func (c *session) readOnce() (turn sock.Turn, have bool) {
	small := c.sock.Blocks()
	rs := c.srv.pools.getScratch(small)
	defer c.srv.pools.putScratch(rs, small) // deferred for handlers that end the goroutine
	rs.ofBacklog, rs.batch = c.backlog, c.sock.TurnBatch()
	if c.backlog {
		return c.handleBacklog(rs), true
	}
	b, kept := c.readBuffer(rs)
	n, err := c.sock.Read(b[kept:])
	if errors.Is(err, sock.ErrWait) {
		return sock.Wait, false
	}
	if err != nil {
		c.readClosed = !errors.Is(err, os.ErrDeadlineExceeded)
		if !c.endsAsPlanned(err) {
			c.markLost(err, lost)
		}
		return sock.Done, false
	}
	rs.now = time.Now()
	c.pauseSilenceClock()
	turn = c.handleFrames(rs, b[:kept+n])
	c.awaitRest(n)
	return turn, true
}

// restAtOnce is how much of a large frame is awaited before the next read: half of what the window
// of a TCP connection begins with, so that the client need not pause. A turn costs as much as to
// copy 10 KB and more.
const restAtOnce = 32 << 10

// awaitRest lets the socket wait for more of a large frame that comes in small pieces, of which
// the last was so many bytes.
func (c *session) awaitRest(read int) {
	rest := 0
	if len(c.unparsed) > 0 && !c.backlog {
		rest = max(0, ws.FrameSize(c.unparsed)-len(c.unparsed))
	}
	if !c.awaiting && (read >= restAtOnce || rest < 4*read) {
		rest = 0
	}
	c.awaiting = rest > 0
	c.sock.Await(min(rest, restAtOnce))
}

// handleBacklog handles more of what a turn before this one has read.
func (c *session) handleBacklog(rs *readScratch) sock.Turn {
	b := c.unparsed
	c.unparsed, c.backlog = nil, false
	rs.now = time.Now()
	c.pauseSilenceClock()
	return c.handleFrames(rs, b)
}

// A turn ends after turnSlice if there is more to handle, so that other clients do not wait for
// what one has sent at once: 64 KB have 10,000 pings. It has turnFrames frames at least, because
// what is handled in one turn leaves in one write: eight messages to 10,000 clients in eight turns
// cost twice as much. It ends earlier if the client's own replies have turnBytes, or inflating and
// compressing have taken turnSlice.
const (
	turnSlice  = 50 * time.Microsecond
	turnFrames = 64
	turnBytes  = 64 << 10
)

// postpone keeps b, which begins with frames that may be complete, for a later turn. It copies b
// unless that is in c's own memory already.
func (c *session) postpone(rs *readScratch, b []byte) {
	own := rs.ofBacklog || cap(c.unparsed) > 0 && len(b) > 0 && &c.unparsed[:1][0] == &b[0]
	if !own {
		b = append([]byte(nil), b...)
	}
	c.unparsed, c.backlog = b, true
	if c.partialSince.Load() != 0 {
		c.partialSince.Store(0) // it waits for the server
	}
}

// serve begins the turns, or those that follow Ended. The first comes at once if there is a
// backlog.
func (c *session) serve() {
	if c.backlog {
		c.sock.Miss()
	}
	c.sock.Serve(c)
}

// pauseSilenceClock stops measuring for how long the client was silent, which it cannot show while
// a handler runs and nothing is read. resumeSilenceClock starts anew.
func (c *session) pauseSilenceClock() {
	if c.srv.Extensions.Ping > 0 {
		c.silentSince.Store(0)
	}
}

func (c *session) resumeSilenceClock() {
	if c.srv.Extensions.Ping > 0 {
		c.silentSince.Store(c.srv.clock.now())
	}
}

// readBuffer returns the buffer to read into, and how many bytes of it are there already. The start
// of a frame is copied to the buffer of rs while it is short. A longer start grows where it is, so
// that a large frame that comes in small pieces is not copied for each of them.
func (c *session) readBuffer(rs *readScratch) (b []byte, have int) {
	have = len(c.unparsed)
	if have <= rs.maxCopy() {
		copy(rs.buf, c.unparsed)
		return rs.buf, have
	}
	if have == cap(c.unparsed) {
		c.unparsed = growFrame(c.unparsed)
	}
	return c.unparsed[:cap(c.unparsed)], have
}

// maxCopy returns up to how many bytes the start of a frame is copied at each read: so few that
// nearly all of buf is free to read into.
func (rs *readScratch) maxCopy() int { return len(rs.buf) / 16 }

// growFrame copies b, the start of a frame, to memory for four times as many bytes, or for the
// whole frame once an eighth of it is there. So a header that claims a large payload allocates
// nothing until the bytes arrive, and all copies of a frame together are shorter than the frame.
func growFrame(b []byte) []byte {
	size := 4 * len(b)
	if frame := ws.FrameSize(b); frame <= 2*size {
		size = frame + readBeyond
	}
	return append(make([]byte, 0, size), b...)
}

// readBeyond is how many bytes may be read behind a large frame. A read that does not fill its
// buffer has taken all there was; a buffer that ends with the frame would need another read.
const readBeyond = 256

// handleFrames cuts b into messages and handles them in order. It keeps what is incomplete for the
// next read.
func (c *session) handleFrames(rs *readScratch, b []byte) sock.Turn {
	defer rs.endRead()
	if c.enough.Load() {
		c.enough.Store(false)
	}
	start, frames := rs.now, 0
	for moved := false; !c.discard; moved = moved || !c.reader.Partial() {
		if frames++; len(b) > 0 && (c.enough.Load() ||
			frames%turnFrames == 0 && time.Since(start) > turnSlice) {
			c.postpone(rs, b)
			return sock.Yield
		}
		m, n, err := c.nextMessage(rs, b)
		b = b[n:]
		if err != nil {
			c.closeViolation(err, rs.now)
			break
		}
		if m.Op == ws.OpContinuation {
			c.keepPartial(rs, b, moved)
			return sock.Again
		}
		if c.holdReplies(rs, b); c.handleFrame(rs, m) == sock.Done {
			return sock.Done
		}
		if c.inflating != nil {
			now, d := c.chargeInflated()
			if d > 0 {
				c.postpone(rs, b)
				return c.beginRest(now, d)
			}
			if now-c.srv.clock.at(start) > int64(turnSlice) {
				c.enough.Store(true)
			}
		}
	}
	c.unparsed = nil
	return sock.Again
}

// nextMessage is Next of the reader, which pauses if it inflates a message for longer than a turn.
func (c *session) nextMessage(rs *readScratch, b []byte) (ws.Message, int, error) {
	if c.inflating == nil {
		return c.reader.Next(b)
	}
	rs.pausing = c
	return c.reader.NextPausing(b, rs.pause)
}

// handleFrame handles one message or control frame.
func (c *session) handleFrame(rs *readScratch, m ws.Message) sock.Turn {
	switch m.Op {
	case ws.OpText, ws.OpBinary:
		c.handleMessage(rs, m)
	case ws.OpPing:
		c.sendPong(m.Data)
	case ws.OpClose:
		c.handleClose(m.Data, rs.now)
		return sock.Done
	}
	return sock.Again
}

// keepPartial keeps b, the start of a frame, and records since when the rest is awaited: since now,
// if a message was completed in the same read (moved). A ping between two fragments completes none.
func (c *session) keepPartial(rs *readScratch, b []byte, moved bool) {
	c.keepUnparsed(rs, b)
	since := c.partialSince.Load()
	switch {
	case len(b) == 0 && !c.reader.Partial():
		if since != 0 {
			c.partialSince.Store(0)
		}
	case since == 0 || moved:
		c.partialSince.Store(c.srv.clock.at(rs.now))
	}
}

// keepUnparsed sets c.unparsed to b, the start of a frame. It copies b unless readBuffer has had b
// read into c.unparsed.
func (c *session) keepUnparsed(rs *readScratch, b []byte) {
	switch kept := c.unparsed; {
	case len(b) == 0:
		c.unparsed = nil
	case len(kept) > 0 && &kept[0] == &b[0]:
		c.unparsed = b
	case len(b) > rs.maxCopy():
		c.unparsed = growFrame(b)
	case cap(kept) > rs.maxCopy():
		c.unparsed = append([]byte(nil), b...) // frees the memory of the frame before
	default:
		c.unparsed = append(kept[:0], b...)
	}
}
