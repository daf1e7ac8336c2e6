package lambda

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/tyg-dev/tyg"
)

// A triggerHandler is a Handler that handles events of triggers, too, as tyg.App does.
type triggerHandler interface {
	HandleTrigger(ctx context.Context, name string, event json.RawMessage) (json.RawMessage, error)
}

// handleTrigger runs the handler of the trigger and returns its reply.
func (h *Host) handleTrigger(ctx context.Context, event json.RawMessage) (reply []byte, err error) {
	name := h.trigger
	ctx = withRaw(ctx, event)
	start := time.Now()
	ctx, end := h.untilEnd(ctx, name, start)
	defer end()
	reply, err = h.callTrigger(ctx, name, event)
	if err == nil && len(reply) > maxReply {
		err = fmt.Errorf("reply of %d bytes: %w", len(reply), tyg.ErrTooLarge)
	}
	if err != nil {
		h.log.ErrorContext(ctx, "trigger failed", triggerAttrs(name, start, err)...)
		return nil, err
	}
	return reply, nil
}

// maxReply is the most bytes that a function may answer.
// (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html)
const maxReply = 6 << 20

// callTrigger calls the handler. A panic becomes an error.
func (h *Host) callTrigger(
	ctx context.Context, name string, event json.RawMessage,
) (reply []byte, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &tyg.PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	to, ok := h.handler.(triggerHandler)
	if !ok {
		return nil, fmt.Errorf("trigger %q: %w", name, tyg.ErrNoTrigger)
	}
	return to.HandleTrigger(ctx, name, event)
}

// untilEnd gives the event of a trigger its deadline: all the time that the function has, less what
// the log of an overdue handler takes.
func (h *Host) untilEnd(
	ctx context.Context, name string, start time.Time,
) (context.Context, context.CancelFunc) {
	last, ok := ctx.Deadline()
	if !ok { // not inside Lambda
		return context.WithCancel(ctx)
	}
	margin := min(last.Sub(start)/10, maxMargin)
	limited, cancel := context.WithDeadline(ctx, last.Add(-margin))
	overdue := time.AfterFunc(time.Until(last.Add(-margin/4)), func() {
		h.log.ErrorContext(ctx, "handler does not return, and Lambda ends the process",
			triggerAttrs(name, start, context.DeadlineExceeded)...)
	})
	return limited, func() {
		overdue.Stop()
		cancel()
	}
}

// triggerAttrs returns the attributes of a trigger's event in the log.
func triggerAttrs(name string, start time.Time, err error) []any {
	attrs := []any{"trigger", name, "dur", time.Since(start), "err", err}
	if p, ok := errors.AsType[*tyg.PanicError](err); ok {
		attrs = append(attrs, "stack", string(p.Stack))
	}
	return attrs
}
