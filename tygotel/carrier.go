package tygotel

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/tyg-dev/tyg"
)

// A carrier is where a trace context comes from: a header, and the trace id that Lambda has for the
// event, which takes the place of its field.
type carrier struct {
	header http.Header
	xray   string
}

var _ propagation.TextMapCarrier = carrier{}

// headerXRay is the name of the field of X-Ray, and in lower case the key of Lambda's trace id in a
// context.
const headerXRay = "X-Amzn-Trace-Id"

// incoming returns the trace context with which an event comes.
func incoming(ctx context.Context, e *tyg.Event) carrier {
	var c carrier
	c.xray, _ = ctx.Value(strings.ToLower(headerXRay)).(string)
	if e.Type == tyg.EventConnect && e.Request != nil {
		c.header = e.Request.Header
	}
	return c
}

// Get returns the first value of a field.
func (c carrier) Get(key string) string {
	if c.xray != "" && strings.EqualFold(key, headerXRay) {
		return c.xray
	}
	return c.header.Get(key)
}

// Set does nothing: the header is of others.
func (c carrier) Set(string, string) {}

// Values returns all values of a field, which baggage may have.
func (c carrier) Values(key string) []string { return c.header.Values(key) }

// Keys returns the names of all fields.
func (c carrier) Keys() []string {
	keys := make([]string, 0, len(c.header)+1)
	for key := range c.header {
		keys = append(keys, key)
	}
	if c.xray != "" && !slices.Contains(keys, headerXRay) {
		keys = append(keys, headerXRay)
	}
	return keys
}

// inject adds the trace context of ctx to the header of a call.
func (in *instrument) inject(ctx context.Context, h http.Header) {
	in.Propagator.Inject(ctx, propagation.HeaderCarrier(h))
}

// fromXRay is what a link to Lambda's own span says.
// (https://opentelemetry.io/docs/specs/semconv/faas/aws-lambda/)
var fromXRay = []attribute.KeyValue{attribute.String("source", "x-ray-env")}

// parseXRay reads a trace id like
// "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1".
// (https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader)
func parseXRay(s string) trace.SpanContext {
	cfg := trace.SpanContextConfig{Remote: true}
	for field := range strings.SplitSeq(s, ";") {
		key, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		switch key {
		case "Root":
			if digits, ok := strings.CutPrefix(value, "1-"); ok {
				cfg.TraceID, _ = trace.TraceIDFromHex(strings.Replace(digits, "-", "", 1))
			}
		case "Parent":
			cfg.SpanID, _ = trace.SpanIDFromHex(value)
		case "Sampled":
			cfg.TraceFlags = cfg.TraceFlags.WithSampled(value == "1")
		}
	}
	return trace.NewSpanContext(cfg) // invalid without its ids
}
