package gateway

import (
	"maps"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tyg-dev/tyg/internal/ws"
)

// A sweep is the one goroutine that enforces the time limits of all connections. It starts with the
// first connection and stops at Shutdown.
type sweep struct {
	every time.Duration // looks at handshakes, and at connections that are closing
	whole time.Duration // looks at all connections: they are many, and their limits are longer

	mu      sync.Mutex
	stop    chan struct{} // not nil: the goroutine exists
	done    chan struct{} // closed when it has ended
	stopped bool
}

// start starts the goroutine, once.
func (w *sweep) start(s *Server) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stop != nil || w.stopped {
		return
	}
	w.stop, w.done = make(chan struct{}), make(chan struct{})
	go w.loop(s) // halt stops it and waits for it
}

// halt stops the goroutine, waits until it has ended, and prevents a start.
func (w *sweep) halt() {
	w.mu.Lock()
	stop, done := w.stop, w.done
	again := w.stopped
	w.stopped = true
	w.mu.Unlock()
	if stop == nil || again {
		return
	}
	close(stop)
	<-done
}

func (w *sweep) loop(s *Server) {
	defer close(w.done)
	tick := time.NewTicker(w.every)
	defer tick.Stop()
	last, forgiven := time.Now(), false
	whole := last
	for {
		select {
		case <-w.stop:
			return
		case <-tick.C:
			now := time.Now()
			late := now.Sub(last) - w.every
			last = now
			// Never twice in a row: limits pass on a machine that is always late, too.
			if forgiven = !forgiven && late > max(w.every, minPause); forgiven {
				s.forgive(now, late)
			} else if now.Sub(whole) > w.whole-w.every {
				whole = now
				s.sweepAt(now)
			} else {
				s.sweepClosing(now)
			}
			s.flushLog(now)
		}
	}
}

// minPause is the shortest lateness that is forgiven.
const minPause = 200 * time.Millisecond

// forgive moves all time limits on by late, the time in which the process did not run. Clients
// could not be heard then, so nothing is judged before the sockets were read again.
func (s *Server) forgive(now time.Time, late time.Duration) {
	s.log.Warn("the process was paused; time limits are extended by that", "dur", late)
	s.acceptor.forgive(late)
	at := s.clock.at(now)
	s.hub.each(func(c *session) { c.forgive(at, late) })
}

func (c *session) forgive(now int64, late time.Duration) {
	for _, since := range []*atomic.Int64{
		&c.lastActive, &c.silentSince, &c.lastPing, &c.partialSince,
	} {
		if was := since.Load(); was != 0 {
			since.CompareAndSwap(was, min(was+int64(late), max(was, now))) // else it is new
		}
	}
	if c.handlers != nil {
		c.handlers.each(func(e *eventContext) { e.forgiven.Add(int64(late)) })
	} else if e := c.handling.Load(); e != nil {
		e.forgiven.Add(int64(late))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cutAt = c.cutAt.Add(late)
}

// sweepAt enforces all time limits as at now.
func (s *Server) sweepAt(now time.Time) {
	s.sweepClosing(now)
	due, at := pings{srv: s}, s.clock.at(now)
	s.hub.each(func(c *session) {
		if !c.isQuiet(at) && c.enforceLimits(now, &s.limits) {
			due.add(c)
		}
	})
	due.send()
}

// sweepClosing enforces what limits handshakes and closing connections.
func (s *Server) sweepClosing(now time.Time) {
	s.acceptor.closeOverdue(now, s.limits.Handshake, atHandshake)
	for _, c := range s.closing.list() {
		c.enforceLimits(now, &s.limits)
	}
}

// A sessionSet holds sessions. The zero set is empty.
type sessionSet struct {
	mu  sync.Mutex
	all map[*session]struct{}
}

func (s *sessionSet) add(c *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil {
		s.all = make(map[*session]struct{})
	}
	s.all[c] = struct{}{}
}

func (s *sessionSet) remove(c *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.all, c)
}

func (s *sessionSet) list() []*session {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Keys(s.all))
}

