package gateway

import (
	"sync/atomic"
	"time"
)

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
