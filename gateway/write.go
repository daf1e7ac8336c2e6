package gateway

import (
	"sync"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/sock"
	"github.com/tyg-dev/tyg/internal/ws"
)

// checkQueueLocked returns why n more bytes may not be queued, or nil.
func (c *session) checkQueueLocked(n int) error {
	if c.closing.Load() {
		return tyg.ErrGone
	}
	if limit := c.srv.limits.Queue; limit > 0 && c.queuedLocked() > 0 && c.queuedLocked()+n > limit {
		c.srv.count.throttled.Add(1)
		return tyg.ErrThrottled
	}
	if c.draining && c.srv.memory.over() {
		c.srv.count.throttled.Add(1)
		return tyg.ErrThrottled
	}
	return nil
}

// queuedLocked returns how many bytes wait for the client.
func (c *session) queuedLocked() int {
	n := c.inFlightBytes + len(c.shared)
	if c.out != nil {
		n += len(c.out.b)
	}
	return n
}

// queueMessageLocked queues a message as one frame. own says that a handler of c's own message
// sends it.
func (c *session) queueMessageLocked(op ws.Opcode, data []byte, own bool) {
	o := c.outLocked()
	if c.compresses(len(data)) {
		start, before := time.Now(), len(o.b)
		o.b = ws.AppendCompressed(o.b, op, data)
		if own {
			c.inflating.addReply(len(o.b)-before, time.Since(start))
		}
		return
	}
	if o.b = ws.AppendFrame(o.b, op, data); len(o.b) >= turnBytes {
		c.enough.Store(true)
	}
}

// compressFrom is the length from which on a message is compressed, in bytes: below, deflate costs
// more than the few bytes it saves.
const compressFrom = 512

func (c *session) compresses(n int) bool {
	return n >= compressFrom && c.inflating != nil && c.inflating.Fits(n)
}

// outLocked returns the buffer that is written next.
func (c *session) outLocked() *buffer {
	if c.out == nil {
		c.out = c.srv.pools.getBuffer()
		c.out.b = append(c.out.b, c.shared...)
		c.shared = nil
	}
	return c.out
}

// flushUnlock unlocks c.mu and writes what is queued, unless another goroutine writes or the
// replies are held.
func (c *session) flushUnlock() { c.flushBatchUnlock(nil) }

// flushBatchUnlock is flushUnlock that adds the write to b, if b is not nil.
func (c *session) flushBatchUnlock(b *sock.Batch) {
	if c.out == nil && c.shared == nil || c.writing || c.held {
		if c.draining {
			c.countOutLocked()
		}
		c.mu.Unlock()
		return
	}
	c.writing = true
	if c.out == nil {
		frames := c.takeSharedLocked()
		c.mu.Unlock()
		c.writeShared(b, frames)
		return
	}
	o := c.dequeueLocked()
	c.mu.Unlock()
	if b != nil {
		if c.inFlight = o; b.Add(&c.sock, o.b, c) {
			return
		}
		c.inFlight = nil
	}
	c.flush(o)
}

// flush writes o, and what is queued meanwhile. The caller has set c.writing, or inherited it;
// flush clears it. It never waits for the socket: when that is full, a goroutine takes over.
func (c *session) flush(o *buffer) {
	for o != nil {
		n, err := c.sock.TryWrite(o.b)
		if err != nil {
			c.srv.pools.putBuffer(o)
			c.writeFailed(err)
			return
		}
		if n < len(o.b) || c.sock.Pending() {
			c.drainAsync(o, n)
			return
		}
		c.srv.pools.putBuffer(o)
		o = c.dequeue()
	}
}

// dequeue returns what is queued, for the writer to write. If that is nothing, it returns nil and
// clears c.writing.
func (c *session) dequeue() *buffer {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.dequeueLocked()
}

func (c *session) dequeueLocked() *buffer {
	o := c.out
	c.out = nil
	c.inFlightBytes = 0
	if o == nil {
		c.writing = false
		if c.closing.Load() {
			c.cutAt = time.Now().Add(c.srv.closeTime()) // the close frame has left only now
		}
	} else {
		c.inFlightBytes = len(o.b)
	}
	if c.draining {
		c.draining = c.writing
		c.countOutLocked()
	}
	c.wakeLocked()
	return o
}

