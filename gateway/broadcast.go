package gateway

import (
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/sock"
	"github.com/tyg-dev/tyg/internal/ws"
)

// sendShared sends one message of a broadcast. All recipients get the same frame, written from
// where it is, unless the replies of e's read are held; what a socket does not take is copied to
// its queue. A recipient whose queue is full is closed.
func (c *session) sendShared(
	e *eventContext, m *sharedMessage, b *sock.Batch, now time.Time,
) error {
	frame := m.frame
	if c.compresses(len(m.data)) {
		frame = m.compressed()
	}
	c.mu.Lock()
	if err := c.checkQueueLocked(len(frame)); err != nil {
		c.mu.Unlock()
		if err == tyg.ErrThrottled {
			c.close(ws.CloseTryAgainLater, "Slow consumer", slowConsumer, now)
		}
		return err
	}
	c.srv.count.sent.Add(1)
	c.lastActive.Store(c.srv.clock.at(now))
	if c.writing || c.held || c.out != nil || e != nil && e.scratch != nil || c.sock.Blocks() {
		o := c.outLocked()
		o.b = append(o.b, frame...)
		c.holdOrFlushUnlock(e)
		return nil
	}
	c.writing = true
	c.inFlightBytes = len(frame)
	c.mu.Unlock()
	if b == nil || !b.Add(&c.sock, frame, c) {
		n, err := c.sock.TryWrite(frame)
		c.Wrote(frame, n, err)
	}
	return nil
}

// Wrote is called when n bytes of data were written: a frame of a broadcast, or the buffer in
// c.inFlight.
func (c *session) Wrote(data []byte, n int, err error) {
	o := c.inFlight
	c.inFlight = nil
	switch {
	case err != nil:
		c.srv.pools.putBuffer(o)
		c.writeFailed(err)
	case n == len(data) && !c.sock.Pending():
		c.srv.pools.putBuffer(o)
		c.flush(c.dequeue())
	case o != nil:
		c.drainAsync(o, n)
	default:
		o = c.srv.pools.getBuffer()
		o.b = append(o.b, data[n:]...)
		c.drainAsync(o, 0)
	}
}

// newBatch returns a batch for n writes, or nil where writes alone are cheaper or the system has no
// batches.
func (s *Server) newBatch(n int) *sock.Batch {
	if n < minBatch || s.Portable {
		return nil
	}
	return s.sockPoller.Batch()
}

// minBatch is the number of writes from which on a batch is cheaper than the writes alone.
const minBatch = 8

func flushBatch(b *sock.Batch) {
	if b != nil {
		b.Flush()
	}
}

// A sharedMessage is one message to many recipients.
type sharedMessage struct {
	op      ws.Opcode
	data    []byte
	frame   []byte
	deflate []byte // the compressed frame, made when the first recipient wants it
}

func newSharedMessage(op ws.Opcode, data []byte) *sharedMessage {
	return &sharedMessage{op: op, data: data, frame: ws.AppendFrame(nil, op, data)}
}

// compressed returns the compressed frame. Only the goroutine of the sender calls it.
func (m *sharedMessage) compressed() []byte {
	if m.deflate == nil {
		m.deflate = ws.AppendCompressed(nil, m.op, m.data)
	}
	return m.deflate
}
