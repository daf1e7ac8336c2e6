package gateway

import (
	"slices"
	"sync/atomic"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/ws"
)

// A memoryBudget bounds what clients make the Server hold, all of them together: messages that they
// do not take, messages and requests of which the rest does not come, and the buffers of reads
// whose handlers are slow. A client that keeps up holds nothing between two turns, and never gets
// here.
type memoryBudget struct {
	limit    int64 // KB; 0: none
	used     atomic.Int64
	trimming atomic.Bool
	trim     func() // frees memory
}

func (m *memoryBudget) init(limit int, trim func()) {
	if m.trim = trim; limit > 0 {
		m.limit = max(1, int64(limit)>>10)
	}
}

// add counts kb more kilobytes, or fewer.
func (m *memoryBudget) add(kb int) {
	if used := m.used.Add(int64(kb)); kb > 0 && m.limit > 0 && used > m.limit &&
		!m.trimming.Load() && m.trimming.CompareAndSwap(false, true) {
		go func() { // ends when it has freed enough, or all that can be
			defer m.trimming.Store(false)
			m.trim()
		}()
	}
}

// over reports whether all of the budget is used: clients that are behind get no more.
func (m *memoryBudget) over() bool { return m.limit > 0 && m.used.Load() > m.limit }

// scarce reports whether three quarters of the budget are used: there is no room for more clients.
func (m *memoryBudget) scarce() bool { return m.limit > 0 && m.used.Load() > m.limit/4*3 }

// excess returns how much is used above what trimming leaves, in KB.
func (m *memoryBudget) excess() int64 { return m.used.Load() - m.limit/8*7 }

// setHeld sets how many bytes are counted in held, and counts the difference.
func (m *memoryBudget) setHeld(held *atomic.Int32, bytes int) {
	if kb := int32(bytes >> 10); kb != held.Load() {
		m.add(int(kb - held.Swap(kb)))
	}
}

// countOutLocked counts what is queued for a client that is behind.
func (c *session) countOutLocked() {
	n := 0
	if c.draining {
		n = c.inFlightBytes
		if c.sock.Layered() {
			n *= 2 // encrypted, too
		}
		if c.out != nil {
			n += cap(c.out.b)
		}
	}
	c.srv.memory.setHeld(&c.heldOut, n)
}

// countIn counts what is kept of a message that is not complete. Its turns call it, and what
// follows them.
func (c *session) countIn() {
	c.srv.memory.setHeld(&c.heldIn, cap(c.unparsed)+c.reader.Held())
}

// heldKB returns how many KB are held for the client.
func (c *session) heldKB() int32 { return c.heldIn.Load() + c.heldOut.Load() }

// A holder is a session and what is held for it.
type holder struct {
	*session
	kb int32
}

// trimMemory closes the clients for which most is held, until enough is free: those are the
// slowest. First they lose what is queued; if that is not enough, their sockets.
func (s *Server) trimMemory() {
	var holders []holder
	s.hub.each(func(c *session) {
		if kb := c.heldKB(); kb > 0 {
			holders = append(holders, holder{c, kb})
		}
	})
	slices.SortFunc(holders, func(a, b holder) int { return int(b.kb) - int(a.kb) })
	now := time.Now()
	for _, h := range holders {
		if s.memory.excess() <= 0 {
			return
		}
		h.shed(now)
	}
	for _, h := range holders {
		if s.memory.excess() <= 0 {
			return
		}
		_ = h.sock.Close() // Ended follows, or the end of the write
	}
}

// shed closes the connection with 1013 and drops what is queued for it. What is being written can
// be freed only with the socket: if that is much, the client learns nothing of it any more.
func (c *session) shed(now time.Time) {
	c.mu.Lock()
	if c.out != nil {
		c.srv.pools.putBuffer(c.out)
		c.out = nil
	}
	c.shared = nil
	if !c.closing.Load() {
		end := tyg.Disconnect{Code: ws.CloseTryAgainLater, Reason: "Out of memory for slow clients"}
		c.markClosingLocked(end, atMemory, now)
		c.plannedCut = atMemory
		c.queueCloseLocked(end.Code, end.Reason)
		_ = c.sock.SetReadDeadline(now) // as in close
	}
	c.countOutLocked()
	much := c.inFlightBytes > bigBuffer
	c.flushUnlock()
	if much {
		_ = c.sock.Close() // the end of the write follows
	}
}

// wasShed reports whether shed has closed the connection.
func (c *session) wasShed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closing.Load() && c.plannedCut == atMemory
}

// dropUnparsed frees what is kept of a message that is not complete. Nothing can be parsed after.
func (c *session) dropUnparsed() {
	c.reader.Release()
	c.unparsed, c.backlog, c.discard = nil, false, true
	c.countIn()
}
