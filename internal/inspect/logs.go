package inspect

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/tyg-dev/tyg/gateway"
)

// CaptureLogs has the Inspector see what handlers of this process write with the default loggers of
// packages log and log/slog, until the function that it returns is called. The lines go where they
// went before, too. It changes the defaults of both packages, so call it once in a program, where
// it starts, and set no others after it.
//
// A line belongs to the event of its context, or to the event that is handled on its goroutine.
func (i *Inspector) CaptureLogs() (restore func()) {
	i.tap.handlers.wanted = true
	logger := slog.Default()
	if fmt.Sprintf("%T", logger.Handler()) == "*slog.defaultHandler" { // it writes to package log
		old := log.Writer()
		log.SetOutput(logWriter{old, i})
		return func() { log.SetOutput(old) }
	}
	// Package log writes to the default Handler of slog, since the program has set one.
	slog.SetDefault(slog.New(logHandler{Handler: logger.Handler(), to: i}))
	return func() { slog.SetDefault(logger) }
}

// Logged tells of a line that a handler has written in this process.
func (i *Inspector) Logged(ctx context.Context, text string) {
	if !i.tap.on.Load() || !i.tap.page.Load() {
		return
	}
	request := gateway.RequestID(ctx)
	if request == "" {
		request = i.tap.handlers.request()
	}
	if request != "" {
		i.tap.add(&record{
			kind: printed, at: time.Now(), request: request, rare: &rare{text: text},
		}, []byte("log"))
	}
}

// A logWriter passes on what package log writes, and tells an Inspector of it.
type logWriter struct {
	io.Writer
	to *Inspector
}

// Write writes a line.
func (w logWriter) Write(line []byte) (int, error) {
	if w.to.tap.on.Load() {
		w.to.Logged(context.Background(), strings.TrimSuffix(string(line), "\n"))
	}
	return w.Writer.Write(line)
}

// A logHandler passes on records of package slog, and tells an Inspector of them. What is below the
// level of the other Handler is no line.
type logHandler struct {
	slog.Handler
	to   *Inspector
	with []func(slog.Handler) slog.Handler // the attributes and groups of the logger, in order
}

// Handle handles a record.
func (h logHandler) Handle(ctx context.Context, r slog.Record) error {
	if h.to.tap.on.Load() && h.to.tap.page.Load() {
		h.to.Logged(ctx, h.text(ctx, r))
	}
	return h.Handler.Handle(ctx, r)
}

// text returns a record as a line without its time, which the page shows.
func (h logHandler) text(ctx context.Context, r slog.Record) string {
	var b bytes.Buffer
	var text slog.Handler = slog.NewTextHandler(&b, &slog.HandlerOptions{Level: r.Level})
	for _, with := range h.with {
		text = with(text)
	}
	r.Time = time.Time{} // not written
	_ = text.Handle(ctx, r)
	return strings.TrimSuffix(b.String(), "\n")
}

// WithAttrs returns a Handler with more attributes.
func (h logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return h.and(func(to slog.Handler) slog.Handler { return to.WithAttrs(attrs) })
}

// WithGroup returns a Handler with a group.
func (h logHandler) WithGroup(name string) slog.Handler {
	return h.and(func(to slog.Handler) slog.Handler { return to.WithGroup(name) })
}

func (h logHandler) and(with func(slog.Handler) slog.Handler) slog.Handler {
	h.Handler = with(h.Handler)
	h.with = append(h.with[:len(h.with):len(h.with)], with)
	return h
}

// handlers are the goroutines on which events are handled, while a page is open. They are noted
// only if logs are captured.
type handlers struct {
	wanted bool // static after CaptureLogs

	mu       sync.Mutex
	requests map[string]string // request ids by goroutine
}

// begin notes that an event is handled on this goroutine.
func (h *handlers) begin(request string) {
	id := goroutine()
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.requests == nil {
		h.requests = make(map[string]string)
	}
	h.requests[id] = request
}

// end notes that the event is over.
func (h *handlers) end() {
	id := goroutine()
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.requests, id)
}

// forget forgets all: while no page is open, ends are not noted.
func (h *handlers) forget() {
	h.mu.Lock()
	defer h.mu.Unlock()
	clear(h.requests)
}

// request returns the event that is handled on this goroutine, or "".
func (h *handlers) request() string {
	id := goroutine()
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.requests[id]
}

// goroutine returns a name of this goroutine: what its stack begins with, such as "goroutine 18 ".
// It takes about a microsecond.
func goroutine() string {
	var b [64]byte
	head, _, _ := strings.Cut(string(b[:runtime.Stack(b[:], false)]), "[")
	return head
}
