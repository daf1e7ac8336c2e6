package gateway

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/tyg-dev/tyg/internal/sock"
	"github.com/tyg-dev/tyg/internal/ws"
)

const (
	bigBuffer   = 64 << 10 // for sockets that take one only when there is something to read
	smallBuffer = 4 << 10  // for sockets that hold one while they wait

	idsAtOnce      = 64
	contextsAtOnce = 16 // an application that keeps one of them keeps all from the collector
)

// A readScratch is what a connection needs for the length of one read.
type readScratch struct {
	buf          []byte
	now          time.Time      // when the read came, or the last slow handler returned
	ids          string         // event ids that are not used yet
	contexts     []eventContext // contexts that are not used yet
	timer        slowTimer
	lastStart    time.Time   // of the last handler
	lastDeadline int64       // of the last handler, by the clock of the Server
	sawSlow      atomic.Bool // a handler was slow: now is out of date

	batch   *sock.Batch // of the turn; nil: replies leave at once
	holding atomic.Bool

	ofBacklog bool        // what is handled is in memory of the session
	pausing   *session    // that pause is for
	pause     func()      // pauseTurn, made once
	visit     *sock.Visit // of the last pause of the turn; nil: none

	memory *memoryBudget
	state  atomic.Int32 // one of those below

	// guarded by mu: shared by the turn, its handlers and the timer
	mu      sync.Mutex
	holdSeq uint64     // which hold this is
	held    []*session // their replies wait for the end of this hold
	shared  []byte     // frames of broadcasts, see sharedFrame
}

// The states of a readScratch.
const (
	inPool int32 = iota
	inTurn
	inSlowTurn // counted in memory
)

func newScratch(size int, memory *memoryBudget) *readScratch {
	rs := &readScratch{buf: make([]byte, size), memory: memory}
	rs.timer.onSlow = rs.onSlow
	rs.pause = rs.pauseTurn
	return rs
}

// pauseTurn lets others go first while a message is inflated. What was handled before it in the
// same read is not held up.
func (rs *readScratch) pauseTurn() {
	rs.endRead()
	rs.pausing.srv.inflated.pauses.Add(1)
	rs.visit = rs.pausing.sock.Pause(rs.visit)
	rs.now = time.Now()
}

// pools hold what a connection needs only while something happens on it.
type pools struct {
	big, small sync.Pool // of *readScratch
	buffers    sync.Pool // of *buffer
}

func (p *pools) init(memory *memoryBudget) {
	p.big.New = func() any { return newScratch(bigBuffer, memory) }
	p.small.New = func() any { return newScratch(smallBuffer, memory) }
	p.buffers.New = func() any { return new(buffer) }
}

// getScratch returns a readScratch with a big buffer or a small one.
func (p *pools) getScratch(small bool) *readScratch {
	pool := &p.big
	if small {
		pool = &p.small
	}
	rs := pool.Get().(*readScratch)
	rs.state.Store(inTurn)
	return rs
}

func (p *pools) putScratch(rs *readScratch, small bool) {
	rs.visit.Leave()
	rs.visit, rs.pausing, rs.batch = nil, nil, nil
	if rs.state.Swap(inPool) == inSlowTurn {
		rs.memory.add(-len(rs.buf) >> 10)
	}
	if small {
		p.small.Put(rs)
		return
	}
	p.big.Put(rs)
}

// holdReplies starts to hold replies back if b has another complete message, so that the replies to
// all messages of a read leave in one write for each recipient, or if replies to other clients
// leave with them. A slow handler does not hold them up: the timer releases them.
func (c *session) holdReplies(rs *readScratch, b []byte) {
	if rs.holding.Load() || rs.batch == nil && !ws.FrameComplete(b) {
		return
	}
	rs.startHolding()
	c.mu.Lock()
	if !c.held && rs.addHeld(c, rs.holdSeq) {
		c.held = true
	}
	c.mu.Unlock()
}

