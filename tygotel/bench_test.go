package tygotel_test

import (
	"context"
	"net"
	"testing"

	"go.opentelemetry.io/otel/propagation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/ws"
	"github.com/tyg-dev/tyg/internal/wsclient"
	"github.com/tyg-dev/tyg/tygotel"
)

// discard exports nothing.
type discard struct{}

func (discard) ExportSpans(context.Context, []sdktrace.ReadOnlySpan) error { return nil }
func (discard) Shutdown(context.Context) error                             { return nil }

func tracing(sampler sdktrace.Sampler, events bool) func(*tyg.App) {
	return func(app *tyg.App) {
		tygotel.Instrument(app, tygotel.Config{
			TracerProvider: sdktrace.NewTracerProvider(
				sdktrace.WithBatcher(discard{}), sdktrace.WithSampler(sampler)),
			MeterProvider: sdkmetric.NewMeterProvider(
				sdkmetric.WithReader(sdkmetric.NewManualReader())),
			Propagator: propagation.TraceContext{}, SendEvents: events,
		})
	}
}

// variants are an echo as it is, and traced.
var variants = []struct {
	name  string
	trace func(*tyg.App)
}{
	{"without", func(*tyg.App) {}},
	{"no provider", func(app *tyg.App) { tygotel.Instrument(app, tygotel.Config{}) }},
	{"1 percent", tracing(sdktrace.TraceIDRatioBased(.01), false)},
	{"all", tracing(sdktrace.AlwaysSample(), false)},
	{"all, sends as events", tracing(sdktrace.AlwaysSample(), true)},
}

func echo(trace func(*tyg.App)) *tyg.App {
	app := tyg.New("echo")
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		return c.Send(ctx, m.Data)
	})
	trace(app)
	return app
}

// BenchmarkHandle is what tracing adds to one event and one send, without a socket.
func BenchmarkHandle(b *testing.B) {
	for _, v := range variants {
		b.Run(v.name, func(b *testing.B) {
			app := echo(v.trace)
			conn := &tyg.Conn{ID: "R1kmxc2VNjMCFIA=", Sender: silent{}, Domain: "example.com"}
			handle := func(e tyg.Event) {
				e.Conn = conn
				if _, err := app.Handle(context.Background(), e); err != nil {
					b.Fatal(err)
				}
			}
			handle(tyg.Event{Type: tyg.EventConnect, Route: tyg.RouteConnect, Request: &tyg.Request{}})
			e := tyg.Event{
				Type: tyg.EventMessage, Route: tyg.RouteDefault, RequestID: "R1kmxF2VNjMFbRw=",
				Message: tyg.Message{ID: "R1knPc2ntjMCFIA=", Data: []byte("hello")},
			}
			b.ReportAllocs()
			for b.Loop() {
				handle(e)
			}
		})
	}
}

// silent is a Sender that does nothing.
type silent struct{ tyg.Sender }

func (silent) Send(context.Context, tyg.ConnID, []byte, ...tyg.SendOption) error { return nil }

// BenchmarkEcho is an echo over a socket.
func BenchmarkEcho(b *testing.B) {
	for _, v := range variants {
		b.Run(v.name, func(b *testing.B) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				b.Fatal(err)
			}
			srv := &gateway.Server{Handler: echo(v.trace)}
			go func() { _ = srv.Serve(l) }() // ends with Shutdown
			defer func() { _ = srv.Shutdown(context.Background()) }()
			ctx := context.Background()
			c, _, err := wsclient.Dial(ctx, "ws://"+l.Addr().String()+"/api", nil)
			if err != nil {
				b.Fatal(err)
			}
			defer c.CloseNow()
			text := []byte("hello")
			b.ReportAllocs()
			for b.Loop() {
				if err := c.Write(ctx, ws.OpText, text); err != nil {
					b.Fatal(err)
				}
				if _, _, err := c.Read(ctx); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestNothingIsAllocatedWithout holds that an application without Instrument costs what it did.
func TestNothingIsAllocatedWithout(t *testing.T) {
	app := echo(func(*tyg.App) {})
	e := tyg.Event{
		Type: tyg.EventMessage, Route: tyg.RouteDefault,
		Conn:    &tyg.Conn{ID: "R1kmxc2VNjMCFIA=", Sender: silent{}},
		Message: tyg.Message{Data: []byte("x")},
	}
	ctx := t.Context()
	if n := testing.AllocsPerRun(1000, func() { _, _ = app.Handle(ctx, e) }); n != 0 {
		t.Errorf("%v allocations for a message, want none", n)
	}
}
