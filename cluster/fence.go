package cluster

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tyg-dev/tyg/internal/connid"
)

// A fence keeps a node from serving clients that the others may take for lost.
type fence struct {
	contact atomic.Pointer[time.Time] // when a write to the registry began that succeeded
	closed  atomic.Bool

	mu     sync.Mutex
	open   context.Context // guarded by mu; ends when the fence closes; nil: there was no contact
	cancel context.CancelCauseFunc
}

// confirm notes contact with the registry, and opens the fence.
func (f *fence) confirm(at time.Time) {
	f.contact.Store(&at)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.open == nil || f.open.Err() != nil {
		f.open, f.cancel = context.WithCancelCause(context.Background())
	}
	f.closed.Store(false)
}

// bound returns a context for a handler, which ends when the fence closes: its connection is closed
// then, and the others may tell of that while it still runs. Call release when the handler returns.
func (f *fence) bound(ctx context.Context) (_ context.Context, release func()) {
	f.mu.Lock()
	open := f.open
	f.mu.Unlock()
	if open == nil {
		return ctx, func() {}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(open, func() { cancel(errFenced) })
	return ctx, func() {
		stop()
		cancel(nil)
	}
}

// contactSince reports whether there was contact since a time.
func (f *fence) contactSince(t time.Time) bool {
	at := f.contact.Load()
	return at != nil && !at.Before(t)
}

// overdue reports whether the last contact is longer ago than limit. A process that was frozen
// notices at its first call.
func (f *fence) overdue(limit time.Duration) bool {
	at := f.contact.Load()
	return at != nil && time.Since(*at) > limit
}

// close closes the fence and ends the contexts of handlers. It reports false if it was closed.
func (f *fence) close() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed.Swap(true) {
		return false
	}
	if f.cancel != nil {
		f.cancel(errFenced)
	}
	return true
}

// shut reports whether the fence is closed.
func (f *fence) shut() bool { return f.closed.Load() }

// checkFence reports whether this node may serve clients. If not, it closes them, because the
// others may take it for dead.
func (n *Node) checkFence() bool {
	if n.ledger == nil || !n.fence.overdue(n.cfg.Fence) {
		return !n.fence.shut()
	}
	if !n.fence.close() {
		return false
	}
	n.cfg.Logger.Error("no contact with the registry: this node closes its clients, because the "+
		"others may take it for dead", "node", n.cfg.Node, "after", n.cfg.Fence)
	n.publishHeartbeat(false)
	n.closeClients(func(connid.Incarnation) bool { return true })
	return false
}
