package gateway_test

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/sampletest"
	"github.com/tyg-dev/tyg/internal/ws"
)

// onPlain runs a test over each way to a socket without TLS, one message at a time and many.
func onPlain(t *testing.T, f func(t *testing.T, serve func(tyg.Handler) *rig)) {
	t.Helper()
	ways := map[string]func(testing.TB, *gateway.Server) *rig{
		"raw": start, "portable": startPortable, "net/http": startMounted,
	}
	for name, way := range ways {
		for mode, n := range map[string]int{"": 0, " concurrent": 8} {
			t.Run(name+mode, func(t *testing.T) {
				f(t, func(h tyg.Handler) *rig {
					return way(t, &gateway.Server{
						Handler: h, Extensions: gateway.Extensions{Concurrency: n},
					})
				})
			})
		}
	}
}

// blockedOpen is an application whose open handlers wait until the test lets them return.
type blockedOpen struct {
	*tyg.App
	life
	entered chan *tyg.Conn
	release chan struct{}
	running atomic.Bool
}

func newBlockedOpen(t *testing.T) *blockedOpen {
	b := &blockedOpen{
		App: tyg.New("test"), entered: make(chan *tyg.Conn, 1), release: make(chan struct{}),
	}
	b.life = follow(b.App)
	b.OnOpen(func(ctx context.Context, c *tyg.Conn) error {
		b.running.Store(true)
		defer b.running.Store(false)
		b.entered <- c
		<-b.release
		return nil
	})
	b.Use(func(next tyg.Handler) tyg.Handler {
		return tyg.HandlerFunc(func(ctx context.Context, e tyg.Event) (tyg.Reply, error) {
			if b.running.Load() {
				t.Errorf("%v is handled while the open handler runs", e.Type)
			}
			return next.Handle(ctx, e)
		})
	})
	b.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		return c.Send(ctx, m.Data)
	})
	return b
}

// TestMessageSentWithHandshakeWaitsForOpen sends the first message in one write with the handshake.
func TestMessageSentWithHandshakeWaitsForOpen(t *testing.T) {
	onPlain(t, func(t *testing.T, serve func(tyg.Handler) *rig) {
		app := newBlockedOpen(t)
		r := serve(app)
		w := r.connect(t)
		w.write(t, r.handshake()+string(clientFrame(ws.OpText, true, "first")))
		if res := w.response(t); res.StatusCode != http.StatusSwitchingProtocols {
			t.Fatalf("status %d", res.StatusCode)
		}
		c := next(t, app.entered)
		w.write(t, string(clientFrame(ws.OpText, true, "second")))
		if err := r.Send(t.Context(), c.ID, []byte("greeting")); err != nil {
			t.Errorf("Send while the open handler runs: %v", err)
		}
		w.expect(t, "greeting")
		close(app.release)
		texts := map[string]bool{}
		for range 2 {
			_, text := w.frame(t)
			texts[text] = true
		}
		if !texts["first"] || !texts["second"] {
			t.Errorf("received %v, want both messages", texts)
		}
	})
}

func TestRefusedHandshakeIsNotOpened(t *testing.T) {
	app := echo()
	app.OnConnect(func(_ context.Context, _ *tyg.Conn, r *tyg.Request) error {
		return tyg.Reject(http.StatusForbidden, "no")
	})
	app.OnOpen(func(context.Context, *tyg.Conn) error {
		t.Error("the open handler runs")
		return nil
	})
	for name, way := range map[string]func(testing.TB, *gateway.Server) *rig{
		"raw": start, "portable": startPortable, "net/http": startMounted,
	} {
		r := way(t, &gateway.Server{Handler: app})
		for _, extra := range []string{"X-Any: thing", "Origin: http://evil.example"} {
			res, _ := r.ask(t, r.handshake(extra))
			if res.StatusCode != http.StatusForbidden {
				t.Errorf("%s: status %d, want 403", name, res.StatusCode)
			}
		}
		if err := r.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// TestFailedOpenIsLoggedOnce has open handlers that fail: the client sees nothing of it.
func TestFailedOpenIsLoggedOnce(t *testing.T) {
	fails := map[string]func() error{
		"error":     func() error { return errors.New("secret") },
		"rejection": func() error { return tyg.Reject(http.StatusForbidden, "secret") },
		"panic":     func() error { panic("secret") },
	}
	for name, fail := range fails {
		t.Run(name, func(t *testing.T) {
			var log logBuffer
			app := echo()
			app.OnOpen(func(context.Context, *tyg.Conn) error { return fail() })
			r := start(t, &gateway.Server{Handler: app, Logger: log.logger()})
			w := r.wire(t)
			w.write(t, string(clientFrame(ws.OpText, true, "hi")))
			w.expect(t, "hi")
			if got := r.Stats().Failures; got != 1 {
				t.Errorf("%d failures were counted, want 1", got)
			}
			lines := log.lines()
			if len(lines) != 1 || !strings.Contains(lines[0], `msg="handler failed"`) ||
				!strings.Contains(lines[0], "event=OPEN route=$open") {
				t.Errorf("log is %q, want one line about the open handler", lines)
			}
		})
	}
}

func TestOpenHasTheIntegrationTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log logBuffer
		app, ended := echo(), make(chan error, 1)
		app.OnOpen(func(ctx context.Context, _ *tyg.Conn) error {
			<-ctx.Done()
			ended <- ctx.Err()
			time.Sleep(10 * time.Second)
			return nil
		})
		r := startPipes(t, &gateway.Server{Handler: app, Logger: log.logger()}, nil)
		w, start := r.wire(t), time.Now()
		if err := <-ended; !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the context ended with %v", err)
		}
		if d := time.Since(start); d != 29*time.Second {
			t.Errorf("the context ended after %v, want 29s", d)
		}
		_ = w.SetReadDeadline(time.Time{})
		w.write(t, string(clientFrame(ws.OpText, true, "hi")))
		w.expect(t, "hi")
		if d := time.Since(start); d != 39*time.Second {
			t.Errorf("the first message was handled after %v, want 39s", d)
		}
		if lines := log.lines(); len(lines) != 1 || !strings.Contains(lines[0], "integration timeout") {
			t.Errorf("log is %q, want one line about the timeout", lines)
		}
	})
}

func TestOpenThatDoesNotReturnClosesTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		app := newBlockedOpen(t)
		r := startPipes(t, &gateway.Server{Handler: app}, nil)
		w, start := r.wire(t), time.Now()
		_ = w.SetReadDeadline(time.Time{})
		_, payload := w.frame(t)
		if d := time.Since(start); d < 58*time.Second || d > 60*time.Second {
			t.Errorf("closed after %v, want 58s", d)
		}
		if code, reason, err := ws.ParseClose([]byte(payload)); code != ws.CloseInternalError ||
			reason != "Handler does not return" {
			t.Errorf("closed with %d %q, %v", code, reason, err)
		}
		time.Sleep(time.Hour)
		if len(app.disconnects) != 0 {
			t.Error("the disconnect handler runs beside the open handler")
		}
		close(app.release)
		app.wantEnd(t, tyg.CloseInternalError, "Handler does not return")
	})
}

func TestShutdownWaitsForOpen(t *testing.T) {
	onPlain(t, func(t *testing.T, serve func(tyg.Handler) *rig) {
		app := newBlockedOpen(t)
		r := serve(app)
		c := r.dial(t)
		next(t, app.entered)
		done := make(chan error, 1)
		go func() { done <- r.Shutdown(context.Background()) }() // the test waits for it
		r.awaitShutdown(t)
		if len(app.disconnects) != 0 || len(done) != 0 {
			t.Error("the open handler was not waited for")
		}
		close(app.release)
		c.expectClose(t, tyg.CloseServiceRestart, "Service restart")
		if err := next(t, done); err != nil {
			t.Error(err)
		}
		app.wantEnd(t, tyg.CloseServiceRestart, "Service restart")
	})
}

func TestShutdownThatGivesUpEndsTheContextOfOpen(t *testing.T) {
	onPlain(t, func(t *testing.T, serve func(tyg.Handler) *rig) {
		app, entered := echo(), make(chan struct{})
		l := follow(app)
		app.OnOpen(func(ctx context.Context, _ *tyg.Conn) error {
			close(entered)
			<-ctx.Done()
			return nil
		})
		r := serve(app)
		r.dial(t)
		next(t, entered)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := r.Shutdown(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("Shutdown: %v", err)
		}
		l.wantEnd(t, tyg.CloseServiceRestart, "Service restart")
	})
}

func TestClientThatLeavesDuringOpenIsDisconnectedAfterIt(t *testing.T) {
	t.Parallel() // it mostly waits
	leave := map[string]func(t *testing.T, w *wire){
		"closes": func(t *testing.T, w *wire) {
			w.write(t, string(clientFrame(ws.OpClose, true, "\x0f\xa1bye")))
		},
		"resets": func(t *testing.T, w *wire) { w.reset(t) },
	}
	want := map[string]tyg.Disconnect{
		"closes": {Code: 4001, Reason: "bye"},
		"resets": {Code: tyg.CloseAbnormal, Reason: "Connection closed abnormally"},
	}
	for name, leave := range leave {
		t.Run(name, func(t *testing.T) {
			onPlain(t, func(t *testing.T, serve func(tyg.Handler) *rig) {
				app := newBlockedOpen(t)
				w := serve(app).wire(t)
				next(t, app.entered)
				leave(t, w)
				time.Sleep(10 * time.Millisecond) // in which a disconnect handler would begin
				close(app.release)
				app.wantEnd(t, want[name].Code, want[name].Reason)
			})
		})
	}
}

