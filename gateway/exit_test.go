package gateway_test

import (
	"context"
	"encoding/json"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/ws"
)

// exiting returns an App whose handler of an event ends its goroutine.
func exiting(event tyg.EventType, left chan<- string) *tyg.App {
	exit := func(e tyg.EventType) {
		left <- strings.ToLower(e.String())
		if e == event {
			runtime.Goexit()
		}
	}
	app := tyg.New("test")
	app.OnConnect(func(ctx context.Context, c *tyg.Conn, _ *tyg.Request) error {
		for _, name := range []string{"a", "b"} {
			if err := app.Group(name).Add(ctx, c.ID); err != nil {
				return err
			}
		}
		exit(tyg.EventConnect)
		return nil
	})
	app.OnOpen(func(context.Context, *tyg.Conn) error { exit(tyg.EventOpen); return nil })
	app.OnMessage(func(context.Context, *tyg.Conn, tyg.Message) error {
		exit(tyg.EventMessage)
		return nil
	})
	app.OnLeave(func(context.Context, *tyg.Group, tyg.Member) error {
		exit(tyg.EventLeave)
		return nil
	})
	app.OnDisconnect(func(context.Context, *tyg.Conn, tyg.Disconnect) error {
		exit(tyg.EventDisconnect)
		return nil
	})
	return app
}

// TestHandlersThatEndTheirGoroutine has each handler call runtime.Goexit: the connection ends with
// all its events, and leaves nothing behind, on each path to a socket.
func TestHandlersThatEndTheirGoroutine(t *testing.T) {
	t.Parallel() // it mostly waits
	tests := []struct {
		event tyg.EventType
		want  []string
	}{
		{tyg.EventConnect, []string{"connect", "leave", "leave"}},
		{tyg.EventOpen, []string{"connect", "open", "leave", "leave", "disconnect"}},
		{tyg.EventMessage, []string{"connect", "open", "message", "leave", "leave", "disconnect"}},
		{tyg.EventLeave, []string{"connect", "open", "message", "leave", "leave", "disconnect"}},
		{tyg.EventDisconnect, []string{"connect", "open", "message", "leave", "leave", "disconnect"}},
	}
	for _, tt := range tests {
		for _, concurrency := range []int{1, 3} {
			onBoth(t, func(t *testing.T, portable bool) {
				events := make(chan string, 100)
				r := start(t, &gateway.Server{
					Handler: exiting(tt.event, events), Portable: portable,
					Extensions: gateway.Extensions{Concurrency: concurrency},
				})
				for range 3 { // the loops go on
					r.useOnce(t, tt.event)
					for _, want := range tt.want {
						if got := next(t, events); got != want {
							t.Fatalf("exit in %v: event %q, want %q", tt.event, got, want)
						}
					}
					until(t, "the connection has ended", func() bool { return r.Stats().Connections == 0 })
				}
				if n := r.Stats().Closed["handler-exit"]; (n > 0) !=
					(tt.event == tyg.EventOpen || tt.event == tyg.EventMessage) {
					t.Errorf("exit in %v: %d connections were closed for it", tt.event, n)
				}
			})
		}
	}
}

// useOnce connects, sends a message, and closes, as far as an exit in event lets it.
func (r *rig) useOnce(t *testing.T, event tyg.EventType) {
	t.Helper()
	w := r.connect(t)
	w.write(t, r.handshake())
	if status := w.response(t).StatusCode; event == tyg.EventConnect {
		if status != http.StatusBadGateway {
			t.Errorf("exit in connect: status %d", status)
		}
		return
	}
	w.write(t, string(clientFrame(ws.OpText, true, "hello")))
	if event == tyg.EventMessage {
		var frame struct{ Message string }
		if _, text := w.frame(t); json.Unmarshal([]byte(text), &frame) != nil ||
			frame.Message != "Internal server error" {
			t.Errorf("exit in message: received %q", text)
		}
	}
	w.write(t, string(clientFrame(ws.OpClose, true, "\x03\xe8")))
	if h, text := w.frame(t); h.Opcode != ws.OpClose {
		t.Errorf("exit in %v: received %q", event, text)
	}
}

// TestAuthorizerThatEndsItsGoroutine is the same for an authorizer.
func TestAuthorizerThatEndsItsGoroutine(t *testing.T) {
	for _, limit := range []time.Duration{0, -1} {
		app := echo()
		app.OnAuthorize(func(context.Context, *tyg.Request) (tyg.Identity, error) {
			runtime.Goexit()
			return tyg.Identity{}, nil
		})
		r := start(t, &gateway.Server{Handler: app, Limits: gateway.Limits{Integration: limit}})
		if res, _ := r.ask(t, r.handshake()); res.StatusCode != http.StatusInternalServerError {
			t.Errorf("status %d", res.StatusCode)
		}
	}
}
