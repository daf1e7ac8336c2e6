package gateway

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tyg-dev/tyg"
)

// eventContext is the context of one event. It is one small allocation: the timer and the channel
// of a context with a deadline are made only for those who ask for Done, which most handlers never
// do.
type eventContext struct {
	conn     *session
	kind     tyg.EventType
	request  string
	deadline int64       // Unix nanoseconds; 0: none
	late     atomic.Bool // the client was told that the handler takes too long

	mu     sync.Mutex
	cause  error           // not nil: the event is over
	real   context.Context // not nil: someone asked for Done
	cancel context.CancelFunc
}

var _ context.Context = (*eventContext)(nil)

func newEventContext(s *session, e tyg.Event, limit time.Duration, now time.Time) *eventContext {
	c := &eventContext{conn: s, kind: e.Type, request: e.RequestID}
	if limit > 0 {
		c.deadline = now.Add(limit).UnixNano()
	}
	return c
}

// over reports whether the integration timeout has passed.
func (c *eventContext) over(now time.Time) bool {
	return c.deadline != 0 && now.UnixNano() >= c.deadline
}

// Deadline returns when the integration timeout passes.
func (c *eventContext) Deadline() (time.Time, bool) {
	return time.Unix(0, c.deadline), c.deadline != 0
}

// Done returns a channel that is closed when the event is over or its time is.
func (c *eventContext) Done() <-chan struct{} { return c.realize().Done() }

// Err returns why the context has ended, or nil.
func (c *eventContext) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.real != nil:
		return c.real.Err()
	case c.cause != nil:
		return c.cause
	case c.over(time.Now()):
		return context.DeadlineExceeded
	}
	return nil
}

// Value lets package context find the real context, so that those derived from it need no
// goroutine.
func (c *eventContext) Value(key any) any {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.real == nil {
		return nil
	}
	return c.real.Value(key)
}

func (c *eventContext) realize() context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.real != nil {
		return c.real
	}
	if c.deadline != 0 {
		c.real, c.cancel = context.WithDeadline(context.Background(), time.Unix(0, c.deadline))
	} else {
		c.real, c.cancel = context.WithCancel(context.Background())
	}
	if c.cause != nil {
		c.cancel()
	}
	return c.real
}

// end ends the context. The first cause stays.
func (c *eventContext) end(cause error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cause == nil {
		c.cause = cause
	}
	if c.cancel != nil && !c.over(time.Now()) { // past its deadline it ends by itself, with that error
		c.cancel()
	}
}
