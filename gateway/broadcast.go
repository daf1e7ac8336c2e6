package gateway

import (
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/sock"
	"github.com/tyg-dev/tyg/internal/ws"
)

// sendShared sends one message of a broadcast. All recipients get the same frame, written from
// where it is; what a socket does not take is copied to its queue. A recipient whose queue is full
// is closed.
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
	c.queueSharedLocked(frame)
	c.holdOrFlushUnlock(e, b)
	return nil
}

// queueSharedLocked queues a frame of a broadcast. While no other frames are queued but those
// before it in memory, it stays where it is: to copy the frames of one hold for each of 10,000
// recipients takes longer than to write them.
func (c *session) queueSharedLocked(frame []byte) {
	switch n := len(c.shared); {
	case c.out == nil && n == 0 && !c.writing:
		c.shared = frame
	case n > 0 && follows(frame, c.shared):
		c.shared = c.shared[:n+len(frame)]
	default:
		o := c.outLocked()
		o.b = append(o.b, frame...)
	}
}

// follows reports whether b is behind a in the same memory.
func follows(b, a []byte) bool {
	n := len(a)
	return cap(a)-n >= len(b) && &a[:n+1][n] == &b[0]
}

// takeSharedLocked takes the frames of broadcasts that are queued, for the writer to write.
func (c *session) takeSharedLocked() []byte {
	frames := c.shared
	c.shared = nil
	c.inFlightBytes = len(frames)
	return frames
}

// writeShared writes frames of broadcasts, in b if that is not nil. The caller has set c.writing.
func (c *session) writeShared(b *sock.Batch, frames []byte) {
	if b == nil || !b.Add(&c.sock, frames, c) {
		n, err := c.sock.TryWrite(frames)
		c.Wrote(frames, n, err)
	}
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

// newSharedMessage returns a message that is sent from the event e, nil if unknown.
func newSharedMessage(e *eventContext, op ws.Opcode, data []byte) *sharedMessage {
	m := &sharedMessage{op: op, data: data}
	if e != nil && e.scratch != nil {
		m.frame = e.scratch.sharedFrame(op, data)
	} else {
		m.frame = ws.AppendFrame(nil, op, data)
	}
	return m
}

const (
	sharedMemory = 16 << 10 // of a readScratch for frames of broadcasts
	sharedFrame  = 4 << 10  // longer messages have memory of their own
)

// sharedFrame makes the frame of a message, behind those before it in the same memory if that has
// room. Sessions refer to it there, so what is written is never written again: when the memory is
// full, there is new one.
func (rs *readScratch) sharedFrame(op ws.Opcode, data []byte) []byte {
	if len(data) > sharedFrame {
		return ws.AppendFrame(nil, op, data)
	}
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if cap(rs.shared)-len(rs.shared) < ws.MaxHeader+len(data) {
		rs.shared = make([]byte, 0, sharedMemory)
	}
	n := len(rs.shared)
	rs.shared = ws.AppendFrame(rs.shared, op, data)
	return rs.shared[n:]
}

// compressed returns the compressed frame. Only the goroutine of the sender calls it.
func (m *sharedMessage) compressed() []byte {
	if m.deflate == nil {
		m.deflate = ws.AppendCompressed(nil, m.op, m.data)
	}
	return m.deflate
}