// enforceLimits closes c if one of its time limits has passed. It reports whether c is to be
// pinged.
func (c *session) enforceLimits(now time.Time, l *Limits) (ping bool) {
	if c.handlers != nil {
		c.handlers.each(func(e *eventContext) { c.enforceTimeout(e, now, l) })
	} else if e := c.handling.Load(); e != nil {
		c.enforceTimeout(e, now, l)
		c.cutBlocked(e, now)
		return false
	}
	if c.ending.Load() && !c.closing.Load() {
		return false // until its handlers have returned
	}
	if closing, overdue := c.closeOverdue(now); closing {
		if overdue {
			c.noteUnanswered()
			_ = c.sock.Close() // Ended follows
		}
		return false
	}
	at := c.srv.clock.at(now)
	idle := time.Duration(at - c.lastActive.Load())
	partial := c.partialSince.Load()
	switch {
	case l.Life > 0 && now.Sub(c.conn.ConnectedAt) > l.Life:
		c.closeAfterHandlers(ws.CloseGoingAway, "Going away", atLife, now)
	case l.Idle > 0 && idle > l.Idle:
		c.closeAfterHandlers(ws.CloseGoingAway, "Going away", atIdle, now)
	case l.Read > 0 && partial != 0 && time.Duration(at-partial) > l.Read:
		c.close(ws.ClosePolicyViolation, "Message not completed in time", atMessage, now)
	case c.srv.Extensions.Ping > 0:
		ping = c.enforcePing(at, c.srv.Extensions.Ping)
	}
	c.until = c.nextLimit(at, l)
	return ping
}

// A quiet is what tells the sweep that it need not look closer at a session.
type quiet struct {
	until    int64        // no limit passes before, but of those below; owned by the sweep
	handlers *handlerPool // runs handlers at the same time; nil: one after the other; static

	handling     atomic.Pointer[eventContext] // the event in a handler; nil: none is
	partialSince atomic.Int64                 // since when a message is incomplete; 0: none is
}

// isQuiet reports that no limit of a session has passed that is not closing. Closing ones are swept
// by themselves.
func (q *quiet) isQuiet(at int64) bool {
	return at < q.until && q.handlers == nil && q.handling.Load() == nil && q.partialSince.Load() == 0
}

// nextLimit returns before when no limit passes, but of a handler or message that begins meanwhile:
// what the client does makes it later.
func (c *session) nextLimit(at int64, l *Limits) int64 {
	next := at + int64(time.Hour)
	if l.Life > 0 {
		next = min(next, c.srv.clock.at(c.conn.ConnectedAt)+int64(l.Life))
	}
	if l.Idle > 0 {
		next = min(next, c.lastActive.Load()+int64(l.Idle))
	}
	if d := int64(c.srv.Extensions.Ping); d > 0 {
		next = min(next, c.nextPing(at, d))
	}
	return next
}

// cutBlocked closes the socket of a client whose handler e still runs, if the client is gone, or
// seems to be when the time of the handler is over, or has had its time to answer a close frame.
// The handler keeps the rest of the session, but no descriptor.
func (c *session) cutBlocked(e *eventContext, now time.Time) {
	closing, overdue := c.closeOverdue(now)
	hungUp, gone := c.sock.Peer()
	if !closing && (gone || hungUp && e.pastDeadline(now)) {
		c.markLost(net.ErrClosed, lost)
		overdue = true
	}
	if overdue {
		_ = c.sock.Close() // Ended follows the handler
	}
}

// enforceTimeout ends the context of a handler that takes too long and tells the client, once; it
// closes the connection of one that takes twice as long. The handler itself can only be asked to
// stop, through its context.
func (c *session) enforceTimeout(e *eventContext, now time.Time, l *Limits) {
	if !e.pastDeadline(now) {
		return
	}
	e.end(expired)
	c.sendTimeout(e)
	twice := time.Duration(c.srv.clock.at(now)-e.deadline-e.forgiven.Load()) > l.Integration
	if twice && c.close(ws.CloseInternalError, "Handler does not return", atHandler, now) {
		c.srv.log.Error("handler does not return", "conn", c.conn.ID, "request", e.requestID)
	}
}
