// Package lograte limits how many lines of a kind go to a log, and counts those that are left out.
package lograte

import (
	"sync"
	"time"
)

// A Limiter lets so many lines of each kind pass in a window of time. Set its fields before the
// first call. Its methods may be called from many goroutines at once.
type Limiter struct {
	Lines  int           // of one kind in one window
	Window time.Duration // from the first line of a kind on

	mu    sync.Mutex
	kinds map[string]*window
}

// maxKinds bounds the kinds that are remembered. Those beyond share one window.
const maxKinds = 1024

// A window counts the lines of one kind.
type window struct {
	begins time.Time
	lines  int
	left   int64 // lines left out since the last one that passed
}

// Allow reports whether a line of a kind passes at now, and if so, how many were left out since the
// last one that did.
func (l *Limiter) Allow(kind string, now time.Time) (ok bool, left int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.window(kind)
	if w.lines == 0 || now.Sub(w.begins) >= l.Window {
		w.begins, w.lines = now, 0
	}
	if w.lines >= l.Lines {
		w.left++
		return false, 0
	}
	w.lines++
	left, w.left = w.left, 0
	return true, left
}

func (l *Limiter) window(kind string) *window {
	if l.kinds == nil {
		l.kinds = make(map[string]*window)
	}
	if w := l.kinds[kind]; w != nil {
		return w
	}
	if len(l.kinds) >= maxKinds {
		kind = ""
	}
	if l.kinds[kind] == nil {
		l.kinds[kind] = new(window)
	}
	return l.kinds[kind]
}

// Flush calls f with each kind whose window is over at now and of which lines were left out, and
// with their number.
func (l *Limiter) Flush(now time.Time, f func(kind string, left int64)) {
	l.mu.Lock()
	over := make(map[string]int64)
	for kind, w := range l.kinds {
		if w.left > 0 && now.Sub(w.begins) >= l.Window {
			over[kind], w.left = w.left, 0
		}
	}
	l.mu.Unlock()
	for kind, left := range over {
		f(kind, left)
	}
}
