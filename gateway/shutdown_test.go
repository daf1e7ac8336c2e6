package gateway_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/ws"
)

func TestShutdownClosesAllConnections(t *testing.T) {
	onBoth(t, func(t *testing.T, portable bool) {
		const clients = 20
		app := echo()
		l := follow(app)
		r := start(t, &gateway.Server{Handler: app, Portable: portable})
		var ears []*recorder
		for range clients {
			ears = append(ears, r.dial(t).record())
		}
		if err := r.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := len(l.disconnects); n != clients {
			t.Errorf("%d disconnect handlers have run, want %d", n, clients)
		}
		for range clients {
			l.wantEnd(t, ws.CloseServiceRestart, "Service restart")
		}
		for _, e := range ears {
			<-e.over
			closed, ok := errors.AsType[*ws.CloseError](e.end)
			if !ok || closed.Code != ws.CloseServiceRestart || closed.Reason != "Service restart" {
				t.Errorf("client ended with %v", e.end)
			}
		}
		if n := r.Stats().Connections; n != 0 {
			t.Errorf("%d connections are left", n)
		}
		if err := r.Shutdown(t.Context()); err != nil {
			t.Errorf("once more: %v", err)
		}
	})
}

// awaitShutdown waits until a Shutdown has begun. To try a handshake instead could succeed.
func (r *rig) awaitShutdown(t *testing.T) {
	t.Helper()
	until(t, "handshakes are refused", r.ShutdownBegun)
}

// TestShutdownDeliversReplies has a handler send, and reply, after Shutdown has begun. Both come
// before the close frame, and a message behind them in the same read is not handled.
func TestShutdownDeliversReplies(t *testing.T) {
	onPlain(t, func(t *testing.T, serve func(tyg.Handler) *rig) {
		entered, release := make(chan struct{}, 2), make(chan struct{})
		app := tyg.New("test")
		app.OnRouteResponse("slow", func(
			ctx context.Context, c *tyg.Conn, _ tyg.Message,
		) ([]byte, error) {
			entered <- struct{}{}
			<-release
			return []byte("reply"), c.Send(ctx, []byte("sent"))
		})
		l := follow(app)
		r := serve(app)
		w := r.wire(t)
		w.write(t, string(clientFrame(ws.OpText, true, `{"action":"slow"}`)))
		next(t, entered)
		done := make(chan error, 1)
		go func() { done <- r.Shutdown(context.Background()) }() // the test waits for it
		r.awaitShutdown(t)
		w.write(t, string(clientFrame(ws.OpText, true, `{"action":"slow"}`)))
		close(release)
		w.expect(t, "sent")
		w.expect(t, "reply")
		h, payload := w.frame(t)
		if code, _, _ := ws.ParseClose([]byte(payload)); h.Opcode != ws.OpClose ||
			code != ws.CloseServiceRestart {
			t.Errorf("then opcode %d, %q, want close 1012", h.Opcode, payload)
		}
		_ = w.Close()
		if err := next(t, done); err != nil {
			t.Error(err)
		}
		l.wantEnd(t, ws.CloseServiceRestart, "Service restart")
		if len(entered) != 0 {
			t.Error("a message was handled that came after Shutdown")
		}
	})
}

// TestShutdownWaitsForHandlers has a handler that runs while the service ends.
func TestShutdownWaitsForHandlers(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	var order []string
	app := tyg.New("test")
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, _ tyg.Message) error {
		close(entered)
		<-release
		if err := ctx.Err(); err != nil {
			t.Errorf("context ended with %v", err)
		}
		if err := c.Send(ctx, []byte("in time")); err != nil {
			t.Errorf("Send during Shutdown: %v", err)
		}
		order = append(order, "message")
		return nil
	})
	app.OnDisconnect(func(context.Context, *tyg.Conn, tyg.Disconnect) error {
		order = append(order, "disconnect")
		return nil
	})
	r := start(t, &gateway.Server{Handler: app})
	c := r.dial(t)
	c.send(t, "hi")
	next(t, entered)
	done := make(chan error, 1)
	go func() { done <- r.Shutdown(context.Background()) }() // the test waits for it
	r.awaitShutdown(t)

	res, body := r.ask(t, r.handshake())
	if res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" ||
		body != `{"message":"Service Unavailable"}` {
		t.Errorf("handshake during Shutdown: %d %s %v", res.StatusCode, body, res.Header)
	}
	select {
	case err := <-done:
		t.Fatalf("Shutdown did not wait for the handler: %v", err)
	default:
	}
	close(release)
	c.expect(t, "in time")
	c.expectClose(t, ws.CloseServiceRestart, "Service restart")
	if err := next(t, done); err != nil {
		t.Error(err)
	}
	if got := strings.Join(order, " "); got != "message disconnect" {
		t.Errorf("handlers have run in the order %q", got)
	}
}

