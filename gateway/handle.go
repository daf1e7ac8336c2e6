package gateway

import (
	"context"
	"errors"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/apigw"
	"github.com/tyg-dev/tyg/gateway/internal/accesslog"
	"github.com/tyg-dev/tyg/internal/ws"
)

// handleMessage selects the route of a message and runs its handler. Once the connection is
// closing, or waits for its handlers to close, messages are dropped.
func (c *session) handleMessage(rs *readScratch, m ws.Message) {
	if c.closing.Load() || c.ending.Load() {
		return
	}
	c.lastActive.Store(c.srv.clock.at(rs.now))
	if c.partialSince.Load() != 0 {
		c.partialSince.Store(0) // it is complete; its handler may be slow, or wait for others
	}
	c.srv.count.messages.Add(1)
	key, ok := c.srv.routes.Select(m.Data)
	e := tyg.Event{
		Type:      tyg.EventMessage,
		Route:     key,
		RequestID: rs.nextID(),
		Time:      rs.now,
		Conn:      &c.conn,
		Message:   tyg.Message{ID: rs.nextID(), Data: m.Data, Type: messageType(m.Op)},
	}
	if !ok {
		if o := c.srv.observed(); o != nil {
			o.Received(e)
		}
		c.srv.access.Write(&accesslog.Record{
			Event: e, Status: http.StatusForbidden, Error: apigw.Forbidden,
		})
		c.sendErrorFrame(apigw.Forbidden, e.RequestID)
		return
	}
	if c.handlers != nil {
		c.handleAsync(rs, e)
		return
	}
	c.runMessage(rs, &e)
}

func messageType(op ws.Opcode) tyg.MessageType {
	if op == ws.OpBinary {
		return tyg.Binary
	}
	return tyg.Text
}

// runMessage runs the handler of a message and sends the client what API Gateway would.
func (c *session) runMessage(rs *readScratch, e *tyg.Event) {
	reply, err := c.callHandler(rs, e, e.Time)
	switch {
	case errors.Is(err, errTimedOut): // callHandler has sent the error frame
	case err != nil:
		c.sendErrorFrame(apigw.InternalServerError, e.RequestID)
	case c.srv.responds[e.Route]:
		c.sendReply(reply, e.RequestID)
	}
}

// sendReply sends the body of a reply, on routes with a route response. A body that may not be sent
// counts as a failure of the handler.
func (c *session) sendReply(reply tyg.Reply, requestID string) {
	if !c.srv.Extensions.Binary {
		reply.Type = tyg.Text // API Gateway's documentation knows no other
	}
	op, err := c.srv.opcode(reply.Body, reply.Type)
	err = c.reply(requestID, op, reply.Body, err)
	if err != nil && !errors.Is(err, tyg.ErrGone) {
		c.srv.log.Error("reply not sent", "conn", c.conn.ID, "request", requestID, "err", err)
		c.sendErrorFrame(apigw.InternalServerError, requestID)
	}
}

// callHandler runs the Handler with one event that begins at start, and logs its failure. rs is nil
// outside of a read. A handler that took longer than the limit has failed with errTimedOut,
// whatever it returned; by then the sweep has told the client of a message, or callHandler does.
func (c *session) callHandler(
	rs *readScratch, e *tyg.Event, start time.Time,
) (reply tyg.Reply, err error) {
	ctx := rs.newContext()
	ctx.set(c, e, c.srv.handlerDeadline(rs, start))
	c.trackHandler(ctx)
	observer := c.srv.observed()
	var mark Mark
	if observer != nil {
		mark = observer.Received(*e)
	}
	returned := false
	defer func() {
		c.untrackHandler(ctx)
		if v := recover(); v != nil {
			err = &tyg.PanicError{Value: v, Stack: debug.Stack()}
		} else if !returned {
			err = errExited
			defer c.endExited(e)
		}
		ctx.end(ended)
		end := c.srv.handlerEnd(rs, err)
		if ctx.pastDeadline(end) {
			err = errTimedOut
			c.sendTimeout(ctx)
		}
		if observer != nil && (err != nil || mark != (Mark{})) {
			observer.Handled(*e, mark, err)
		}
		if err != nil || c.srv.timeHandlers {
			c.report(e, reply, end.Sub(start), err)
		}
	}()
	reply, err = c.srv.Handler.Handle(c.withTrace(ctx), *e)
	returned = true
	return reply, err
}

// errExited is the failure of a handler that has ended its goroutine.
var errExited = errors.New("the handler called runtime.Goexit, as the Fatal of a testing.T does")

// endExited closes a connection whose handler has ended the goroutine: no caller of callHandler
// goes on, and what it would have done is lost. The client of a message is told as of any failure.
func (c *session) endExited(e *tyg.Event) {
	if e.Type == tyg.EventMessage {
		c.sendErrorFrame(apigw.InternalServerError, e.RequestID)
	}
	if e.Type == tyg.EventMessage || e.Type == tyg.EventOpen {
		c.close(ws.CloseInternalError, "Internal server error", atExit, time.Now())
	}
}

// trackHandler makes an event visible to the sweep while its handler runs; untrackHandler hides it
// again.
func (c *session) trackHandler(e *eventContext) {
	if c.handlers != nil {
		c.handlers.add(e)
		return
	}
	c.handling.Store(e)
}

func (c *session) untrackHandler(e *eventContext) {
	if c.handlers != nil {
		c.handlers.remove(e)
		return
	}
	c.handling.Store(nil)
}

// report traces and logs an event. It is the one place where a handler's failure is logged.
func (c *session) report(e *tyg.Event, reply tyg.Reply, d time.Duration, err error) {
	if c.srv.Trace.Handled != nil {
		c.srv.Trace.Handled(*e, d, err)
	}
	c.logAccess(e, reply, d, err)
	if err == nil {
		return
	}
	attrs := []any{
		"conn", c.conn.ID, "event", e.Type.String(), "route", e.Route, "request", e.RequestID,
		"dur", d, "err", err,
	}
	if _, ok := errors.AsType[*tyg.Rejection](err); ok && e.Type == tyg.EventConnect {
		c.srv.log.Debug("connection refused by the application", attrs...)
		return
	}
	if errors.Is(err, tyg.ErrGone) && c.closing.Load() {
		c.srv.log.Debug("client left before its reply", attrs...)
		return
	}
	c.srv.count.failures.Add(1)
	if p, ok := errors.AsType[*tyg.PanicError](err); ok {
		if stack := c.srv.stackOnce(p.Stack); stack != "" {
			attrs = append(attrs, "stack", stack)
		}
	}
	c.srv.log.Error("handler failed", attrs...)
}

// sendTimeout tells the client of a message, once, that the handler takes too long.
func (c *session) sendTimeout(e *eventContext) {
	if e.eventType == tyg.EventMessage && e.timeoutSent.CompareAndSwap(false, true) {
		c.sendErrorFrame(apigw.EndpointTimeout, e.requestID)
	}
}

// sendErrorFrame sends one of API Gateway's error frames. It carries the ids under which the log
// has the details, and no details.
func (c *session) sendErrorFrame(message, requestID string) {
	var b [256]byte
	frame := apigw.AppendErrorFrame(b[:0], message, c.conn.ID, requestID)
	_ = c.reply(requestID, ws.OpText, frame, nil) // fails if the client has gone or its queue is full
}

var errTimedOut error = timedOut{}

// timedOut is the error of a handler that did not return in time.
type timedOut struct{}

func (timedOut) Error() string { return "handler took longer than the integration timeout" }

func (timedOut) Is(target error) bool { return target == context.DeadlineExceeded }
