package functions_test

import (
	"context"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/functions"
)

// BenchmarkInvoke measures the path to a process and back: with one event at a time, and with as
// many as there are processes.
func BenchmarkInvoke(b *testing.B) {
	for _, mode := range []string{"echo", "orders"} {
		b.Run(mode, func(b *testing.B) {
			h := start(b, &functions.Host{}, self(mode))
			inv := functions.Invocation{Function: "f", Payload: []byte(`{"Env":"HOME"}`)}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := h.Invoke(context.Background(), inv); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(mode+"/parallel", func(b *testing.B) {
			fn := self(mode)
			fn.Concurrency = 4
			h := start(b, &functions.Host{}, fn)
			inv := functions.Invocation{Function: "f", Payload: []byte(`{"Env":"HOME"}`)}
			b.ReportAllocs()
			b.SetParallelism(16)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := h.Invoke(context.Background(), inv); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}

// BenchmarkRouter measures the JSON of an event and of its reply.
func BenchmarkRouter(b *testing.B) {
	r := &functions.Router{Integrations: map[string]functions.Integration{
		tyg.RouteDefault: integration(func(context.Context, []byte) ([]byte, error) {
			return []byte(`{"statusCode":200}`), nil
		}),
	}}
	e := message("hello")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Handle(context.Background(), e); err != nil {
			b.Fatal(err)
		}
	}
}
