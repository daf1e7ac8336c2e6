package gateway

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"time"
	"unicode/utf8"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/connid"
	"github.com/tyg-dev/tyg/internal/ws"
)

// Close closes a connection of this Server with code 1000.
func (s *Server) Close(ctx context.Context, id tyg.ConnID) error {
	return s.CloseWith(ctx, id, ws.CloseNormal, "Connection Closed Normally")
}

// CloseWith closes a connection of this Server with a code and reason of the caller's choice (RFC
// 6455 section 7.4; 4000 to 4999 are for applications). A code that may not be sent is an error,
// and so is a reason over 123 bytes. Not on AWS.
func (s *Server) CloseWith(
	ctx context.Context, id tyg.ConnID, code tyg.CloseCode, reason string,
) error {
	const op = "close"
	if !ws.ValidCloseCode(int(code)) || len(reason) > maxCloseReason || !utf8.ValidString(reason) {
		return &tyg.ConnError{Op: op, ID: id, Err: errCloseCode}
	}
	c, err := s.findSession(s.eventFrom(ctx), op, id)
	if err != nil {
		return err
	}
	if !c.close(code, reason, byApplication, time.Now()) {
		return s.connError(op, id, tyg.ErrGone)
	}
	return nil
}

var errCloseCode = errors.New("the code must be one of RFC 6455 section 7.4 that may be sent, " +
	"and the reason at most 123 bytes of UTF-8")

// maxCloseReason is the length limit of a close frame's reason, in bytes (RFC 6455 section 5.5).
const maxCloseReason = 123

// close starts the close handshake: the client gets code and reason after all that is queued, and
// has until Limits.Close to answer. It reports false if the connection was ending already.
func (c *session) close(code tyg.CloseCode, reason string, why cut, now time.Time) bool {
	c.mu.Lock()
	if c.closing.Load() {
		c.mu.Unlock()
		return false
	}
	c.markClosingLocked(tyg.Disconnect{Code: code, Reason: reason}, why, now)
	c.queueCloseLocked(code, reason)
	// Ends the turns as soon as no handler runs. c.mu orders it before the deadline of lingerForClose.
	_ = c.sock.SetReadDeadline(now)
	c.flushUnlock()
	return true
}

// closeAfterHandlers lets the handlers that run return, handles no further message, and then closes
// the connection as close does: their replies go out before the close frame.
func (c *session) closeAfterHandlers(
	code tyg.CloseCode, reason string, why cut, now time.Time,
) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing.Load() || c.ending.Load() {
		return
	}
	c.cause, c.plannedCut = tyg.Disconnect{Code: code, Reason: reason}, why
	c.ending.Store(true)
	_ = c.sock.SetReadDeadline(now) // Ended follows when no turn runs; fails if the socket is closed
}

// closeAsPlanned does what closeAfterHandlers has put off.
func (c *session) closeAsPlanned() {
	if !c.ending.Load() {
		return
	}
	c.mu.Lock()
	end, why := c.cause, c.plannedCut
	c.mu.Unlock()
	c.close(end.Code, end.Reason, why, time.Now()) // does nothing if the connection is closing already
}

// endsAsPlanned reports whether err is the end of turns that closeAfterHandlers asked for.
func (c *session) endsAsPlanned(err error) bool {
	return c.ending.Load() && errors.Is(err, os.ErrDeadlineExceeded)
}

// queueCloseLocked queues a close frame, however full the queue is. c.mu is held.
func (c *session) queueCloseLocked(code tyg.CloseCode, reason string) {
	o := c.outLocked()
	o.b = ws.AppendClose(o.b, int(code), reason)
}

// markClosingLocked records how the connection ended. It is the one place that does; the first
// cause stays.
func (c *session) markClosingLocked(end tyg.Disconnect, why cut, now time.Time) {
	c.closing.Store(true)
	c.srv.closing.add(c)
	if c.opened.Load() {
		c.srv.hub.open.Add(-1)
	}
	c.cause = end
	c.held = false
	if c.opened.Load() {
		c.srv.noteEnd(why, c.conn.ID, end)
	}
	c.cutAt = now.Add(c.srv.closeTime())
	if c.writing {
		c.progress = c.sock.Progress()
	}
}