// startHolding begins a new hold.
func (rs *readScratch) startHolding() {
	rs.mu.Lock()
	rs.holdSeq++
	rs.holding.Store(true)
	rs.mu.Unlock()
}

// addHeld adds c to the hold seq, for releaseHeld. It reports false if that hold is over. The
// caller has locked c.mu.
func (rs *readScratch) addHeld(c *session, seq uint64) bool {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if !rs.holding.Load() || rs.holdSeq != seq {
		return false
	}
	rs.held = append(rs.held, c)
	return true
}

// nextID returns a new event id. Ids are made 64 at a time: one alone costs an allocation and 30
// ns.
func (rs *readScratch) nextID() string {
	if rs.ids == "" {
		rs.ids = newIDs(idsAtOnce)
	}
	id := rs.ids[:idSize]
	rs.ids = rs.ids[idSize:]
	return id
}

// newContext starts the timer for a handler and returns the context of its event.
func (rs *readScratch) newContext() *eventContext {
	if rs == nil {
		return new(eventContext)
	}
	rs.timer.begin()
	if len(rs.contexts) == 0 {
		rs.contexts = make([]eventContext, contextsAtOnce)
	}
	ctx := &rs.contexts[0]
	rs.contexts = rs.contexts[1:]
	if rs.holding.Load() {
		ctx.scratch, ctx.holdSeq = rs, rs.holdSeq
	}
	return ctx
}

// holdOrFlushUnlock unlocks c.mu and writes what is queued, now, in b if that is not nil, or with
// the other replies of the read.
func (c *session) holdOrFlushUnlock(e *eventContext, b *sock.Batch) {
	if !c.held && !c.writing && e != nil && e.scratch != nil && e.scratch.addHeld(c, e.holdSeq) {
		c.held = true
	}
	c.flushBatchUnlock(b)
}

// endRead ends the read, and with it the hold.
func (rs *readScratch) endRead() {
	rs.timer.end()
	if rs.holding.Load() {
		rs.releaseHeld(rs.batch)
	}
}

// releaseHeld ends the hold and writes what was held. The turn calls it with its batch, or the
// timer without.
func (rs *readScratch) releaseHeld(b *sock.Batch) {
	rs.mu.Lock()
	held := rs.held
	rs.held = nil
	rs.holding.Store(false)
	rs.mu.Unlock()
	flushHeld(held, b)
	clear(held)
	rs.mu.Lock()
	if rs.held == nil {
		rs.held = held[:0]
	}
	rs.mu.Unlock()
}

// flushHeld writes the replies held for sessions, in b if they are few, or in a batch of their own.
func flushHeld(held []*session, b *sock.Batch) {
	if len(held) == 0 {
		return
	}
	if own := held[0].srv.newBatch(len(held)); own != nil {
		b = own
	}
	defer flushBatch(b)
	for _, c := range held {
		c.mu.Lock()
		c.held = false
		c.flushBatchUnlock(b)
	}
}

// onSlow releases the replies that a slow handler would hold up, and counts the memory that it
// holds.
func (rs *readScratch) onSlow() {
	rs.sawSlow.Store(true)
	if rs.state.CompareAndSwap(inTurn, inSlowTurn) {
		rs.memory.add(len(rs.buf) >> 10)
	}
	rs.releaseHeld(nil)
}

// A slowTimer notices that a handler is slow. It ticks only while messages are handled, and costs
// each of them two stores; a time.Timer for each would cost ten times that.
type slowTimer struct {
	onSlow func()        // called, on a goroutine of its own, while the handler still runs
	count  uint32        // owned by the turn: even, 2 for each message
	event  atomic.Uint32 // count, plus 1 while a handler runs
	armed  atomic.Bool   // check will run
	seen   uint32        // owned by check: event, a tick ago
}

// tick is how often a slowTimer checks. A handler is slow after one to two of them.
const tick = time.Millisecond

// begin marks the begin of a handler, and end its return.
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

// check calls onSlow if the handler of a tick ago still runs. It runs again until nothing has
// changed for a tick; the next message arms it again.
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
