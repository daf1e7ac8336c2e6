package tygotel

import (
	"cmp"
	"context"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/tyg-dev/tyg"
)

// scope is the name of the instrumentation.
const scope = "github.com/tyg-dev/tyg/tygotel"

// A Config says how an application is traced. The zero Config uses the global providers and
// propagator of package otel.
type Config struct {
	// TracerProvider makes the spans. Nil means otel.GetTracerProvider().
	TracerProvider trace.TracerProvider

	// MeterProvider makes the metrics. Nil means otel.GetMeterProvider().
	MeterProvider metric.MeterProvider

	// Propagator reads and writes trace contexts. Nil means otel.GetTextMapPropagator(), which
	// does nothing until the program sets one, such as propagation.TraceContext{}.
	Propagator propagation.TextMapPropagator

	// PublicEndpoint makes a link of the trace context of a handshake or a call, in place of the
	// parent, so that strangers can neither choose trace ids nor what is sampled.
	PublicEndpoint bool

	// SendEvents makes an event on the handler's span of each send, in place of a child span. It
	// costs less, and tells no duration.
	SendEvents bool

	// MaxSends is how many sends of one event are recorded each by itself, 100 by default; the span
	// has the number of all. Less than zero records none.
	MaxSends int

	// Links keeps the spans of connections for events in other processes, on AWS Lambda. Nil keeps
	// them in memory.
	Links Links

	// Attributes returns what to add to the span of an event. It may be nil.
	Attributes func(context.Context, tyg.Event) []attribute.KeyValue
}

const defaultMaxSends = 100

func (c Config) withDefaults() Config {
	if c.TracerProvider == nil {
		c.TracerProvider = otel.GetTracerProvider()
	}
	if c.MeterProvider == nil {
		c.MeterProvider = otel.GetMeterProvider()
	}
	if c.Propagator == nil {
		c.Propagator = otel.GetTextMapPropagator()
	}
	c.MaxSends = max(cmp.Or(c.MaxSends, defaultMaxSends), 0)
	return c
}

// Instrument traces and measures an application: its events, and what it sends by connections,
// [tyg.App.Sender] and groups. Call it once, before other middleware, which its spans then cover.
func Instrument(app *tyg.App, cfg Config) {
	in := newInstrument(cfg)
	app.Use(in.middleware)
	app.UseHost(in.host)
}

// Middleware traces events, and what handlers send by their connections, but not what they send by
// [tyg.App.Sender] and groups; [Instrument] does all.
func Middleware(cfg Config) tyg.Middleware { return newInstrument(cfg).middleware }

// Sender traces what is sent by s, such as a lambda.Sender of a program that is no host.
func Sender(s tyg.Sender, cfg Config) tyg.Sender { return newInstrument(cfg).sender(s) }

// An instrument is a Config at work.
type instrument struct {
	Config
	tracer  trace.Tracer
	metrics metrics
	conns   conns
	gateway gatewayMetrics
}

func newInstrument(cfg Config) *instrument {
	in := &instrument{Config: cfg.withDefaults()}
	in.tracer = in.TracerProvider.Tracer(scope)
	in.metrics.init(in.MeterProvider.Meter(scope))
	return in
}
