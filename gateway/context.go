package gateway

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tyg-dev/tyg"
)

// eventContext is the context of one event. It costs next to nothing: the timer and the channel of
// a context with a deadline are made only for those who ask for Done, which most handlers never do.
type eventContext struct {
	conn     *session
	kind     tyg.EventType
	late     atomic.Bool // the client was told that the handler takes too long
	request  string
	deadline int64  // Unix nanoseconds; 0: none
	desk     *desk  // holds what is sent in term; nil: nothing is held
	term     uint64 // of desk

	mu    sync.Mutex
	cause error // not nil: the event is over
	real  *realContext
}

// realContext is made when someone asks for Done.
type realContext struct {
	context.Context
	cancel context.CancelFunc
}

var _ context.Context = (*eventContext)(nil)

func (c *eventContext) set(s *session, e *tyg.Event, start time.Time) {
	c.conn, c.kind, c.request = s, e.Type, e.RequestID
	if limit := s.srv.limits.Integration; limit > 0 {
		c.deadline = start.Add(limit).UnixNano()
	}
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
	c.real = new(realContext)
	if c.deadline != 0 {
		at := time.Unix(0, c.deadline)
		c.real.Context, c.real.cancel = context.WithDeadline(context.Background(), at)
	} else {
		c.real.Context, c.real.cancel = context.WithCancel(context.Background())
	}
	if c.cause != nil {
		c.real.cancel()
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
	if c.real != nil && !c.over(time.Now()) { // past its deadline it ends by itself, with that error
		c.real.cancel()
	}
}
