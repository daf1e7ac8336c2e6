package tygotel

import (
	"context"
	"sync"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/tyg-dev/tyg"
)

// seconds are the bounds of buckets, which reach from handlers that only compute to API Gateway's
// timeout.
var seconds = metric.WithExplicitBucketBoundaries(
	.00001, .0001, .001, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 29)

// bytes are the bounds of buckets, which reach to the largest message of API Gateway.
var bytes = metric.WithExplicitBucketBoundaries(
	0, 64, 256, 1<<10, 4<<10, 16<<10, 32<<10, 64<<10, 128<<10)

// metrics are the instruments of an application on any host.
type metrics struct {
	open       metric.Int64UpDownCounter
	events     metric.Float64Histogram
	sizes      metric.Int64Histogram
	sends      metric.Float64Histogram
	recipients metric.Int64Counter
	failed     metric.Int64Counter

	sets sync.Map // of setKey to metric.MeasurementOption
}

// A setKey names a set of attributes. There are few: routes are those of the application.
type setKey struct {
	event       tyg.EventType
	route, kind string
}

// init makes the instruments. One that cannot be made does nothing, as the API promises; the error
// goes to the handler of package otel.
func (m *metrics) init(meter metric.Meter) {
	var errs [6]error
	m.open, errs[0] = meter.Int64UpDownCounter("tyg.connections", metric.WithUnit("{connection}"),
		metric.WithDescription("Connections that this process has accepted and that have not ended."))
	m.events, errs[1] = meter.Float64Histogram("tyg.event.duration", metric.WithUnit("s"), seconds,
		metric.WithDescription("Duration of handlers."))
	m.sizes, errs[2] = meter.Int64Histogram("tyg.message.size", metric.WithUnit("By"), bytes,
		metric.WithDescription("Size of messages of clients."))
	m.sends, errs[3] = meter.Float64Histogram("tyg.send.duration", metric.WithUnit("s"), seconds,
		metric.WithDescription("Duration of calls that send or close."))
	m.recipients, errs[4] = meter.Int64Counter("tyg.send.recipients", metric.WithUnit("{message}"),
		metric.WithDescription("Messages to clients, one for each recipient."))
	m.failed, errs[5] = meter.Int64Counter("tyg.send.failures", metric.WithUnit("{message}"),
		metric.WithDescription("Messages that a recipient did not get."))
	for _, err := range errs {
		if err != nil {
			otel.Handle(err)
		}
	}
}

// event measures an event.
func (m *metrics) event(ctx context.Context, e *tyg.Event, d time.Duration, kind string) {
	set := m.set(setKey{e.Type, e.Route, kind}, func() []attribute.KeyValue {
		return []attribute.KeyValue{keyEvent.String(eventName(e.Type)), keyRoute.String(e.Route)}
	})
	m.events.Record(ctx, d.Seconds(), set)
	if e.Type == tyg.EventMessage {
		m.sizes.Record(ctx, int64(len(e.Message.Data)), m.set(setKey{route: e.Route},
			func() []attribute.KeyValue { return []attribute.KeyValue{keyRoute.String(e.Route)} }))
	}
}

// sent measures a call that sends or closes.
func (m *metrics) sent(
	ctx context.Context, op string, to, failed int, d time.Duration, kind string,
) {
	set := m.set(setKey{route: op, kind: kind, event: noEvent}, func() []attribute.KeyValue {
		return []attribute.KeyValue{keyOp.String(op)}
	})
	m.sends.Record(ctx, d.Seconds(), set)
	if op != opClose {
		m.recipients.Add(ctx, int64(to), set)
	}
	if op != opClose && failed > 0 {
		m.failed.Add(ctx, int64(failed), set)
	}
}

// noEvent is the event of sets of calls, which no event has.
const noEvent tyg.EventType = 255

// set returns a set of attributes, with the kind of the error if there is one. It is made once.
func (m *metrics) set(
	key setKey, attrs func() []attribute.KeyValue,
) metric.MeasurementOption {
	if set, ok := m.sets.Load(key); ok {
		return set.(metric.MeasurementOption)
	}
	list := attrs()
	if key.kind != "" {
		list = append(list, semconv.ErrorTypeKey.String(key.kind))
	}
	set, _ := m.sets.LoadOrStore(key, metric.WithAttributeSet(attribute.NewSet(list...)))
	return set.(metric.MeasurementOption)
}
