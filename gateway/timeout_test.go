package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/ws"
)

// timedOutFrame is what API Gateway says when an integration takes too long.
func timedOutFrame(e tyg.Event) string {
	return fmt.Sprintf(
		`{"message": "Endpoint request timed out", "connectionId":"%s", "requestId":"%s"}`, e.Conn.ID,
		e.RequestID,
	)
}

// slow handles "slow" with f and echoes everything else. Events go to the channel before.
func slow(events chan<- tyg.Event, f func(ctx context.Context) error) tyg.Handler {
	return tyg.HandlerFunc(func(ctx context.Context, e tyg.Event) (tyg.Reply, error) {
		if e.Type == tyg.EventConnect {
			return tyg.Reply{}, nil
		}
		events <- e
		switch {
		case e.Type == tyg.EventDisconnect:
			return tyg.Reply{}, nil
		case string(e.Message.Data) == "slow":
			return tyg.Reply{}, f(ctx)
		}
		return tyg.Reply{}, e.Conn.Send(ctx, e.Message.Data)
	})
}

func TestIntegrationTimeout(t *testing.T) {
	tests := map[string]func(context.Context) error{
		"ends with its context": func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
		"returns late": func(context.Context) error {
			time.Sleep(40 * time.Second)
			return nil
		},
		"fails late": func(context.Context) error {
			time.Sleep(40 * time.Second)
			return errors.New("too late to fail")
		},
		"panics late": func(context.Context) error {
			time.Sleep(40 * time.Second)
			panic("too late to panic")
		},
		"returns between timeout and sweep": func(context.Context) error {
			time.Sleep(29*time.Second + time.Millisecond)
			return nil
		},
		"fails between timeout and sweep": func(context.Context) error {
			time.Sleep(29*time.Second + time.Millisecond)
			return errors.New("just too late")
		},
	}
	for name, f := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				events := make(chan tyg.Event, 3)
				r := startPipes(t, &gateway.Server{Handler: slow(events, f)}, nil)
				c := r.dial(t)
				e := c.record()
				c.send(t, "slow")
				time.Sleep(28 * time.Second)
				synctest.Wait()
				if len(e.received()) != 0 {
					t.Errorf("received %q too early", e.received())
				}
				time.Sleep(3 * time.Second)
				want := timedOutFrame(<-events)
				synctest.Wait()
				if len(e.received()) != 1 || e.received()[0] != want {
					t.Errorf("received %q, want %q", e.received(), want)
				}
				time.Sleep(time.Minute)
				c.send(t, "next")
				synctest.Wait()
				if len(e.received()) != 2 || e.received()[1] != "next" {
					t.Errorf("received %q, want the frame and the next message", e.received())
				}
				if got := r.Stats().Failures; got != 1 {
					t.Errorf("%d failures were counted, want 1", got)
				}
			})
		})
	}
}

// TestContextEndsWithTheIntegrationTimeout watches the context of a handler that takes too long.
func TestContextEndsWithTheIntegrationTimeout(t *testing.T) {
	tests := map[string]func(context.Context) <-chan struct{}{
		"asked at once": context.Context.Done,
		"asked too late": func(ctx context.Context) <-chan struct{} {
			time.Sleep(35 * time.Second)
			return ctx.Done()
		},
		"derived": func(ctx context.Context) <-chan struct{} {
			child, cancel := context.WithCancel(ctx)
			context.AfterFunc(child, cancel)
			return child.Done()
		},
	}
	for name, done := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				errs := make(chan error, 2)
				h := slow(make(chan tyg.Event, 2), func(ctx context.Context) error {
					if at, ok := ctx.Deadline(); !ok || time.Until(at) != 29*time.Second {
						t.Errorf("deadline in %v", time.Until(at))
					}
					errs <- ctx.Err()
					<-done(ctx)
					errs <- ctx.Err()
					return nil
				})
				r := startPipes(t, &gateway.Server{Handler: h}, nil)
				c, start := r.dial(t), time.Now()
				c.record()
				c.send(t, "slow")
				if err := <-errs; err != nil {
					t.Errorf("at first: %v", err)
				}
				if err := <-errs; !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("at the end: %v, want %v", err, context.DeadlineExceeded)
				}
				if d := time.Since(start); d < 29*time.Second {
					t.Errorf("Done after %v", d)
				}
			})
		})
	}
}

func TestHandlerThatDoesNotReturnClosesTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		events := make(chan tyg.Event, 2)
		release := make(chan struct{})
		h := slow(events, func(context.Context) error { <-release; return nil })
		r := startPipes(t, &gateway.Server{Handler: h}, nil)
		w, start := r.wire(t), time.Now()
		_ = w.SetReadDeadline(time.Time{})
		w.write(t, string(clientFrame(ws.OpText, true, "slow")))
		w.expect(t, timedOutFrame(<-events))
		head, payload := w.frame(t)
		if d := time.Since(start); d < 58*time.Second || d > 60*time.Second {
			t.Errorf("closed after %v, want 58s", d)
		}
		code, reason, err := ws.ParseClose([]byte(payload))
		if head.Opcode != ws.OpClose || code != ws.CloseInternalError ||
			reason != "Handler does not return" {
			t.Errorf("opcode %d, %d %q, %v", head.Opcode, code, reason, err)
		}
		time.Sleep(time.Hour)
		if len(events) != 0 {
			t.Error("the disconnect handler runs beside the message handler")
		}
		close(release)
		if got := (<-events).Disconnect; got.Code != ws.CloseInternalError {
			t.Errorf("disconnect %+v", got)
		}
	})
}

func TestSlowConnectIsRefused(t *testing.T) {
	app := echo()
	app.OnConnect(func(ctx context.Context, _ *tyg.Conn, _ *tyg.Request) error {
		<-ctx.Done()
		if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
			t.Errorf("context ended with %v", ctx.Err())
		}
		time.Sleep(time.Minute) // Shutdown waits for it
		return nil
	})
	app.OnDisconnect(func(context.Context, *tyg.Conn, tyg.Disconnect) error {
		t.Error("a refused connection was disconnected")
		return nil
	})
	synctest.Test(t, func(t *testing.T) {
		r := startPipes(t, &gateway.Server{Handler: app}, nil)
		start := time.Now()
		res, body := r.ask(t, r.handshake())
		if res.StatusCode != http.StatusGatewayTimeout ||
			body != `{"message":"Endpoint request timed out"}` {
			t.Errorf("status %d, body %s", res.StatusCode, body)
		}
		if d := time.Since(start); d != 29*time.Second {
			t.Errorf("refused after %v, want 29s", d)
		}
	})
}
