package gateway

import (
	"context"
	"errors"
	"runtime/debug"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/apigw"
	"github.com/tyg-dev/tyg/internal/ws"
)

// message hands a message to the handler of its route. Once the connection is closing, the client talks
// to nobody.
func (c *session) message(d *desk, m ws.Message, now time.Time) {
	if c.isClosing() {
		return
	}
	c.srv.count.messages.Add(1)
	key, ok := c.srv.routes.Select(m.Data)
	if !ok {
		c.sendError(apigw.Forbidden, d.id())
		return
	}
	e := tyg.Event{
		Type:      tyg.EventMessage,
		Route:     key,
		RequestID: d.id(),
		Time:      now,
		Conn:      &c.conn,
		Message:   tyg.Message{ID: d.id(), Data: m.Data, Binary: m.Op == ws.OpBinary},
	}
	if _, err := c.call(e); err != nil && !errors.Is(err, errTimedOut) {
		c.sendError(apigw.InternalServerError, e.RequestID)
	}
}

// call runs the Handler with one event, and logs what it has to say. If the handler took longer than the
// limit, its outcome counts no more and the error is errTimedOut; the client of a message has then been
// told so, by the sweep or here.
func (c *session) call(e tyg.Event) (reply tyg.Reply, err error) {
	start := time.Now()
	ctx := newEventContext(e, c.srv.limits.Integration, start)
	c.handling.Store(ctx)
	defer func() {
		c.handling.Store(nil)
		if v := recover(); v != nil {
			err = &tyg.PanicError{Value: v, Stack: debug.Stack()}
		}
		ctx.end(context.Canceled)
		end := time.Now()
		if ctx.over(end) {
			err = errTimedOut
			c.tellLate(ctx)
		}
		c.report(e, end.Sub(start), err)
	}()
	return c.srv.Handler.Handle(ctx, c.srv.sender, e)
}

// report is the one place where a handler's failure is logged.
func (c *session) report(e tyg.Event, d time.Duration, err error) {
	if c.srv.Trace.Handled != nil {
		c.srv.Trace.Handled(e, d, err)
	}
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
	c.srv.count.failures.Add(1)
	if p, ok := errors.AsType[*tyg.PanicError](err); ok {
		attrs = append(attrs, "stack", string(p.Stack))
	}
	c.srv.log.Error("handler failed", attrs...)
}

// tellLate tells the client of a message that its handler takes too long, once.
func (c *session) tellLate(e *eventContext) {
	if e.kind == tyg.EventMessage && e.late.CompareAndSwap(false, true) {
		c.sendError(apigw.EndpointTimeout, e.request)
	}
}

// sendError sends one of API Gateway's error frames. It tells the client nothing but the ids under which
// the log tells everything.
func (c *session) sendError(message, requestID string) {
	var b [256]byte
	frame := apigw.AppendErrorFrame(b[:0], message, c.conn.ID, requestID)
	_ = c.send(frame, time.Now()) // a client that takes nothing cannot be told so
}

var errTimedOut error = timedOut{}

// timedOut says that a handler did not return in time.
type timedOut struct{}

func (timedOut) Error() string { return "handler took longer than the integration timeout" }

func (timedOut) Is(target error) bool { return target == context.DeadlineExceeded }
