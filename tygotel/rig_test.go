package tygotel_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/tyg-dev/tyg/tygotel"
)

// patience is how long a test waits for what must happen.
const patience = time.Minute

// The trace context of a client.
const (
	clientTrace = "4bf92f3577b34da6a3ce929d0e0e4736"
	clientSpan  = "00f067aa0ba902b7"
	traceParent = "00-" + clientTrace + "-" + clientSpan + "-01"
)

// A rig collects what is traced and measured.
type rig struct {
	spans  *tracetest.InMemoryExporter
	reader *sdkmetric.ManualReader
	cfg    tygotel.Config
}

func newRig(t testing.TB) *rig {
	t.Helper()
	r := &rig{spans: tracetest.NewInMemoryExporter(), reader: sdkmetric.NewManualReader()}
	traces := sdktrace.NewTracerProvider(sdktrace.WithSyncer(r.spans))
	meters := sdkmetric.NewMeterProvider(sdkmetric.WithReader(r.reader))
	t.Cleanup(func() {
		_ = traces.Shutdown(context.Background())
		_ = meters.Shutdown(context.Background())
	})
	r.cfg = tygotel.Config{
		TracerProvider: traces, MeterProvider: meters, Propagator: propagation.TraceContext{},
	}
	return r
}

// await waits until there are n spans of that name, and returns them in the order of their ends.
func (r *rig) await(t testing.TB, name string, n int) tracetest.SpanStubs {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		spans := slices.DeleteFunc(r.spans.GetSpans(), func(s tracetest.SpanStub) bool {
			return s.Name != name
		})
		if len(spans) >= n {
			return spans
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d spans %q, want %d; there are %v", len(spans), name, n, names(r.spans.GetSpans()))
		}
	}
}

// one waits for a span and returns it.
func (r *rig) one(t testing.TB, name string) tracetest.SpanStub { return r.await(t, name, 1)[0] }

func names(spans tracetest.SpanStubs) (all []string) {
	for _, s := range spans {
		all = append(all, s.Name)
	}
	return all
}

// attr returns an attribute as text, or "".
func attr(list []attribute.KeyValue, key string) string {
	for _, kv := range list {
		if string(kv.Key) == key {
			return kv.Value.String()
		}
	}
	return ""
}

// checkAttrs compares attributes, written as "key=value".
func checkAttrs(t testing.TB, what string, list []attribute.KeyValue, want ...string) {
	t.Helper()
	for _, w := range want {
		key, value, _ := strings.Cut(w, "=")
		if got := attr(list, key); got != value {
			t.Errorf("%s: %s is %q, want %q", what, key, got, value)
		}
	}
}

// linked reports whether a span has a link to another.
func linked(s, to tracetest.SpanStub) bool {
	return slices.ContainsFunc(s.Links, func(l sdktrace.Link) bool {
		return l.SpanContext.TraceID() == to.SpanContext.TraceID() &&
			l.SpanContext.SpanID() == to.SpanContext.SpanID()
	})
}

// childOf reports whether a span is the child of another.
func childOf(s, of tracetest.SpanStub) bool {
	return s.Parent.SpanID() == of.SpanContext.SpanID() &&
		s.SpanContext.TraceID() == of.SpanContext.TraceID()
}

// metrics returns all points, as "name{attributes} value"; of histograms the count.
func (r *rig) metrics(t testing.TB) map[string]float64 {
	t.Helper()
	var data metricdata.ResourceMetrics
	if err := r.reader.Collect(context.Background(), &data); err != nil {
		t.Fatal(err)
	}
	all := make(map[string]float64)
	for _, scope := range data.ScopeMetrics {
		for _, m := range scope.Metrics {
			add := func(set attribute.Set, v float64) {
				all[fmt.Sprintf("%s{%s}", m.Name, set.Encoded(attribute.DefaultEncoder()))] = v
			}
			switch d := m.Data.(type) {
			case metricdata.Sum[int64]:
				for _, p := range d.DataPoints {
					add(p.Attributes, float64(p.Value))
				}
			case metricdata.Histogram[float64]:
				for _, p := range d.DataPoints {
					add(p.Attributes, float64(p.Count))
				}
			case metricdata.Histogram[int64]:
				for _, p := range d.DataPoints {
					add(p.Attributes, float64(p.Count))
				}
			default:
				t.Errorf("metric %s is a %T", m.Name, d)
			}
		}
	}
	return all
}
