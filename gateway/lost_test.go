package gateway_test

import (
	"context"
	"errors"
	"io"
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/ws"
)

// reset ends a connection so that the other end's next write fails.
func (w *wire) reset(t *testing.T) {
	t.Helper()
	if err := w.Conn.(*net.TCPConn).SetLinger(0); err != nil {
		t.Fatal(err)
	}
	_ = w.Close()
}

// TestSendToLostConnReturnsErrGone has a handler send to its own client, which is gone: it is told
// so, and everything ends.
func TestSendToLostConnReturnsErrGone(t *testing.T) {
	onBoth(t, func(t *testing.T, portable bool) {
		entered, release := make(chan struct{}), make(chan struct{})
		app := tyg.New("test")
		result := make(chan error, 1)
		app.OnMessage(func(ctx context.Context, c *tyg.Conn, _ tyg.Message) error {
			close(entered)
			<-release
			err := tyg.ErrThrottled // as for a client that is merely slow
			for deadline := time.Now().Add(patience); time.Now().Before(deadline); runtime.Gosched() {
				err = c.Send(ctx, make([]byte, 1<<10))
				if err != nil && !errors.Is(err, tyg.ErrThrottled) {
					break
				}
			}
			result <- err
			return nil
		})
		l := follow(app)
		r := start(t, &gateway.Server{Handler: app, Portable: portable})
		w := r.wire(t)
		w.write(t, string(clientFrame(ws.OpText, true, "hi")))
		next(t, entered)
		w.reset(t)
		close(release)
		if err := next(t, result); !errors.Is(err, tyg.ErrGone) {
			t.Errorf("Send: %v", err)
		}
		l.wantEnd(t, ws.CloseAbnormal, "Connection closed abnormally")
	})
}

// TestSendToLostBusyConnReturnsErrGone sends to a lost client whose handler runs: the error does
// not wait for that handler.
func TestSendToLostBusyConnReturnsErrGone(t *testing.T) {
	sends := map[string]func(r *rig, id tyg.ConnID) error{
		"Send": func(r *rig, id tyg.ConnID) error {
			return r.Send(context.Background(), id, []byte("x"))
		},
		"SendMany": func(r *rig, id tyg.ConnID) error {
			return r.SendMany(context.Background(), []tyg.ConnID{id}, []byte("x"))
		},
	}
	for name, send := range sends {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, portable bool) {
				entered, release := make(chan tyg.ConnID), make(chan struct{})
				app := tyg.New("test")
				app.OnMessage(func(_ context.Context, c *tyg.Conn, _ tyg.Message) error {
					entered <- c.ID
					<-release
					return nil
				})
				l := follow(app)
				r := start(t, &gateway.Server{Handler: app, Portable: portable})
				w := r.wire(t)
				w.write(t, string(clientFrame(ws.OpText, true, "hi")))
				id := next(t, entered)
				w.reset(t)
				gone := make(chan error, 1)
				go func() { // ends with the first error, which the test waits for
					var err error
					for err == nil {
						err = send(r, id)
					}
					gone <- err
				}()
				if err := next(t, gone); !errors.Is(err, tyg.ErrGone) {
					t.Errorf("%s: %v", name, err)
				}
				close(release)
				l.wantEnd(t, ws.CloseAbnormal, "Connection closed abnormally")
			})
		})
	}
}

// TestShutdownAbandonsHandlersThatIgnoreTheirContext ends a service one of whose handlers does not
// care for its context: Shutdown does not wait, and the client is cut.
func TestShutdownAbandonsHandlersThatIgnoreTheirContext(t *testing.T) {
	onBoth(t, func(t *testing.T, portable bool) {
		entered, release := make(chan struct{}), make(chan struct{})
		app := tyg.New("test")
		app.OnMessage(func(context.Context, *tyg.Conn, tyg.Message) error {
			close(entered)
			<-release
			return nil
		})
		l := follow(app)
		r := start(t, &gateway.Server{Handler: app, Portable: portable})
		w := r.wire(t)
		w.write(t, string(clientFrame(ws.OpText, true, "hi")))
		next(t, entered)
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		done := make(chan error, 1)
		go func() { done <- r.Shutdown(ctx) }() // the test waits for it
		if err := next(t, done); !errors.Is(err, context.Canceled) {
			t.Errorf("Shutdown: %v", err)
		}
		_ = w.SetReadDeadline(time.Now().Add(patience))
		if _, err := io.Copy(io.Discard, w.in); err != nil && !isReset(err) {
			t.Errorf("client ended with %v", err)
		}
		close(release)
		l.wantEnd(t, ws.CloseServiceRestart, "Service restart")
	})
}

// isReset reports whether a socket was reset.
func isReset(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && !op.Timeout()
}
