package tyg

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"
)

// A PanicError is a panic that was recovered and became an error.
type PanicError struct {
	Value any    // what was passed to panic
	Stack []byte // the stack of the goroutine that panicked
}

// Error says what the panic was about, without the stack.
func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// Unwrap returns the value of the panic if it was an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// Recover returns middleware that turns a panic of what it wraps into a [*PanicError], so that
// middleware outside of it sees an error like any other. Hosts recover too: without this
// middleware nothing crashes.
func Recover() Middleware {
	return func(next Handler) Handler {
		return HandlerFunc(func(ctx context.Context, e Event) (r Reply, err error) {
			defer func() {
				if v := recover(); v != nil {
					err = &PanicError{Value: v, Stack: debug.Stack()}
				}
			}()
			return next.Handle(ctx, e)
		})
	}
}

// Log returns middleware that writes one line for each event: its type, route, connection, request
// id and duration; at level Info, or Warn for a refused connection and Error for any other failure.
// A nil logger is [slog.Default]. It writes no part of any message.
func Log(logger *slog.Logger) Middleware {
	if logger == nil {
		logger = slog.Default()
	}
	return func(next Handler) Handler {
		return HandlerFunc(func(ctx context.Context, e Event) (Reply, error) {
			start := time.Now()
			r, err := next.Handle(ctx, e)
			attrs := []slog.Attr{
				slog.String("event", e.Type.String()),
				slog.String("route", e.Route),
				slog.String("conn", string(e.Conn.ID)),
				slog.String("request", e.RequestID),
				slog.Duration("dur", time.Since(start)),
			}
			if e.Type == EventDisconnect {
				attrs = append(attrs, slog.Int("code", int(e.Disconnect.Code)))
			}
			level := slog.LevelInfo
			if err != nil {
				attrs = append(attrs, slog.Any("err", err))
				level = errorLevel(err)
			}
			logger.LogAttrs(ctx, level, "event handled", attrs...)
			return r, err
		})
	}
}

func errorLevel(err error) slog.Level {
	if _, ok := errors.AsType[*Rejection](err); ok {
		return slog.LevelWarn
	}
	return slog.LevelError
}

// Timeout returns middleware that ends the context of an event after d. It does not stop a handler
// that does not look at its context. Hosts have a timeout of their own (29 seconds at API Gateway);
// this one is for handlers that should take less.
func Timeout(d time.Duration) Middleware {
	return func(next Handler) Handler {
		return HandlerFunc(func(ctx context.Context, e Event) (Reply, error) {
			ctx, cancel := context.WithTimeout(ctx, d)
			defer cancel()
			return next.Handle(ctx, e)
		})
	}
}
