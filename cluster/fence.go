package cluster

import (
	"sync/atomic"
	"time"
)

// A fence keeps a node from serving clients that the others may take for lost.
type fence struct {
	contact atomic.Pointer[time.Time] // when a write to the registry began that succeeded
	closed  atomic.Bool
}

// confirm notes contact with the registry, and opens the fence.
func (f *fence) confirm(at time.Time) {
	f.contact.Store(&at)
	f.closed.Store(false)
}

// overdue reports whether the last contact is longer ago than limit. A process that was frozen
// notices at its first call.
func (f *fence) overdue(limit time.Duration) bool {
	at := f.contact.Load()
	return at != nil && time.Since(*at) > limit
}

// close closes the fence. It reports false if it was closed.
func (f *fence) close() bool { return !f.closed.Swap(true) }

// shut reports whether the fence is closed.
func (f *fence) shut() bool { return f.closed.Load() }
