package tygotel_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/host"
	"github.com/tyg-dev/tyg/tygotel"
)

// printer is an exporter that prints names. A real program uses one of OpenTelemetry's, such as
// go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp.
type printer struct{}

func (printer) ExportSpans(_ context.Context, spans []sdktrace.ReadOnlySpan) error {
	for _, s := range spans {
		fmt.Println(s.Name(), "with", len(s.Links()), "link")
	}
	return nil
}

func (printer) Shutdown(context.Context) error { return nil }

// The main function of an echo whose events are traced, with the providers of the program.
func ExampleInstrument() {
	traces := sdktrace.NewTracerProvider(sdktrace.WithBatcher(printer{}))
	defer func() { _ = traces.Shutdown(context.Background()) }() // exports what is left
	otel.SetTracerProvider(traces)
	otel.SetTextMapPropagator(propagation.TraceContext{})

	app := tyg.New("echo")
	tygotel.Instrument(app, tygotel.Config{})
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		return c.Send(ctx, m.Data)
	})
	if err := host.Run(app); err != nil {
		log.Fatal(err)
	}
}

// Middleware is for a Handler that is no App.
func ExampleMiddleware() {
	traces := sdktrace.NewTracerProvider(sdktrace.WithSyncer(printer{}))
	defer func() { _ = traces.Shutdown(context.Background()) }()
	handler := tygotel.Middleware(tygotel.Config{TracerProvider: traces})(tyg.HandlerFunc(
		func(ctx context.Context, e tyg.Event) (tyg.Reply, error) { return tyg.Reply{}, nil }))

	conn := &tyg.Conn{ID: "R1kmxc2VNjMCFIA="}
	for _, e := range []tyg.Event{
		{Type: tyg.EventConnect, Conn: conn, Request: &tyg.Request{Header: http.Header{}}},
		{Type: tyg.EventMessage, Conn: conn, Route: "order"},
	} {
		if _, err := handler.Handle(context.Background(), e); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
	// Output:
	// connect with 0 link
	// message order with 1 link
}
