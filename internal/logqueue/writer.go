package logqueue

import (
	"context"
	"fmt"
	"io"
	"log/slog"
)

// A Writer writes to a log that may be stuck. Its Write returns no error.
type Writer struct {
	queue Queue
	to    io.Writer
}

var _ io.Writer = (*Writer)(nil)

// NewWriter returns a Writer of lines to w.
func NewWriter(w io.Writer) *Writer { return &Writer{to: w} }

// Write writes a copy of whole lines, see [Queue.Do].
func (w *Writer) Write(text []byte) (int, error) {
	own := append([]byte(nil), text...)
	w.queue.Do(func() { _, _ = w.to.Write(own) }, len(own), func(n int64) {
		_, _ = fmt.Fprintf(w.to, "tyg: %s\n", lostText(n))
	})
	return len(text), nil
}

// Dropped returns how many writes were dropped.
func (w *Writer) Dropped() int64 { return w.queue.Dropped() }

func lostText(n int64) string {
	return fmt.Sprintf("%d log lines were dropped, because the log was not read", n)
}

// A handler passes records on through a Queue.
type handler struct {
	slog.Handler
	queue *Queue
}

var _ slog.Handler = handler{}

// NewHandler returns a Handler that passes records to h through q.
func NewHandler(h slog.Handler, q *Queue) slog.Handler { return handler{h, q} }

// recordBytes is what a record takes in the Queue, about.
const recordBytes = 512

// Handle passes a record on.
func (h handler) Handle(ctx context.Context, r slog.Record) error {
	own := r.Clone()
	h.queue.Do(func() { _ = h.Handler.Handle(ctx, own) }, recordBytes, func(n int64) {
		_ = h.Handler.Handle(ctx, slog.NewRecord(own.Time, slog.LevelWarn, lostText(n), 0))
	})
	return nil
}

// WithAttrs adds attributes.
func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return handler{h.Handler.WithAttrs(attrs), h.queue}
}

// WithGroup opens a group.
func (h handler) WithGroup(name string) slog.Handler {
	return handler{h.Handler.WithGroup(name), h.queue}
}
