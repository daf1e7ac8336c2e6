package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/ws"
)

// failedFrame is what API Gateway says when an integration fails.
func failedFrame(e tyg.Event) string {
	return fmt.Sprintf(`{"message": "Internal server error", "connectionId":"%s", "requestId":"%s"}`,
		e.Conn.ID, e.RequestID)
}

// TestEachConcurrentFailureHasItsOwnFrame has several handlers fail at the same time: each has a
// frame of its own.
func TestEachConcurrentFailureHasItsOwnFrame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		events, release := make(chan tyg.Event, 10), make(chan struct{})
		h := func(ctx context.Context, e tyg.Event) (tyg.Reply, error) {
			if e.Type != tyg.EventMessage {
				return tyg.Reply{}, nil
			}
			events <- e
			text := string(e.Message.Data)
			<-release
			switch text {
			case "panic":
				panic("secret")
			case "fail":
				return tyg.Reply{}, errors.New("secret")
			}
			return tyg.Reply{}, e.Conn.Send(ctx, []byte(text))
		}
		r := startConcurrent(t, tyg.HandlerFunc(h), 4)
		w := r.wire(t)
		w.write(t, pipeline("panic", "fail", "fine", "panic"))
		synctest.Wait()
		want := []string{"fine"}
		for range 4 {
			if e := <-events; string(e.Message.Data) != "fine" {
				want = append(want, failedFrame(e))
			}
		}
		close(release)
		w.wantFrames(t, want)
		w.write(t, pipeline("and on"))
		w.expect(t, "and on")
		synctest.Wait() // a reply may overtake the end of another handler
		if n := r.Stats().Failures; n != 3 {
			t.Errorf("%d failures were counted, want 3", n)
		}
	})
}

// wantFrames reads as many messages as are wanted, in any order.
func (w *wire) wantFrames(t *testing.T, want []string) {
	t.Helper()
	var got []string
	for range want {
		_, text := w.frame(t)
		got = append(got, text)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("received %q, want %q", got, want)
	}
}

// TestWaitForASlotIsNotTheHandlersTime has handlers that take too long, and one that waited for a
// slot for as long as they ran.
func TestWaitForASlotIsNotTheHandlersTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		events := make(chan tyg.Event, 10)
		h := slow(events, func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
		r := startConcurrent(t, h, 2)
		w, start := r.wire(t), time.Now()
		_ = w.SetReadDeadline(time.Time{})
		w.write(t, pipeline("slow", "slow", "slow"))
		w.wantFrames(t, []string{timedOutFrame(<-events), timedOutFrame(<-events)})
		if d := time.Since(start); d < 29*time.Second || d > 31*time.Second {
			t.Errorf("timed out after %v, want 29s", d)
		}
		w.expect(t, timedOutFrame(<-events))
		if d := time.Since(start); d < 58*time.Second || d > 62*time.Second {
			t.Errorf("the one that waited timed out after %v, want 58s", d)
		}
		w.write(t, pipeline("and on"))
		w.expect(t, "and on")
		synctest.Wait() // a reply may overtake the end of another handler
		if n := r.Stats().Failures; n != 3 {
			t.Errorf("%d failures were counted, want 3", n)
		}
	})
}

func TestConcurrentHandlerThatDoesNotReturnClosesTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newBlockingHandler()
		r := startConcurrent(t, h.App, 2)
		w, start := r.wire(t), time.Now()
		_ = w.SetReadDeadline(time.Time{})
		w.write(t, pipeline("stuck"))
		if _, text := w.frame(t); !strings.Contains(text, "Endpoint request timed out") {
			t.Errorf("received %q", text)
		}
		head, _ := w.frame(t)
		if d := time.Since(start); head.Opcode != ws.OpClose || d < 58*time.Second || d > time.Minute {
			t.Errorf("opcode %d after %v, want a close frame after 58s", head.Opcode, d)
		}
		time.Sleep(time.Hour)
		if len(h.disconnects) != 0 {
			t.Error("the disconnect handler runs beside the message handler")
		}
		close(h.leave)
		h.wantEnd(t, ws.CloseInternalError, "Handler does not return")
	})
}

// TestShutdownEndsConcurrentHandlers has handlers that return when their contexts end.
func TestShutdownEndsConcurrentHandlers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ends := make(chan error, 10)
		app := tyg.New("test")
		app.OnMessage(func(ctx context.Context, _ *tyg.Conn, _ tyg.Message) error {
			<-ctx.Done()
			ends <- ctx.Err()
			return nil
		})
		l := follow(app)
		r := startConcurrent(t, app, 2)
		w := r.wire(t)
		w.write(t, pipeline("0", "1", "2"))
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := r.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Shutdown: %v", err)
		}
		if _, err := io.Copy(io.Discard, w.in); err != nil {
			t.Errorf("client ended with %v", err)
		}
		l.wantEnd(t, ws.CloseServiceRestart, "Service restart")
		if len(ends) != 2 {
			t.Fatalf("%d messages were handled, want 2", len(ends))
		}
		for range 2 {
			if err := <-ends; !errors.Is(err, context.Canceled) {
				t.Errorf("the context of a handler ended with %v", err)
			}
		}
	})
}

// TestAccessLogWritesOneLineAtATime has many events at the same time write to a writer without a
// lock.
func TestAccessLogWritesOneLineAtATime(t *testing.T) {
	const clients, messages = 10, 50
	var log lineWriter
	r := start(t, &gateway.Server{
		Handler: echo(), AccessLog: &gateway.AccessLog{Out: &log},
		Extensions: gateway.Extensions{Concurrency: 4},
	})
	text := pipeline("hi", "hi", "hi", "hi", "hi")
	for range clients {
		w := r.wire(t)
		for range messages / 5 {
			w.write(t, text)
		}
		for range messages {
			w.expect(t, "hi")
		}
		_ = w.Close()
	}
	count := make(map[string]int)
	for _, one := range log.records(t, r) {
		count[summary(one)]++
	}
	if count["CONNECT $connect 200"] != clients || count["MESSAGE $default 200"] != clients*messages {
		t.Errorf("lines by kind: %v", count)
	}
}
