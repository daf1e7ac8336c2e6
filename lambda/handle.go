package lambda

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"
	"unicode/utf8"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/apigw"
)

// handle runs the Handler with one event and returns the proxy reply.
func (h *Host) handle(ctx context.Context, payload []byte) ([]byte, error) {
	e, err := apigw.UnmarshalEvent(payload, nil)
	if err != nil {
		h.log.ErrorContext(ctx, "event not understood", "err", err)
		return nil, err
	}
	e.Conn.Sender = h.reach(h.senders.of(e.Conn))
	if e.Type == tyg.EventConnect {
		e.Conn.Sender = connecting{e.Conn.Sender, e.Conn.ID}
	}
	start := time.Now()
	life := h.groups.begin(ctx, e)
	reply, err := h.call(ctx, e)
	if rejected, ok := rejection(e, err); ok {
		h.log.DebugContext(ctx, "connection refused by the application", eventAttrs(e, start, err)...)
		reply, err = rejected, nil
	}
	if err == nil {
		reply, err = checkReply(e, reply)
	}
	err = cmp.Or(life.end(ctx, err == nil && accepts(reply)), err)
	if err != nil {
		h.log.ErrorContext(ctx, "handler failed", eventAttrs(e, start, err)...)
		return nil, err
	}
	if e.Type == tyg.EventConnect && h.self != nil && accepts(reply) {
		h.scheduleOpen(ctx, e, payload)
	}
	return apigw.MarshalReply(reply), nil
}

// accepts reports whether the reply to a connect lets the client in.
func accepts(r tyg.Reply) bool { return r.Status == 0 || r.Status >= 200 && r.Status <= 299 }

// call calls the Handler. A panic becomes an error.
func (h *Host) call(ctx context.Context, e tyg.Event) (reply tyg.Reply, err error) {
	ctx, end := h.withDeadline(ctx, e)
	defer end()
	defer func() {
		if v := recover(); v != nil {
			err = &tyg.PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	reply, err = h.handler.Handle(ctx, e)
	if e.Type == tyg.EventConnect {
		reply.Subprotocol = cmp.Or(reply.Subprotocol, e.Request.SelectedSubprotocol())
	}
	return reply, err
}

// maxMargin is the longest time between the end of an event's context and that of the process, in
// which the handler can return and the log is written.
const maxMargin = 500 * time.Millisecond

// withDeadline gives an event its deadline. A handler that ignores it and still runs when Lambda is
// about to end the process is logged before that, because a dead process logs nothing.
func (h *Host) withDeadline(
	ctx context.Context,
	e tyg.Event,
) (context.Context, context.CancelFunc) {
	start := time.Now()
	deadline := start.Add(h.timeout)
	last, ok := ctx.Deadline()
	if !ok { // not inside Lambda
		return context.WithDeadline(ctx, deadline)
	}
	margin := min(last.Sub(start)/10, maxMargin)
	if early := last.Add(-margin); early.Before(deadline) {
		deadline = early
	}
	limited, cancel := context.WithDeadline(ctx, deadline)
	overdue := time.AfterFunc(time.Until(last.Add(-margin/4)), func() {
		h.log.ErrorContext(ctx, "handler does not return, and Lambda ends the process",
			eventAttrs(e, start, context.DeadlineExceeded)...)
	})
	return limited, func() {
		overdue.Stop()
		cancel()
	}
}

// eventAttrs returns the attributes of an event in the log.
func eventAttrs(e tyg.Event, start time.Time, err error) []any {
	attrs := []any{
		"conn", e.Conn.ID, "event", e.Type.String(), "route", e.Route, "request", e.RequestID,
		"dur", time.Since(start), "err", err,
	}
	if p, ok := errors.AsType[*tyg.PanicError](err); ok {
		attrs = append(attrs, "stack", string(p.Stack))
	}
	return attrs
}

// rejection returns the reply of a connect handler that refuses the client.
func rejection(e tyg.Event, err error) (tyg.Reply, bool) {
	r, ok := errors.AsType[*tyg.Rejection](err)
	if !ok || e.Type != tyg.EventConnect || r.Status < 300 || r.Status > 599 {
		return tyg.Reply{}, false
	}
	return tyg.Reply{Status: r.Status, Body: []byte(r.Reason)}, true
}

// checkReply checks a reply by the rules of every host, so that the same replies fail on all of
// them. A body that is too large for Lambda would end the process.
func checkReply(e tyg.Event, r tyg.Reply) (tyg.Reply, error) {
	if len(r.Body) > maxMessage {
		return r, fmt.Errorf("reply of %d bytes: %w", len(r.Body), tyg.ErrTooLarge)
	}
	if e.Type != tyg.EventConnect {
		if r.Type != tyg.Binary && !utf8.Valid(r.Body) {
			return r, fmt.Errorf("reply: %w", tyg.ErrNotText)
		}
		if r.Status < 100 || r.Status > 599 {
			r.Status = 0 // it has no meaning here, and API Gateway would call the reply malformed
		}
		return r, nil
	}
	if r.Status != 0 && (r.Status < 200 || r.Status > 599) {
		return r, fmt.Errorf("connect was answered with status %d", r.Status)
	}
	return r, nil
}
