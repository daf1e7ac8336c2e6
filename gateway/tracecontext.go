package gateway

import (
	"context"
	"net/http"
	"strings"

	"github.com/tyg-dev/tyg"
)

// traceFields are the header fields of the W3C trace context.
// (https://www.w3.org/TR/trace-context/)
var traceFields = [...]string{"Traceparent", "Tracestate"}

// maxTrace is how long such a field may be, in bytes, to be kept: what tracers have to pass on.
// (https://www.w3.org/TR/trace-context/#tracestate-limits)
const maxTrace = 512

// traceOf returns a copy of the trace context of a handshake, or nil if it has none. It stays with
// the connection, for the events of which functions have no header.
func traceOf(h http.Header) http.Header {
	if h.Get(traceFields[0]) == "" {
		return nil
	}
	kept := make(http.Header, len(traceFields))
	for _, name := range traceFields {
		if s := h.Get(name); s != "" && len(s) <= maxTrace {
			kept.Set(name, strings.Clone(s)) // a substring would keep the whole head
		}
	}
	return kept
}

// withTrace returns the context of an event with the trace context of the connection's handshake,
// as tyg.Caller returns it, if it had one.
func (c *session) withTrace(ctx context.Context) context.Context {
	if a := c.attached.Load(); a != nil && a.trace != nil {
		return tyg.WithCaller(ctx, a.trace)
	}
	return ctx
}
