package local

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"github.com/tyg-dev/tyg/internal/visible"
)

// A logHandler prints the log of the gateway through the printer: one line, with the error at its
// end, because the error may have several lines.
type logHandler struct {
	printer *printer
	attrs   []slog.Attr
}

var _ slog.Handler = logHandler{}

// Enabled leaves debug messages out.
func (h logHandler) Enabled(_ context.Context, level slog.Level) bool {
	return level >= slog.LevelInfo
}

// handlerFailed is the message of the gateway about an event that failed. The line of the event has
// the same and more, see eventLog.
const handlerFailed = "handler failed"

// Handle prints a record.
func (h logHandler) Handle(_ context.Context, r slog.Record) error {
	if r.Message == handlerFailed {
		return nil
	}
	var rest, failure strings.Builder
	add := func(a slog.Attr) bool {
		if a.Key == "err" {
			fmt.Fprintf(&failure, ": %v", a.Value)
		} else {
			fmt.Fprintf(&rest, " %s=%v", a.Key, a.Value)
		}
		return true
	}
	for _, a := range h.attrs {
		add(a)
	}
	r.Attrs(add)
	said := r.Message + rest.String()
	h.printer.print(entry{
		Type: "log", Kind: strings.ToLower(r.Level.String()), Text: said,
		Error: strings.TrimPrefix(failure.String(), ": "),
	}, h.printer.err, "tyg: %s%s\n", visible.Line(said), visible.Block(failure.String(), "  "))
	return nil
}

// WithAttrs adds attributes.
func (h logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return logHandler{printer: h.printer, attrs: append(h.attrs[:len(h.attrs):len(h.attrs)], attrs...)}
}

// WithGroup does nothing: the gateway logs no groups.
func (h logHandler) WithGroup(string) slog.Handler { return h }
