package tygotel

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/tyg-dev/tyg"
)

// middleware wraps next in spans.
func (in *instrument) middleware(next tyg.Handler) tyg.Handler {
	return tyg.HandlerFunc(func(ctx context.Context, e tyg.Event) (tyg.Reply, error) {
		if isLink(&e) {
			return tyg.Reply{}, nil
		}
		return in.handle(ctx, e, next)
	})
}

// handle handles one event in a span.
func (in *instrument) handle(
	ctx context.Context, e tyg.Event, next tyg.Handler,
) (r tyg.Reply, err error) {
	defer in.flush(ctx) // after the end of the span
	ctx, span := in.start(ctx, &e)
	defer span.End() // which records a panic, and lets it go on
	ctx, sends := in.withSends(ctx)
	host := e.Conn
	e.Conn = in.conn(&e, span)
	began, returned := time.Now(), false
	defer func() {
		if !returned {
			in.metrics.event(ctx, &e, time.Since(began), panicked)
			in.closed(ctx, &e, host, false)
		}
	}()
	r, err = next.Handle(ctx, e)
	returned = true
	sends.record(span)
	setStatus(span, &e, r, err)
	in.metrics.event(ctx, &e, time.Since(began), errorOf(err))
	in.closed(ctx, &e, host, connectStatus(r, err) == accepted)
	return r, err
}

// panicked is the error.type of a handler that did not return.
const panicked = "panic"

// accepted is the status of a handshake that became a connection.
const accepted = 101

func errorOf(err error) string {
	if err == nil {
		return ""
	}
	return errorType(err)
}

// start begins the span of an event. Its context has what hosts need for their calls.
func (in *instrument) start(ctx context.Context, e *tyg.Event) (context.Context, trace.Span) {
	opts := append(make([]trace.SpanStartOption, 0, 4),
		trace.WithAttributes(eventAttributes(e)...), trace.WithSpanKind(trace.SpanKindServer))
	if !trace.SpanContextFromContext(ctx).IsValid() { // else it is part of what goes on already
		ctx, opts = in.continued(ctx, incoming(ctx, e), opts)
		opts = in.link(ctx, e, opts)
	}
	ctx, span := in.tracer.Start(ctx, spanName(e), opts...)
	if in.Attributes != nil && span.IsRecording() {
		span.SetAttributes(in.Attributes(ctx, *e)...)
	}
	return tyg.WithInjector(ctx, in.inject), span
}

// continued makes the span that begins a child of the one in carrier, or links it to that.
func (in *instrument) continued(
	ctx context.Context, from carrier, opts []trace.SpanStartOption,
) (context.Context, []trace.SpanStartOption) {
	parent := in.Propagator.Extract(ctx, from)
	sc := trace.SpanContextFromContext(parent)
	switch {
	case sc.IsValid() && in.PublicEndpoint:
		return ctx, append(opts, trace.WithLinks(trace.Link{SpanContext: sc}))
	case sc.IsValid():
		return parent, opts
	case from.xray != "":
		// The conventions ask for a link to what Lambda says, unless the propagator is that of X-Ray.
		// (https://opentelemetry.io/docs/specs/semconv/faas/aws-lambda/)
		if sc := parseXRay(from.xray); sc.IsValid() && sc.IsSampled() {
			opts = append(opts, trace.WithLinks(trace.Link{
				SpanContext: sc, Attributes: fromXRay,
			}))
		}
	}
	return parent, opts // with its baggage
}

// link links an event to the span of its connection's connect, if that is known.
func (in *instrument) link(
	ctx context.Context, e *tyg.Event, opts []trace.SpanStartOption,
) []trace.SpanStartOption {
	if e.Type == tyg.EventConnect {
		return opts
	}
	var sc trace.SpanContext
	if t := in.conns.find(e.Conn.ID); t != nil {
		sc = t.span
	} else if in.Links != nil {
		sc = in.loadLink(ctx, e.Conn.ID)
	}
	if !sc.IsValid() {
		return opts
	}
	return append(opts, trace.WithLinks(trace.Link{SpanContext: sc}))
}

// conn returns what the handler gets in place of the host's Conn.
func (in *instrument) conn(e *tyg.Event, span trace.Span) *tyg.Conn {
	c := e.Conn
	switch e.Type {
	case tyg.EventConnect:
		return &in.conns.open(c, in.sender(c.Sender), span.SpanContext()).conn
	case tyg.EventJoin:
		return c // its Sender is that of the App
	}
	if t := in.conns.find(c.ID); t != nil {
		if own := t.of(c); own != nil {
			return own
		}
	}
	own := *c
	own.Sender = in.sender(c.Sender)
	return &own
}

// closed notes that a connection has begun or ended with an event.
func (in *instrument) closed(ctx context.Context, e *tyg.Event, host *tyg.Conn, accepted bool) {
	switch {
	case e.Type == tyg.EventConnect && !accepted:
		in.conns.close(host.ID)
	case e.Type == tyg.EventConnect:
		in.metrics.open.Add(ctx, 1)
		in.saveLink(ctx, host.ID)
	case e.Type == tyg.EventDisconnect:
		in.metrics.open.Add(ctx, -1)
		in.conns.close(host.ID)
	}
}