// drainAsync hands the right to write, and what the socket did not take of o, to a goroutine that
// waits for the socket. The goroutine ends when the queue is empty, when the client takes too
// little within Limits.Write, or with the socket; closeSocket waits for it.
func (c *session) drainAsync(o *buffer, n int) {
	c.mu.Lock()
	c.inFlightBytes = len(o.b) - n + c.sock.Unwritten()
	c.draining = true
	c.countOutLocked()
	if c.closing.Load() {
		c.progress = c.sock.Progress()
	}
	c.mu.Unlock()
	go c.drain(o, n)
}

func (c *session) drain(o *buffer, n int) {
	began := c.srv.clock.now()
	for o != nil {
		err := c.sock.Write(o.b[n:], c.srv.limits.Write)
		c.srv.pools.putBuffer(o)
		if err != nil {
			c.writeFailed(err)
			return
		}
		o, n = c.dequeue(), 0
	}
	c.endDrain(began)
}

// endDrain makes the client count as heard from if the drain that began then took so long that it
// could not see a ping behind what it was sent, and took all of it.
func (c *session) endDrain(began int64) {
	d := c.srv.Extensions.Ping
	if d == 0 {
		return
	}
	since, now := c.silentSince.Load(), c.srv.clock.now()
	if since != 0 && time.Duration(now-began) > d {
		c.silentSince.CompareAndSwap(since, now)
	}
}

// isDraining reports whether a goroutine waits for the client to take what is queued, within
// Limits.Write.
func (c *session) isDraining() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.writing && c.srv.limits.Write > 0
}

// writeFailed drops what is queued and closes the socket, which ends its turns.
func (c *session) writeFailed(err error) {
	c.markLost(err, writeCut(err))
	c.mu.Lock()
	if c.out != nil {
		c.srv.pools.putBuffer(c.out)
		c.out = nil
	}
	c.inFlightBytes = 0
	c.writing, c.draining = false, false
	c.countOutLocked()
	c.wakeLocked()
	c.mu.Unlock()
	_ = c.sock.Close() // it is lost already
}

// sendPong answers a ping (RFC 6455 section 5.5.3). A client that does not read its pongs gets no
// more.
func (c *session) sendPong(payload []byte) {
	c.mu.Lock()
	if c.checkQueueLocked(len(payload)) == nil {
		o := c.outLocked()
		o.b = ws.AppendFrame(o.b, ws.OpPong, payload)
	}
	c.flushUnlock()
}

// awaitQueue stops reading while the client is behind with taking what it is sent. On the polled
// path it returns true instead of waiting, for which the leader of many sockets has no time: a turn
// follows once the client has taken enough.
func (c *session) awaitQueue() (later bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.isBehindLocked() {
		return false
	}
	c.heldBack = true
	if c.partialSince.Load() != 0 {
		c.partialSince.Store(0) // the rest may be there, and is not read
	}
	if c.sock.Polled() {
		c.behind.Store(true)
		return true
	}
	c.waitLocked(func() bool { return !c.isBehindLocked() })
	c.resumeReading()
	return false
}

// resumeReading reports whether the client was behind, and gives it its time anew for the rest of a
// message that was not read meanwhile.
func (c *session) resumeReading() bool {
	if !c.heldBack {
		return false
	}
	c.heldBack = false
	if !c.backlog && (len(c.unparsed) > 0 || c.reader.Partial()) {
		c.partialSince.Store(c.srv.clock.now())
	}
	return true
}

// isBehindLocked reports whether more is queued than for a client whose messages are read.
func (c *session) isBehindLocked() bool {
	limit := c.srv.limits.Queue / 2
	return limit > 0 && c.queuedLocked() > limit
}

// waitLocked waits, with c.mu held, until ok returns true.
func (c *session) waitLocked(ok func() bool) {
	for !ok() {
		if c.queueShrunk == nil {
			c.queueShrunk = sync.NewCond(&c.mu)
		}
		c.waited = true
		c.queueShrunk.Wait()
	}
}

// wakeLocked makes waitLocked check again, and lets the turn follow that awaitQueue has put off.
func (c *session) wakeLocked() {
	if c.waited {
		c.waited = false
		c.queueShrunk.Broadcast()
	}
	if c.behind.Load() && !c.isBehindLocked() {
		c.behind.Store(false)
		c.sock.Wake()
	}
}

// A buffer holds bytes to be written.
type buffer struct{ b []byte }

func (p *pools) getBuffer() *buffer { return p.buffers.Get().(*buffer) }

// putBuffer returns a buffer of ordinary size to the pool. Larger ones are dropped: the pool would
// keep their memory.
func (p *pools) putBuffer(o *buffer) {
	if o == nil || cap(o.b) > bigBuffer {
		return
	}
	o.b = o.b[:0]
	p.buffers.Put(o)
}