// closeTime returns for how long a client may take to answer a close frame.
func (s *Server) closeTime() time.Duration { return max(s.limits.Close, time.Millisecond) }

// closeOverdue reports whether the connection is closing, and whether the sweep has to cut it. What
// was accepted for the client goes out first, while the client takes some of it.
func (c *session) closeOverdue(now time.Time) (closing, overdue bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closing.Load() || !now.After(c.cutAt) {
		return c.closing.Load(), false
	}
	if c.writing {
		if p := c.sock.Progress(); p != c.progress {
			c.progress, c.cutAt = p, now.Add(c.srv.closeTime())
			return true, false
		}
	}
	return true, true
}

// closeDeadline returns when the sweep cuts the socket, and whether the connection is closing.
func (c *session) closeDeadline() (time.Time, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cutAt, c.closing.Load()
}

// handleClose handles a close frame of the client: it closes the connection and echoes the code
// (RFC 6455 section 5.5.1). If the frame answers ours, there is nothing left to do.
func (c *session) handleClose(payload []byte, now time.Time) {
	c.readClosed = true
	code, reason, err := ws.ParseClose(payload)
	if err != nil {
		c.closeViolation(err, now)
		return
	}
	end := tyg.Disconnect{Code: tyg.CloseCode(code), Reason: reason}
	if code == ws.CloseNoStatus {
		end.Reason = reasonNoStatus
	}
	c.mu.Lock()
	if c.closing.Load() {
		c.mu.Unlock()
		return
	}
	c.markClosingLocked(end, byClient, now)
	c.queueCloseLocked(end.Code, "")
	c.flushUnlock()
}

// closeViolation closes a connection whose client broke the protocol. What the client sends from
// here on is read and dropped until it answers or time is up: closing a socket that has unread
// bytes would destroy the close frame on its way (RFC 6455 section 7.1.1).
func (c *session) closeViolation(err error, now time.Time) {
	bad, ok := errors.AsType[*ws.CloseError](err)
	if !ok {
		bad = &ws.CloseError{Code: ws.CloseProtocolError, Reason: err.Error()}
	}
	c.close(tyg.CloseCode(bad.Code), bad.Reason, protocolError, now)
	c.discard = true
}

// markLost records that the socket is gone, and why. Nothing more can be sent to the client.
func (c *session) markLost(err error, why cut) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing.Load() {
		return
	}
	end, why := c.lostLocked(why)
	c.markClosingLocked(end, why, time.Now())
	if !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) {
		c.srv.log.Debug("socket lost", "conn", c.conn.ID, "err", err)
	}
}

// lostLocked returns how a connection ends whose socket is lost, and why.
func (c *session) lostLocked(why cut) (tyg.Disconnect, cut) {
	if c.ending.Load() {
		return c.cause, c.plannedCut // that came first
	}
	return tyg.Disconnect{Code: ws.CloseAbnormal, Reason: reasonLost}, why
}

const (
	reasonLost     = "Connection closed abnormally"
	reasonNoStatus = "Client-side close frame status not set"
)

// abort ends the contexts of the connection's handlers and closes its socket at once, behind the
// close frame that waited for them if the socket takes that.
func (c *session) abort() {
	c.closeAsPlanned()
	if e := c.handling.Load(); e != nil {
		e.end(ended)
	}
	if c.handlers != nil {
		c.handlers.each(func(e *eventContext) { e.end(ended) })
	}
	_ = c.sock.Close() // Ended follows
}

// Ended is called by the socket when no more turns follow: when the client can or may send no more,
// and a second time when lingerForClose has finished waiting.
func (c *session) Ended(err error) {
	if err != nil && !c.endsAsPlanned(err) {
		c.markLost(err, lost)
	}
	c.handlers.wait()
	c.closeAsPlanned()
	if c.readClosed || c.lingerUntil != 0 {
		if !c.readClosed {
			c.noteUnanswered()
		}
		c.finish()
		return
	}
	c.runDisconnect()
	if c.wasShed() {
		c.dropUnparsed()
	}
	c.lingerForClose()
}

