package sock

import (
	"net"
	"sync"
	"time"
)

// writePiece is how many bytes a peer must take within the limit of a write, or the rest if that is
// less.
const writePiece = 16 << 10

// A writeLimit ends writes to a net.Conn that make no progress. While the peer takes something, it
// moves the deadline on. A piece alone does not show that: a full socket of 4 MB takes no more
// before the peer has taken a third of that.
type writeLimit struct {
	mu    sync.Mutex
	limit time.Duration // 0: no write runs
	left  int           // unsent, at the last look
	timer *time.Timer   // of look; made by the first write
}

// start begins the time of a piece.
func (w *writeLimit) start(nc net.Conn, d time.Duration) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.limit = d
	w.left, _ = unsent(nc)
	if w.timer == nil {
		w.timer = time.AfterFunc(d/2, func() { w.look(nc) })
	} else {
		w.timer.Reset(d / 2)
	}
	return nc.SetWriteDeadline(time.Now().Add(d))
}

// look moves the deadline on if the peer has taken something since the last look.
func (w *writeLimit) look(nc net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.limit == 0 {
		return
	}
	if left, known := unsent(nc); known && left != w.left {
		w.left = left
		_ = nc.SetWriteDeadline(time.Now().Add(w.limit)) // fails if the socket is closed
	}
	w.timer.Reset(w.limit / 2)
}

// stop ends the limit: a deadline left behind would make a later write fail.
func (w *writeLimit) stop(nc net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.limit = 0
	if w.timer != nil {
		w.timer.Stop()
	}
	_ = nc.SetWriteDeadline(time.Time{}) // fails if the socket is closed
}
