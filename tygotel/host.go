package tygotel

import (
	"context"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/tyg-dev/tyg"
)

// A tracedHost is a Host whose sends are traced.
type tracedHost struct {
	tyg.Host
	tracedSender
}

// A tracedSender is a Sender that is traced.
type tracedSender struct {
	to tyg.Sender
	in *instrument
}

var (
	_ tyg.Host   = tracedHost{}
	_ tyg.Sender = tracedSender{}
)

// host traces a host.
func (in *instrument) host(h tyg.Host) tyg.Host {
	in.observe(h)
	return tracedHost{h, tracedSender{h, in}}
}

// sender traces a Sender, once.
func (in *instrument) sender(s tyg.Sender) tyg.Sender {
	switch s := s.(type) {
	case tracedHost, tracedSender:
		return s
	case tyg.Host:
		return tracedHost{s, tracedSender{s, in}}
	}
	return tracedSender{s, in}
}

// Send sends a message in a span.
func (h tracedHost) Send(
	ctx context.Context, id tyg.ConnID, data []byte, opts ...tyg.SendOption,
) error {
	return h.tracedSender.Send(ctx, id, data, opts...)
}

// SendMany sends a message in a span.
func (h tracedHost) SendMany(
	ctx context.Context, ids []tyg.ConnID, data []byte, opts ...tyg.SendOption,
) error {
	return h.tracedSender.SendMany(ctx, ids, data, opts...)
}

// Close ends a connection in a span.
func (h tracedHost) Close(ctx context.Context, id tyg.ConnID) error {
	return h.tracedSender.Close(ctx, id)
}

// Info is not traced.
func (h tracedHost) Info(ctx context.Context, id tyg.ConnID) (tyg.Info, error) {
	return h.to.Info(ctx, id)
}

// SendToGroup sends to a group in a span.
func (h tracedHost) SendToGroup(
	ctx context.Context, group string, data []byte, o tyg.GroupOptions,
) (d tyg.Delivery, err error) {
	failed := func(error) (int, int) {
		n := len(d.Slow) + len(d.Gone)
		return n + d.Reached, n
	}
	err = h.in.send(ctx, opGroup, failed, func(ctx context.Context) (err error) {
		d, err = h.Host.SendToGroup(ctx, group, data, o)
		return err
	}, keyGroup.String(group), keySize.Int(len(data)), keyType.String(o.Type.String()))
	return d, err
}

// Send sends a message in a span.
func (s tracedSender) Send(
	ctx context.Context, id tyg.ConnID, data []byte, opts ...tyg.SendOption,
) error {
	return s.in.send(ctx, opSend, one, func(ctx context.Context) error {
		return s.to.Send(ctx, id, data, opts...)
	}, keyConn.String(string(id)), keySize.Int(len(data)), typeOf(opts))
}

// SendMany sends a message in a span.
func (s tracedSender) SendMany(
	ctx context.Context, ids []tyg.ConnID, data []byte, opts ...tyg.SendOption,
) error {
	failed := func(err error) (to, failed int) {
		for range tyg.Failures(err) {
			failed++
		}
		if err != nil && failed == 0 {
			failed = len(ids) // the error speaks of no recipient: none got it
		}
		return len(ids), failed
	}
	return s.in.send(ctx, opMany, failed, func(ctx context.Context) error {
		return s.to.SendMany(ctx, ids, data, opts...)
	}, keySize.Int(len(data)), typeOf(opts))
}

// Close ends a connection in a span.
func (s tracedSender) Close(ctx context.Context, id tyg.ConnID) error {
	return s.in.send(ctx, opClose, one, func(ctx context.Context) error {
		return s.to.Close(ctx, id)
	}, keyConn.String(string(id)))
}

// Info is not traced.
func (s tracedSender) Info(ctx context.Context, id tyg.ConnID) (tyg.Info, error) {
	return s.to.Info(ctx, id)
}

func typeOf(opts []tyg.SendOption) attribute.KeyValue {
	return keyType.String(tyg.NewSendOptions(opts...).Type.String())
}

// one counts the recipient of a call that has one.
func one(err error) (to, failed int) {
	if err != nil {
		return 1, 1
	}
	return 1, 0
}

// The operations, as in the attribute tyg.send.operation.
const (
	opSend  = "send"
	opMany  = "send_many"
	opGroup = "send_to_group"
	opClose = "close"
)

// sends counts what the handler of one event sends.
type sends struct{ n atomic.Int64 }

type sendsKey struct{}

func (in *instrument) withSends(ctx context.Context) (context.Context, *sends) {
	s := new(sends)
	return context.WithValue(ctx, sendsKey{}, s), s
}

func (s *sends) record(span trace.Span) {
	if n := s.n.Load(); n > 0 {
		span.SetAttributes(keySends.Int64(n))
	}
}

// send makes a call in a span, or with an event on the span of ctx, and measures it. What counts
// returns is how many recipients the call was for and how many failed.
func (in *instrument) send(
	ctx context.Context, op string, counts func(error) (to, failed int),
	call func(context.Context) error, attrs ...attribute.KeyValue,
) error {
	began := time.Now()
	ctx, end := in.startSend(ctx, op, attrs)
	err := call(ctx)
	to, failed := counts(err)
	in.metrics.sent(ctx, op, to, failed, time.Since(began), errorOf(err))
	end(err, keyTo.Int(to), keyFailed.Int(failed))
	return err
}

// startSend begins the span of a call, if it gets one. A call that no handler makes, but another
// program by the @connections API, continues the trace of that.
func (in *instrument) startSend(
	ctx context.Context, op string, attrs []attribute.KeyValue,
) (context.Context, func(error, ...attribute.KeyValue)) {
	outer := trace.SpanFromContext(ctx)
	inside := outer.SpanContext().IsValid()
	if s, ok := ctx.Value(sendsKey{}).(*sends); ok && s.n.Add(1) > int64(in.MaxSends) {
		return ctx, func(error, ...attribute.KeyValue) {}
	}
	attrs = append(attrs, keyOp.String(op))
	if in.SendEvents && inside {
		return ctx, func(err error, more ...attribute.KeyValue) {
			addEvent(outer, op, err, append(attrs, more...))
		}
	}
	kind := trace.SpanKindProducer
	opts := []trace.SpanStartOption{trace.WithAttributes(attrs...)}
	if h, ok := tyg.Caller(ctx); ok && !inside {
		kind = trace.SpanKindServer
		ctx, opts = in.continued(ctx, carrier{header: h}, opts)
	}
	ctx, span := in.tracer.Start(ctx, spanNames[op], append(opts, trace.WithSpanKind(kind))...)
	return tyg.WithInjector(ctx, in.inject), func(err error, more ...attribute.KeyValue) {
		span.SetAttributes(more...)
		setError(span, err)
		span.End()
	}
}

var spanNames = map[string]string{
	opSend: "send", opMany: "send many", opGroup: "send to group", opClose: "close",
}

func addEvent(span trace.Span, op string, err error, attrs []attribute.KeyValue) {
	if err != nil {
		attrs = append(attrs, attribute.String("error.type", errorType(err)))
	}
	span.AddEvent(spanNames[op], trace.WithAttributes(attrs...))
}
