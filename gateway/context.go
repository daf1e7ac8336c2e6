package gateway

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tyg-dev/tyg"
)

// An eventContext is the context of one event. It costs next to nothing: it makes the timer and the
// channel of a context with a deadline only when Done is called, which most handlers never do.
type eventContext struct {
	session     *session
	eventType   tyg.EventType
	timeoutSent atomic.Bool // the client was told of the timeout
	requestID   string
	deadline    int64        // by the clock of the Server; 0: none
	forgiven    atomic.Int64 // how much longer the handler may go on after its deadline
	scratch     *readScratch // holds what is sent in holdSeq; nil: nothing is held
	holdSeq     uint64       // of scratch

	state atomic.Uint32 // one of those below
	mu    sync.Mutex
	real  *realContext // nil unless state is realized
}

// The states of an eventContext. Most go from the first to the second and never take the lock.
const (
	live     uint32 = iota
	ended           // with context.Canceled
	expired         // with context.DeadlineExceeded
	realized        // as real says
)

// A realContext is made when Done is called first.
type realContext struct {
	context.Context
	cancel context.CancelFunc
}

var _ context.Context = (*eventContext)(nil)

// set sets the event, and until when its handler may run: by the clock of the Server, 0 means
// forever.
func (c *eventContext) set(s *session, e *tyg.Event, deadline int64) {
	c.session, c.eventType, c.requestID, c.deadline = s, e.Type, e.RequestID, deadline
}

// began returns when the event began, or the zero time if that is not known. c may be nil.
func (c *eventContext) began() time.Time {
	if c == nil || c.deadline == 0 {
		return time.Time{}
	}
	srv := c.session.srv
	return srv.clock.zero.Add(time.Duration(c.deadline) - srv.limits.Integration)
}

// pastDeadline reports whether the integration timeout has passed.
func (c *eventContext) pastDeadline(now time.Time) bool {
	return c.deadline != 0 && c.session.srv.clock.at(now) >= c.deadline
}

// Deadline returns when the integration timeout passes.
func (c *eventContext) Deadline() (time.Time, bool) {
	if c.deadline == 0 {
		return time.Time{}, false
	}
	return c.session.srv.clock.time(c.deadline), true
}

// Done returns a channel that is closed when the handler has returned or its time is over.
func (c *eventContext) Done() <-chan struct{} { return c.realize().Done() }

// Err returns why the context has ended, or nil.
func (c *eventContext) Err() error {
	switch c.state.Load() {
	case ended:
		return context.Canceled
	case expired:
		return context.DeadlineExceeded
	case realized:
		return c.realize().Err()
	}
	if c.pastDeadline(time.Now()) {
		return context.DeadlineExceeded
	}
	return nil
}

// eventKey is the key under which an eventContext returns itself.
type eventKey struct{}

// Value returns c for eventKey. It also lets package context find the real context, so that
// contexts derived from it need no goroutine.
func (c *eventContext) Value(key any) any {
	if key == (eventKey{}) {
		return c
	}
	if c.state.Load() != realized {
		return nil
	}
	return c.realize().Value(key)
}

func (c *eventContext) realize() context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.real == nil {
		c.real = newRealContext(c.Deadline())
		if c.state.Swap(realized) == ended {
			c.real.cancel() // one that has expired says so by itself
		}
	}
	return c.real
}

func newRealContext(deadline time.Time, limited bool) *realContext {
	r := new(realContext)
	if limited {
		r.Context, r.cancel = context.WithDeadline(context.Background(), deadline)
	} else {
		r.Context, r.cancel = context.WithCancel(context.Background())
	}
	return r
}

// end ends the context with how: ended or expired. The first call decides.
func (c *eventContext) end(how uint32) {
	if c.state.CompareAndSwap(live, how) || c.state.Load() != realized {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.pastDeadline(time.Now()) { // past its deadline it ends by itself, with that error
		c.real.cancel()
	}
}

// handlerDeadline returns until when a handler may run that begins at start, by the clock of s; 0
// means forever.
func (s *Server) handlerDeadline(rs *readScratch, start time.Time) int64 {
	if rs != nil && rs.lastStart == start {
		return rs.lastDeadline // computing it for each message of a read costs 2 % of a message
	}
	var deadline int64
	if limit := s.limits.Integration; limit > 0 {
		deadline = s.clock.at(start) + int64(limit)
	}
	if rs != nil {
		rs.lastStart, rs.lastDeadline = start, deadline
	}
	return deadline
}

// handlerEnd returns when a handler returned. If the timer has seen no slow handler, rs.now is
// close enough: reading the clock would cost a tenth of a message.
func (s *Server) handlerEnd(rs *readScratch, err error) time.Time {
	if rs == nil {
		return time.Now()
	}
	if rs.sawSlow.Load() || s.timeHandlers || err != nil {
		rs.sawSlow.Store(false)
		rs.now = time.Now()
	}
	return rs.now
}
