package lambda

import (
	"context"
	"io"
	"log/slog"
)

type requestIDKey struct{}

// withRequestID returns a context for the invocation that has this id.
func withRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestIDKey{}, id)
}

// newLogger returns a logger in Lambda's format. JSON records have the attribute names that Lambda
// needs to filter by level.
// (https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-advanced.html)
func newLogger(w io.Writer, format, level string) *slog.Logger {
	o := &slog.HandlerOptions{Level: levelOf(level)}
	if format != "JSON" {
		return slog.New(logHandler{slog.NewTextHandler(w, o)})
	}
	o.ReplaceAttr = lambdaName
	return slog.New(logHandler{slog.NewJSONHandler(w, o)})
}

// lambdaName renames the two attributes of a record for which Lambda has names of its own.
func lambdaName(groups []string, a slog.Attr) slog.Attr {
	switch {
	case len(groups) > 0:
	case a.Key == slog.TimeKey:
		a.Key = "timestamp"
	case a.Key == slog.MessageKey:
		a.Key = "message"
	}
	return a
}

// levelOf returns the level of one of Lambda's names. Two of them, TRACE and FATAL, slog lacks.
func levelOf(name string) slog.Level {
	switch name {
	case "TRACE":
		return slog.LevelDebug - 4
	case "DEBUG":
		return slog.LevelDebug
	case "WARN":
		return slog.LevelWarn
	case "ERROR":
		return slog.LevelError
	case "FATAL":
		return slog.LevelError + 4
	}
	return slog.LevelInfo
}

// logHandler adds the request id of the invocation to records.
type logHandler struct{ slog.Handler }

// Handle writes a record.
func (h logHandler) Handle(ctx context.Context, r slog.Record) error {
	if id, ok := ctx.Value(requestIDKey{}).(string); ok {
		r = r.Clone()
		r.AddAttrs(slog.String("requestId", id))
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs returns a handler that adds attrs to every record.
func (h logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return logHandler{h.Handler.WithAttrs(attrs)}
}

// WithGroup returns a handler that puts the attributes of records into a group.
func (h logHandler) WithGroup(name string) slog.Handler {
	return logHandler{h.Handler.WithGroup(name)}
}