// TestShutdownThatGivesUpEndsContexts has a handler that only ends with its context.
func TestShutdownThatGivesUpEndsContexts(t *testing.T) {
	tests := map[string]func(ctx context.Context){
		"Done": func(ctx context.Context) { <-ctx.Done() },
		"Err": func(ctx context.Context) {
			until(t, "the context has ended", func() bool { return ctx.Err() != nil })
		},
	}
	for name, wait := range tests {
		t.Run(name, func(t *testing.T) {
			entered, left := make(chan struct{}), make(chan struct{})
			app := tyg.New("test")
			app.OnMessage(func(ctx context.Context, _ *tyg.Conn, _ tyg.Message) error {
				close(entered)
				wait(ctx)
				close(left)
				return nil
			})
			l := follow(app)
			r := start(t, &gateway.Server{Handler: app})
			c := r.dial(t)
			c.send(t, "hi")
			next(t, entered)
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if err := r.Shutdown(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("Shutdown: %v", err)
			}
			next(t, left)
			l.wantEnd(t, ws.CloseServiceRestart, "Service restart")
			if _, _, err := c.Read(t.Context()); err == nil {
				t.Error("the socket was not cut")
			}
		})
	}
}

func TestShutdownBeforeStart(t *testing.T) {
	for name, srv := range map[string]*gateway.Server{"fine": {Handler: echo()}, "broken": {}} {
		if err := srv.Shutdown(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestShutdownDuringConnect ends the service while a connect handler runs.
func TestShutdownDuringConnect(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	app := echo()
	app.OnConnect(func(context.Context, *tyg.Conn, *tyg.Request) error {
		close(entered)
		<-release
		return nil
	})
	ends := make(chan tyg.Disconnect, 1)
	app.OnDisconnect(func(_ context.Context, _ *tyg.Conn, d tyg.Disconnect) error {
		ends <- d
		return nil
	})
	r := start(t, &gateway.Server{Handler: app})
	w := r.connect(t)
	w.write(t, r.handshake())
	next(t, entered)
	done := make(chan error, 1)
	go func() { done <- r.Shutdown(context.Background()) }() // the test waits for it
	until(t, "handshakes are refused", func() bool {
		res, _ := r.ask(t, strings.Replace(r.handshake(), "/api/", "/api/?second", 1))
		return res.StatusCode == http.StatusServiceUnavailable
	})
	close(release)
	if res := w.response(t); res.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("status %d", res.StatusCode)
	}
	h, payload := w.frame(t)
	code, reason, err := ws.ParseClose([]byte(payload))
	if h.Opcode != ws.OpClose || code != ws.CloseServiceRestart || reason != "Service restart" ||
		err != nil {
		t.Errorf("opcode %d, %d %q, %v", h.Opcode, code, reason, err)
	}
	_ = w.Close()
	if err := next(t, done); err != nil {
		t.Error(err)
	}
	want := tyg.Disconnect{Code: ws.CloseServiceRestart, Reason: "Service restart"}
	if got := next(t, ends); got != want {
		t.Errorf("disconnect %+v, want %+v", got, want)
	}
}

// TestShutdownGivesUpSilentClients ends a service whose clients do not answer, some because they do
// not read.
func TestShutdownGivesUpSilentClients(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := startPipes(t, &gateway.Server{Handler: echo()}, nil)
		silent, deaf := r.wire(t), r.wire(t)
		read := make(chan struct{})
		go func() { // ends with the socket
			defer close(read)
			for err := error(nil); err == nil; {
				_, err = silent.in.ReadByte()
			}
		}()
		synctest.Wait()
		start := time.Now()
		if err := r.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		if d := time.Since(start); d < 5*time.Second || d > 7*time.Second {
			t.Errorf("Shutdown took %v, want 5s", d)
		}
		_ = deaf.Close()
		<-read
	})
}
