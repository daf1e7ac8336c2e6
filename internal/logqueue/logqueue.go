// Package logqueue keeps a log that is stuck, such as a pipe that is full, from stopping what logs.
package logqueue

import (
	"sync"
	"sync/atomic"
	"time"
)

const (
	// patience is how long the first line waits for a log that does not take it. While the log takes
	// lines in time, each is written when its caller goes on, in order.
	patience = 100 * time.Millisecond

	// maxLines and maxBytes bound the lines that wait. More are dropped.
	maxLines = 4096
	maxBytes = 4 << 20
)

// A Queue is the way to one log. The zero Queue is ready. It has a goroutine while lines wait.
type Queue struct {
	dropped atomic.Int64

	mu      sync.Mutex
	lines   []line
	bytes   int
	running bool
	stuck   bool  // callers do not wait
	missing int64 // lines dropped since one was written
}

// A line is a write that waits.
type line struct {
	write func()
	bytes int
	done  chan struct{}
}

// Do calls write, of a line of so many bytes, after those of earlier calls, and returns when it has
// returned, or after a moment if it does not. From then on, until a write succeeds, Do returns at
// once. If too many lines wait, the line is dropped.
//
// The first line after some were dropped is preceded by a call of lost with their number.
func (q *Queue) Do(write func(), bytes int, lost func(n int64)) {
	l := line{write, bytes, make(chan struct{})}
	q.mu.Lock()
	if len(q.lines) >= maxLines || q.bytes+bytes > maxBytes && len(q.lines) > 0 {
		q.missing++
		q.mu.Unlock()
		q.dropped.Add(1)
		return
	}
	if n := q.missing; n > 0 {
		q.missing = 0
		l.write = func() { lost(n); write() }
	}
	q.lines, q.bytes = append(q.lines, l), q.bytes+bytes
	if !q.running {
		q.running = true
		go q.run() // ends with the queue
	}
	stuck := q.stuck
	q.mu.Unlock()
	if !stuck {
		q.await(l.done)
	}
}

// await waits for a write, or finds that the log is stuck.
func (q *Queue) await(done <-chan struct{}) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-done:
		return
	case <-timer.C:
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	select {
	case <-done: // meanwhile
	default:
		q.stuck = true
	}
}

// run writes what waits.
func (q *Queue) run() {
	for {
		q.mu.Lock()
		if len(q.lines) == 0 {
			q.lines, q.running = nil, false
			q.mu.Unlock()
			return
		}
		l := q.lines[0]
		q.lines = q.lines[1:]
		q.bytes -= l.bytes
		q.mu.Unlock()
		l.write()
		q.mu.Lock()
		close(l.done)
		q.stuck = false
		q.mu.Unlock()
	}
}

// Dropped returns how many lines were dropped.
func (q *Queue) Dropped() int64 { return q.dropped.Load() }
