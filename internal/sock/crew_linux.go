package sock

import "sync"

// A crew runs functions on goroutines that it keeps. A new goroutine begins with a small stack, and
// to grow it for what an application does at a connect and a disconnect was 7 % of the cost of a
// connection.
type crew struct {
	mu     sync.Mutex
	idle   []chan func() // who waits for work
	closed bool
}

// mostIdle is how many goroutines wait at most; the others end when they have nothing to do.
const mostIdle = 64

// do runs f on a goroutine.
func (w *crew) do(f func()) {
	w.mu.Lock()
	if n := len(w.idle); n > 0 {
		work := w.idle[n-1]
		w.idle = w.idle[:n-1]
		w.mu.Unlock()
		work <- f
		return
	}
	w.mu.Unlock()
	go w.run(f) // ends as below
}

// run ends when enough others wait, or with the crew.
func (w *crew) run(f func()) {
	work := make(chan func(), 1)
	for f != nil {
		f()
		w.mu.Lock()
		if w.closed || len(w.idle) == mostIdle {
			w.mu.Unlock()
			return
		}
		w.idle = append(w.idle, work)
		w.mu.Unlock()
		f = <-work
	}
}

// close ends those who wait, and others when they are done.
func (w *crew) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	for _, work := range w.idle {
		work <- nil
	}
	w.idle = nil
}
