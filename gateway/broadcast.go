package gateway

import (
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/ws"
)

// sendShared sends one message of a broadcast. The frame is the same bytes for all recipients and
// is written from where it lies, unless e's desk holds it for more that follows; what a socket does
// not take is copied to that socket's queue. A recipient whose queue is full is closed.
func (c *session) sendShared(e *eventContext, m *shared, now time.Time) error {
	frame := m.frame
	if c.compresses(len(m.data)) {
		frame = m.compressed()
	}
	c.mu.Lock()
	if err := c.admitLocked(len(frame)); err != nil {
		c.mu.Unlock()
		if err == tyg.ErrThrottled {
			c.close(ws.CloseTryAgainLater, "Slow consumer", now)
		}
		return err
	}
	c.srv.count.sent.Add(1)
	c.active.Store(now.UnixNano())
	if c.writing || c.held || c.out != nil || e != nil && e.desk != nil || c.sock.Blocks() {
		o := c.outLocked()
		o.b = append(o.b, frame...)
		c.settleUnlock(e)
		return nil
	}
	c.writing = true
	c.mu.Unlock()
	c.writeShared(frame)
	return nil
}

// writeShared writes frame to a socket that nobody else writes to.
func (c *session) writeShared(frame []byte) {
	n, err := c.sock.TryWrite(frame)
	if err != nil {
		c.writeFailed(err)
		return
	}
	if n < len(frame) || c.sock.Behind() {
		rest := c.srv.pools.buffer()
		rest.b = append(rest.b, frame[n:]...)
		c.drainLater(rest, 0)
		return
	}
	c.flush(c.take())
}

// shared is one message on its way to many.
type shared struct {
	op      ws.Opcode
	data    []byte
	frame   []byte
	deflate []byte // the compressed frame, made when the first recipient wants it
}

func newShared(op ws.Opcode, data []byte) *shared {
	return &shared{op: op, data: data, frame: ws.AppendFrame(nil, op, data)}
}

// compressed is called by one goroutine, the sender's.
func (m *shared) compressed() []byte {
	if m.deflate == nil {
		m.deflate = ws.AppendCompressed(nil, m.op, m.data)
	}
	return m.deflate
}
