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
	rs := c.srv.pools.getScratch(c.sock.Blocks())
	turn := c.readOnce(rs)
	c.srv.pools.putScratch(rs, c.sock.Blocks())
	return turn
}

// readOnce reads what is there and handles it.
func (c *session) readOnce(rs *readScratch) sock.Turn {
	if c.closing.Load() && !time.Now().Before(c.lingerUntil) {
		return sock.Done // a deadline never passes while a client keeps sending
	}
	b := c.readBuffer(rs)
	have := copy(b, c.unparsed)
	n, err := c.sock.Read(b[have:])
	if errors.Is(err, sock.ErrWait) {
		return sock.Wait
	}
	if err != nil {
		c.readClosed = !errors.Is(err, os.ErrDeadlineExceeded)
		c.markLost(err)
		return sock.Done
	}
	rs.now = time.Now()
	c.pauseSilenceClock()
	if turn := c.handleFrames(rs, b[:have+n]); turn == sock.Done {
		return turn
	}
	c.awaitQueue()
	c.resumeSilenceClock()
	return sock.Again
}

// handleBuffered handles what the client sent along with its handshake.
func (c *session) handleBuffered() sock.Turn {
	rs := c.srv.pools.getScratch(false)
	defer c.srv.pools.putScratch(rs, false)
	rs.now = time.Now()
	c.pauseSilenceClock()
	turn := c.handleFrames(rs, append(rs.buf[:0], c.unparsed...))
	c.resumeSilenceClock()
	return turn
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
		c.silentSince.Store(time.Now().UnixNano())
	}
}

// readBuffer returns the buffer to read into: that of rs, or a larger one if a larger frame has
// begun. That one doubles with each read, so a header that claims a large payload allocates nothing
// until the bytes arrive.
func (c *session) readBuffer(rs *readScratch) []byte {
	if len(c.unparsed) < len(rs.buf) && ws.FrameSize(c.unparsed) <= len(rs.buf) {
		return rs.buf
	}
	return make([]byte, max(2*len(c.unparsed), bigBuffer))
}

// handleFrames cuts b into messages and handles them in order. It keeps what is incomplete for the
// next read.
func (c *session) handleFrames(rs *readScratch, b []byte) sock.Turn {
	defer rs.endRead()
	for moved := false; !c.discard; moved = moved || !c.reader.Partial() {
		m, n, err := c.reader.Next(b)
		b = b[n:]
		if err != nil {
			c.closeViolation(err, rs.now)
			break
		}
		if m.Op == ws.OpContinuation {
			c.keepPartial(b, moved, rs.now)
			return sock.Again
		}
		if c.holdReplies(rs, b); c.handleFrame(rs, m) == sock.Done {
			return sock.Done
		}
	}
	c.unparsed = nil
	return sock.Again
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

// keepPartial keeps b, the beginning of a frame, and records since when the rest is awaited: since
// now, if a message was completed in the same read (moved). A ping between two fragments completes
// none.
func (c *session) keepPartial(b []byte, moved bool, now time.Time) {
	c.unparsed = nil
	if len(b) > 0 {
		c.unparsed = append(c.unparsed, b...)
	}
	since := c.partialSince.Load()
	switch {
	case len(b) == 0 && !c.reader.Partial():
		if since != 0 {
			c.partialSince.Store(0)
		}
	case since == 0 || moved:
		c.partialSince.Store(now.UnixNano())
	}
}
