package tygotel

import (
	"context"
	"errors"
	"os"
	"time"

	"go.opentelemetry.io/otel"
)

// A flusher exports what it has, as the providers of OpenTelemetry's SDK do.
type flusher interface {
	ForceFlush(context.Context) error
}

// flushTime is how long an export may take at the end of an event.
const flushTime = 2 * time.Second

// flush exports spans and metrics inside Lambda, which freezes the process after each event.
// Elsewhere it does nothing: the SDK exports in the background.
func (in *instrument) flush(ctx context.Context) {
	if os.Getenv("AWS_LAMBDA_RUNTIME_API") == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTime)
	defer cancel()
	var errs []error
	for _, providers := range [][2]any{
		{in.TracerProvider, otel.GetTracerProvider()}, {in.MeterProvider, otel.GetMeterProvider()},
	} {
		// A global provider of before otel.SetTracerProvider is no flusher.
		if f, ok := providers[0].(flusher); ok {
			errs = append(errs, f.ForceFlush(ctx))
		} else if f, ok := providers[1].(flusher); ok {
			errs = append(errs, f.ForceFlush(ctx))
		}
	}
	if err := errors.Join(errs...); err != nil {
		otel.Handle(err)
	}
}
