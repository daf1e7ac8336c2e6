package gateway_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/ws"
)

// TestAllocs counts what a message costs from socket to socket, with a client that allocates
// nothing.
func TestAllocs(t *testing.T) {
	echoes := func(ctx context.Context, e tyg.Event) (tyg.Reply, error) {
		if e.Type != tyg.EventMessage {
			return tyg.Reply{}, nil
		}
		return tyg.Reply{}, e.Conn.Send(ctx, e.Message.Data)
	}
	opened := echo()
	opened.OnOpen(func(context.Context, *tyg.Conn) error { return nil })
	tests := []struct {
		name    string
		handler tyg.Handler
		most    float64 // for each message
	}{
		{"handler", tyg.HandlerFunc(echoes), 1}, // the context of the event
		{"app", echo(), 1},
		{"app with OnOpen", opened, 1},
		{"middleware with a context of its own", wrapped(echo()), 2}, // and that context
	}
	for _, tt := range tests {
		for _, depth := range []int{1, 8, 64} {
			t.Run(fmt.Sprint(tt.name, " ", depth), func(t *testing.T) {
				most := tt.most*float64(depth) + float64(depth)/16 // ids are made many at a time
				if raceEnabled {
					most += 12 * float64(depth)
				}
				if got := allocs(t, start(t, &gateway.Server{Handler: tt.handler}), depth); got > most {
					t.Errorf("%v allocations for %d messages, want at most %v", got, depth, most)
				}
			})
		}
	}
}

// allocs sends so many messages at once, again and again, and returns how many allocations that
// took each time.
func allocs(t *testing.T, r *rig, depth int) float64 {
	t.Helper()
	const text = "a message of ordinary length"
	w := r.wire(t)
	frames := bytes.Repeat(clientFrame(ws.OpText, true, text), depth)
	replies := make([]byte, depth*(2+len(text)))
	var failed error
	got := testing.AllocsPerRun(200, func() {
		_, err := w.Write(frames)
		if err == nil {
			_, err = io.ReadFull(w.in, replies)
		}
		if err != nil {
			failed = err
		}
	})
	if failed != nil {
		t.Fatal(failed)
	}
	if !bytes.HasSuffix(replies, []byte(text)) {
		t.Errorf("received %q", replies)
	}
	return got
}

// wrapped gives an App middleware that puts a context of its own around that of the event.
func wrapped(app *tyg.App) *tyg.App {
	type key struct{}
	app.Use(func(next tyg.Handler) tyg.Handler {
		return tyg.HandlerFunc(func(ctx context.Context, e tyg.Event) (tyg.Reply, error) {
			return next.Handle(context.WithValue(ctx, key{}, "x"), e)
		})
	})
	return app
}