// endsAtOnce reports whether a turn was the last, and all that follows is to free the session: no
// handler is to run, and no goroutine writes.
func (c *session) endsAtOnce() bool {
	s := c.srv
	if !c.readClosed || !c.sock.Polled() || c.handlers != nil || c.attached.Load() != nil ||
		c.ending.Load() || c.lingerUntil != 0 || s.routes.Has(tyg.RouteDisconnect) ||
		s.observed() != nil || s.limiter.isClosed() {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.writing
}

// noteUnanswered notes, once, that the client has not answered a close frame in time. One whose
// socket was lost got none.
func (c *session) noteUnanswered() {
	c.mu.Lock()
	sent := c.cause.Code != ws.CloseAbnormal
	c.mu.Unlock()
	if sent && c.opened.Load() && !c.unanswered.Swap(true) {
		c.srv.noteCut(atClose, "conn", c.conn.ID)
	}
}

// runDisconnect tells the application, once, of the groups that the connection leaves, and then
// that it has ended.
func (c *session) runDisconnect() {
	if c.disconnected {
		return
	}
	c.disconnected = true
	if c.srv.limiter.isClosed() && c.srv.ends.enter() {
		defer c.srv.ends.leave()
	}
	c.observeClosed()
	c.tellEnd(c.leaveGroups(), c.srv.routes.Has(tyg.RouteDisconnect))
}

// tellEnd tells the application of memberships that have ended and then, if disconnect is set, that
// the connection has. If one of its handlers ends the goroutine, another one goes on, and finishes.
func (c *session) tellEnd(left []tyg.Membership, disconnect bool) {
	done := false
	defer func() {
		if !done {
			go func() { // ends as the one before it should have
				c.tellEnd(left, disconnect)
				c.finish()
			}()
		}
	}()
	for len(left) > 0 {
		m := left[0]
		left = left[1:]
		c.tellLeave(m)
	}
	if disconnect {
		disconnect = false
		c.tellDisconnect()
	}
	c.detach()
	done = true
}

// tellDisconnect tells the application that the connection has ended.
func (c *session) tellDisconnect() {
	c.mu.Lock()
	end := c.cause
	c.mu.Unlock()
	now := time.Now()
	_, _ = c.callHandler(nil, &tyg.Event{ // callHandler has logged the error
		Type:       tyg.EventDisconnect,
		Route:      tyg.RouteDisconnect,
		RequestID:  connid.EventID(c.conn.ID, connid.Disconnect),
		Time:       now,
		Conn:       &c.conn,
		Disconnect: end,
	}, now)
}

// lingerForClose waits for the client's answer to our close frame. For the application the
// connection has ended already; but closing the socket at once could destroy the close frame on its
// way (RFC 6455 section 7.1.1).
func (c *session) lingerForClose() {
	c.awaitWriter()
	until, _ := c.closeDeadline()
	c.lingerUntil = c.srv.clock.at(until)
	if c.discard { // a close frame is not recognized any more, but the end of the stream is
		c.sock.CloseWrite()
	}
	_ = c.sock.SetReadDeadline(until) // fails if the socket is closed, which ends turns too
	c.serve()
}

// finish frees what the connection holds, and runs the disconnect handler if it has not run.
func (c *session) finish() {
	c.closeSocket()
	c.dropUnparsed()
	c.runDisconnect()
	c.srv.hub.remove(c)
	c.srv.closing.remove(c)
	c.srv.limiter.release(c.addr)
}

// closeSocket writes what is queued, within the time that the sweep allows, and closes the socket.
func (c *session) closeSocket() {
	if !c.hasSocket {
		return
	}
	c.mu.Lock()
	if !c.closing.Load() {
		end, why := c.lostLocked(lost)
		c.markClosingLocked(end, why, time.Now())
	}
	c.mu.Unlock()
	c.awaitWriter()
	_ = c.sock.Close() // nothing depends on it any more
}

// awaitWriter waits until no goroutine writes. Once the connection is closing, the sweep bounds
// that.
func (c *session) awaitWriter() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waitLocked(func() bool { return !c.writing })
}
