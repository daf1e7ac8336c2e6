package gateway

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/tyg-dev/tyg/internal/ws"
)

const (
	bigBuffer   = 64 << 10 // for sockets that take one only when there is something to read
	smallBuffer = 4 << 10  // for those that wait with it in their hand
)

// A readScratch is what a connection works at for the length of one read.
type readScratch struct {
	buf          []byte
	now          time.Time      // when the read came, or since then a handler that took its time returned
	ids          string         // event ids that are not used yet
	contexts     []eventContext // contexts that are not used yet
	timer        slowTimer
	lastStart    time.Time // of the last handler, and until when it may run
	lastDeadline int64
	sawSlow      atomic.Bool // a handler took its time: now is not what it says

	holding atomic.Bool
	mu      sync.Mutex // the pass shares the rest with its handlers and its watch
	holdSeq uint64     // counts holds
	held    []*session // whose replies wait for the end of this one
}

func newScratch(size int) *readScratch {
	rs := &readScratch{buf: make([]byte, size)}
	rs.timer.onSlow = rs.onSlow
	return rs
}

func (p *pools) getScratch(small bool) *readScratch {
	if small {
		return p.small.Get().(*readScratch)
	}
	return p.big.Get().(*readScratch)
}

func (p *pools) putScratch(rs *readScratch, small bool) {
	if small {
		p.small.Put(rs)
		return
	}
	p.big.Put(rs)
}

// newContext says that a handler begins, and gives it a context.
func (rs *readScratch) newContext() *eventContext {
	if rs == nil {
		return new(eventContext)
	}
	rs.timer.begin()
	if len(rs.contexts) == 0 {
		rs.contexts = make([]eventContext, ctxsAtOnce)
	}
	ctx := &rs.contexts[0]
	rs.contexts = rs.contexts[1:]
	if rs.holding.Load() {
		ctx.scratch, ctx.holdSeq = rs, rs.holdSeq
	}
	return ctx
}

// nextID returns a new event id. They are made 64 at a time: each alone costs an allocation, and 30 ns
// more.
func (rs *readScratch) nextID() string {
	if rs.ids == "" {
		rs.ids = newIDs(idsAtOnce)
	}
	id := rs.ids[:idSize]
	rs.ids = rs.ids[idSize:]
	return id
}

// endRead ends the pass.
func (rs *readScratch) endRead() {
	rs.timer.end()
	if rs.holding.Load() {
		rs.releaseHeld()
	}
}

// holdReplies keeps replies back while another complete message lies in the same read, so that all of them
// leave in one write, whoever they go to. A handler that takes its time does not keep them: the
// desk's watch lets them go.
func (c *session) holdReplies(rs *readScratch, b []byte) {
	if rs.holding.Load() || !ws.FrameComplete(b) {
		return
	}
	rs.startHolding()
	c.mu.Lock()
	if !c.held && rs.addHeld(c, rs.holdSeq) {
		c.held = true
	}
	c.mu.Unlock()
}

// holdOrFlushUnlock unlocks c.mu and writes what is queued, now or together with what follows it.
func (c *session) holdOrFlushUnlock(e *eventContext) {
	if !c.held && !c.writing && e != nil && e.scratch != nil && e.scratch.addHeld(c, e.holdSeq) {
		c.held = true
	}
	c.flushUnlock()
}

// startHolding begins a new term.
func (rs *readScratch) startHolding() {
	rs.mu.Lock()
	rs.holdSeq++
	rs.holding.Store(true)
	rs.mu.Unlock()
}

// addHeld remembers that c is held, for release. It reports false if that comes too late: the term is
// over. c.mu is held.
func (rs *readScratch) addHeld(c *session, seq uint64) bool {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if !rs.holding.Load() || rs.holdSeq != seq {
		return false
	}
	rs.held = append(rs.held, c)
	return true
}

// releaseHeld ends the term, and writes what was held. It is called by the pass, or by its watch.
func (rs *readScratch) releaseHeld() {
	rs.mu.Lock()
	held := rs.held
	rs.held = nil
	rs.holding.Store(false)
	rs.mu.Unlock()
	flushHeld(held)
	clear(held)
	rs.mu.Lock()
	if rs.held == nil {
		rs.held = held[:0]
	}
	rs.mu.Unlock()
}

// flushHeld writes what was held of sessions, one or many.
func flushHeld(held []*session) {
	if len(held) == 0 {
		return
	}
	b := held[0].srv.newBatch(len(held))
	defer flushBatch(b)
	for _, c := range held {
		c.mu.Lock()
		c.held = false
		c.flushBatchUnlock(b)
	}
}

// onSlow lets replies go whose handler takes its time.
func (rs *readScratch) onSlow() {
	rs.sawSlow.Store(true)
	rs.releaseHeld()
}

// slowTimer notices, at a desk, that a handler takes its time. It ticks only while messages are
// handled, and costs each of them two stores; a timer set for each would cost ten times that.
type slowTimer struct {
	onSlow func() // called, on a goroutine of its own, while the handler still runs
	count  uint32 // owned by the desk: even, 2 for each message
	event  atomic.Uint32
	armed  atomic.Bool
	seen   uint32 // owned by the tick: event, a tick ago
}

// tick is how often the watch looks. A handler is late after one to two of them.
const tick = time.Millisecond

// begin says that a handler begins, end that it has returned.
func (t *slowTimer) begin() {
	t.count += 2
	t.event.Store(t.count + 1)
	if !t.armed.Load() {
		t.arm()
	}
}

func (t *slowTimer) end() { t.event.Store(t.count) }

func (t *slowTimer) arm() {
	if t.armed.CompareAndSwap(false, true) {
		time.AfterFunc(tick, t.check)
	}
}

// check calls late for a message that was there a tick ago. It looks again until nothing has changed:
// after that there is nothing to see before the next message.
func (t *slowTimer) check() {
	event := t.event.Load()
	same := event == t.seen
	t.seen = event
	if !same {
		time.AfterFunc(tick, t.check)
		return
	}
	if event%2 == 1 {
		t.onSlow()
	}
	t.armed.Store(false)
	if t.event.Load() != event {
		t.arm()
	}
}