// TestSlowOpenHoldsUpNoOtherClient has more open handlers wait than there are processors.
func TestSlowOpenHoldsUpNoOtherClient(t *testing.T) {
	t.Parallel() // it mostly waits
	const slow = 100
	onPlain(t, func(t *testing.T, serve func(tyg.Handler) *rig) {
		app := echo()
		entered, release := make(chan struct{}, slow), make(chan struct{})
		app.OnConnect(func(_ context.Context, c *tyg.Conn, r *tyg.Request) error {
			r.SelectSubprotocol("slow")
			return nil
		})
		app.OnOpen(func(_ context.Context, c *tyg.Conn) error {
			if c.Subprotocol == "slow" {
				entered <- struct{}{}
				<-release
			}
			return nil
		})
		defer close(release)
		r := serve(app)
		for range slow {
			r.wire(t, "Sec-WebSocket-Protocol: slow")
			next(t, entered)
		}
		w := r.wire(t)
		w.write(t, string(clientFrame(ws.OpText, true, "hi")))
		w.expect(t, "hi")
	})
}

// TestOpenLeavesNoGoroutines opens 10,000 connections, as many at once as there are descriptors
// for.
func TestOpenLeavesNoGoroutines(t *testing.T) {
	const clients = 1000
	rounds := 3
	if sampletest.Exhaustive() {
		rounds = 10
	}
	app := echo()
	app.OnOpen(func(ctx context.Context, c *tyg.Conn) error { return c.SendString(ctx, "welcome") })
	r := start(t, &gateway.Server{Handler: app})
	r.wire(t).expect(t, "welcome")
	before := runtime.NumGoroutine()
	for range rounds {
		var open []*wire
		for range clients {
			w := r.wire(t)
			w.expect(t, "welcome")
			open = append(open, w)
		}
		until(t, "the goroutines of open have ended", func() bool {
			return runtime.NumGoroutine() < before+clients/10 // some are kept for the next ones
		})
		if got := r.Stats().Connections; got < clients {
			t.Fatalf("%d connections are open, want %d", got, clients)
		}
		for _, w := range open {
			_ = w.Close()
		}
	}
}

// TestNoOpenCostsNothing measures what accept does for an application without an open handler.
func TestNoOpenCostsNothing(t *testing.T) {
	app := echo()
	l := follow(app)
	r := start(t, &gateway.Server{Handler: app})
	r.wire(t)
	id := next(t, l.connects).ID
	if n := testing.AllocsPerRun(100, func() { r.RunOpen(id) }); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

func TestOpenIsTracedAndLoggedAsOtherEvents(t *testing.T) {
	var log lineWriter
	app, traced := echo(), make(chan tyg.EventType, 10)
	app.OnOpen(func(context.Context, *tyg.Conn) error { return nil })
	l := follow(app)
	r := start(t, &gateway.Server{
		Handler: app,
		AccessLog: &gateway.AccessLog{
			Out: &log, Format: "$context.eventType $context.routeKey $context.status|$context.requestId",
		},
		Trace: gateway.Trace{
			Handled: func(e tyg.Event, _ time.Duration, _ error) { traced <- e.Type },
		},
	})
	w := r.wire(t)
	w.write(t, string(clientFrame(ws.OpText, true, "hi")))
	w.expect(t, "hi")
	_ = w.Close()
	next(t, l.disconnects)
	if err := r.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	var got []string
	for _, line := range log.writes {
		text, id, _ := strings.Cut(line, "|")
		if len(id) != 17 {
			t.Errorf("line %q has no request id", line)
		}
		got = append(got, text)
	}
	want := []string{
		"CONNECT $connect 200", "OPEN $open 200", "MESSAGE $default 200", "DISCONNECT $disconnect 200",
	}
	if !slices.Equal(got, want) {
		t.Errorf("access log is %q, want %q", got, want)
	}
	for _, want := range []tyg.EventType{
		tyg.EventConnect, tyg.EventOpen, tyg.EventMessage, tyg.EventDisconnect,
	} {
		if got := next(t, traced); got != want {
			t.Errorf("traced %v, want %v", got, want)
		}
	}
}

// TestSendInConnectReturnsErrNotOpen asks for the connection that is being made, and for another.
func TestSendInConnectReturnsErrNotOpen(t *testing.T) {
	app, errs := echo(), make(chan map[string]error, 1)
	app.Use(tyg.Timeout(time.Minute)) // the context is not the gateway's own
	app.OnConnect(func(ctx context.Context, c *tyg.Conn, _ *tyg.Request) error {
		_, info := c.Info(ctx)
		errs <- map[string]error{
			"Send": c.SendString(ctx, "x"), "Close": c.Close(ctx), "Info": info,
			"SendMany": c.Sender.SendMany(ctx, []tyg.ConnID{c.ID}, []byte("x")),
			"other":    c.Sender.Send(ctx, "aaaaaaaaaaaaaaa=", []byte("x")),
		}
		return nil
	})
	r := start(t, &gateway.Server{Handler: app})
	r.wire(t)
	for call, err := range next(t, errs) {
		e, ok := errors.AsType[*tyg.ConnError](err)
		if !ok || e.ID == "" || !errors.Is(err, tyg.ErrGone) {
			t.Errorf("%s: %v, want a ConnError that is ErrGone", call, err)
		}
		if errors.Is(err, tyg.ErrNotOpen) != (call != "other") {
			t.Errorf("%s: %v", call, err)
		}
	}
}
