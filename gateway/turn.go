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

// A desk is what a connection works at for the length of one read.
type desk struct {
	buf      []byte
	now      time.Time      // when the read came, or since then a handler that took its time returned
	ids      string         // event ids that are not used yet
	ctxs     []eventContext // contexts that are not used yet
	watch    watch
	start    time.Time // of the last handler, and until when it may run
	deadline int64
	slow     atomic.Bool // a handler took its time: now is not what it says

	holding atomic.Bool
	mu      sync.Mutex // the pass shares the rest with its handlers and its watch
	term    uint64     // counts holds
	held    []*session // whose replies wait for the end of this one
}

func newDesk(size int) *desk {
	d := &desk{buf: make([]byte, size)}
	d.watch.late = d.expire
	return d
}

func (p *pools) desk(small bool) *desk {
	if small {
		return p.small.Get().(*desk)
	}
	return p.big.Get().(*desk)
}

func (p *pools) putDesk(d *desk, small bool) {
	if small {
		p.small.Put(d)
		return
	}
	p.big.Put(d)
}

// context says that a handler begins, and gives it a context.
func (d *desk) context() *eventContext {
	if d == nil {
		return new(eventContext)
	}
	d.watch.begin()
	if len(d.ctxs) == 0 {
		d.ctxs = make([]eventContext, ctxsAtOnce)
	}
	ctx := &d.ctxs[0]
	d.ctxs = d.ctxs[1:]
	if d.holding.Load() {
		ctx.desk, ctx.term = d, d.term
	}
	return ctx
}

// id returns a new event id. They are made 64 at a time: each alone costs an allocation, and 30 ns
// more.
func (d *desk) id() string {
	if d.ids == "" {
		d.ids = newIDs(idsAtOnce)
	}
	id := d.ids[:idSize]
	d.ids = d.ids[idSize:]
	return id
}

// leave ends the pass.
func (d *desk) leave() {
	d.watch.end()
	if d.holding.Load() {
		d.release()
	}
}

// hold keeps replies back while another complete message lies in the same read, so that all of them
// leave in one write, whoever they go to. A handler that takes its time does not keep them: the
// desk's watch lets them go.
func (c *session) hold(d *desk, b []byte) {
	if d.holding.Load() || !ws.FrameComplete(b) {
		return
	}
	d.startHolding()
	c.mu.Lock()
	if !c.held && d.keep(c, d.term) {
		c.held = true
	}
	c.mu.Unlock()
}

// settleUnlock unlocks c.mu and writes what is queued, now or together with what follows it.
func (c *session) settleUnlock(e *eventContext) {
	if !c.held && !c.writing && e != nil && e.desk != nil && e.desk.keep(c, e.term) {
		c.held = true
	}
	c.flushUnlock()
}

// startHolding begins a new term.
func (d *desk) startHolding() {
	d.mu.Lock()
	d.term++
	d.holding.Store(true)
	d.mu.Unlock()
}

// keep remembers that c is held, for release. It reports false if that comes too late: the term is
// over. c.mu is held.
func (d *desk) keep(c *session, term uint64) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.holding.Load() || d.term != term {
		return false
	}
	d.held = append(d.held, c)
	return true
}

// release ends the term, and writes what was held. It is called by the pass, or by its watch.
func (d *desk) release() {
	d.mu.Lock()
	held := d.held
	d.held = nil
	d.holding.Store(false)
	d.mu.Unlock()
	letGo(held)
	clear(held)
	d.mu.Lock()
	if d.held == nil {
		d.held = held[:0]
	}
	d.mu.Unlock()
}

// letGo writes what was held of sessions, one or many.
func letGo(held []*session) {
	if len(held) == 0 {
		return
	}
	b := held[0].srv.batch(len(held))
	defer flushBatch(b)
	for _, c := range held {
		c.mu.Lock()
		c.held = false
		c.flushIntoUnlock(b)
	}
}

// expire lets replies go whose handler takes its time.
func (d *desk) expire() {
	d.slow.Store(true)
	d.release()
}

// watch notices, at a desk, that a handler takes its time. It ticks only while messages are
// handled, and costs each of them two stores; a timer set for each would cost ten times that.
type watch struct {
	late  func() // called, on a goroutine of its own, while the handler still runs
	count uint32 // owned by the desk: even, 2 for each message
	event atomic.Uint32
	armed atomic.Bool
	seen  uint32 // owned by the tick: event, a tick ago
}

// tick is how often the watch looks. A handler is late after one to two of them.
const tick = time.Millisecond

// begin says that a handler begins, end that it has returned.
func (w *watch) begin() {
	w.count += 2
	w.event.Store(w.count + 1)
	if !w.armed.Load() {
		w.arm()
	}
}

func (w *watch) end() { w.event.Store(w.count) }

func (w *watch) arm() {
	if w.armed.CompareAndSwap(false, true) {
		time.AfterFunc(tick, w.look)
	}
}

// look calls late for a message that was there a tick ago. It looks again until nothing has changed:
// after that there is nothing to see before the next message.
func (w *watch) look() {
	event := w.event.Load()
	same := event == w.seen
	w.seen = event
	if !same {
		time.AfterFunc(tick, w.look)
		return
	}
	if event%2 == 1 {
		w.late()
	}
	w.armed.Store(false)
	if w.event.Load() != event {
		w.arm()
	}
}
