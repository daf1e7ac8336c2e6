package sock

import "sync"

// workers runs functions on goroutines that it keeps. A new goroutine begins with a small stack,
// and growing it for what an application does at a connect and a disconnect was 7 % of the cost of
// a connection.
type workers struct {
	mu     sync.Mutex
	idle   []chan func() // one for each goroutine that waits for work
	closed bool
}

// maxIdle is how many goroutines wait at most; the others end when they have nothing to do.
const maxIdle = 64

// run runs f on another goroutine.
func (w *workers) run(f func()) {
	w.mu.Lock()
	if n := len(w.idle); n > 0 {
		work := w.idle[n-1]
		w.idle = w.idle[:n-1]
		w.mu.Unlock()
		work <- f
		return
	}
	w.mu.Unlock()
	go w.loop(f) // ends as below
}

// loop runs f and then the work it is given. It ends when maxIdle others wait, or with close.
func (w *workers) loop(f func()) {
	work := make(chan func(), 1)
	for f != nil {
		f()
		w.mu.Lock()
		if w.closed || len(w.idle) == maxIdle {
			w.mu.Unlock()
			return
		}
		w.idle = append(w.idle, work)
		w.mu.Unlock()
		f = <-work
	}
}

// close ends the idle goroutines now and the busy ones when their function returns.
func (w *workers) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	for _, work := range w.idle {
		work <- nil
	}
	w.idle = nil
}
