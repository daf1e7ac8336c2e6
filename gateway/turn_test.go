package gateway_test

import (
	"context"
	"fmt"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/ws"
)

// counted counts the writes to a socket.
type counted struct {
	net.Conn
	writes *atomic.Int64
}

func (c counted) Write(b []byte) (int, error) {
	c.writes.Add(1)
	return c.Conn.Write(b)
}

// TestRepliesOfOneReadLeaveInOneWrite pipelines messages and counts in how many writes the replies
// leave. In a bubble the clock stands still meanwhile, so that no hold expires.
func TestRepliesOfOneReadLeaveInOneWrite(t *testing.T) {
	for _, n := range []int{1, 2, 8, 100} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var writes atomic.Int64
				count := func(c net.Conn) net.Conn { return counted{c, &writes} }
				r := startPipes(t, &gateway.Server{Handler: echo()}, count)
				w := r.wire(t)
				synctest.Wait()
				before := writes.Load()
				var frames []byte
				for i := range n {
					frames = append(frames, clientFrame(ws.OpText, true, fmt.Sprint("message ", i))...)
				}
				w.write(t, string(frames))
				for i := range n {
					w.expect(t, fmt.Sprint("message ", i))
				}
				synctest.Wait()
				if got := writes.Load() - before; got != 1 {
					t.Errorf("%d replies left in %d writes", n, got)
				}
			})
		})
	}
}

// blocker answers "send" and then does not return.
func blocker(release <-chan struct{}) *tyg.App {
	app := tyg.New("test")
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		if err := c.Send(ctx, m.Data); err != nil {
			return err
		}
		if string(m.Data) == "block" {
			<-release
		}
		return nil
	})
	return app
}

// pipelined is one message whose handler blocks among others.
func pipelined() string {
	return string(
		clientFrame(ws.OpText, true, "first"),
	) + string(
		clientFrame(ws.OpText, true, "block"),
	) +
		string(
			clientFrame(ws.OpText, true, "last"),
		)
}

// TestHoldExpires lets a handler block while more messages are pipelined: the replies so far are
// not held back with it.
func TestHoldExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		r := startPipes(t, &gateway.Server{Handler: blocker(release)}, nil)
		w := r.wire(t)
		start := time.Now()
		w.write(t, pipelined())
		w.expect(t, "first")
		w.expect(t, "block")
		if d := time.Since(start); d > 100*time.Millisecond {
			t.Errorf("the replies were held for %v", d)
		}
		close(release)
		w.expect(t, "last")
	})
}

// TestHoldExpiresOverSockets is the same over real sockets, many times on one connection.
func TestHoldExpiresOverSockets(t *testing.T) {
	t.Parallel() // it mostly waits
	onBoth(t, func(t *testing.T, portable bool) {
		release := make(chan struct{})
		r := start(t, &gateway.Server{Handler: blocker(release), Portable: portable})
		w := r.wire(t)
		for range 20 {
			w.write(t, pipelined())
			w.expect(t, "first")
			w.expect(t, "block") // while it blocks
			release <- struct{}{}
			w.expect(t, "last")
		}
	})
}

// TestOthersMaySendDuringAHold has others send to a connection whose replies are held.
func TestOthersMaySendDuringAHold(t *testing.T) {
	onBoth(t, func(t *testing.T, portable bool) {
		app := echo()
		l := follow(app)
		r := start(t, &gateway.Server{Handler: app, Portable: portable})
		w := r.wire(t)
		id := next(t, l.connects).ID
		const rounds, depth = 50, 20
		sent := make(chan error, 1)
		go func() { // ends after its rounds; the test waits for it
			var err error
			for i := 0; i < rounds && err == nil; i++ {
				err = r.Send(context.Background(), id, []byte("other"))
			}
			sent <- err
		}()
		for range rounds {
			var frames []byte
			for range depth {
				frames = append(frames, clientFrame(ws.OpText, true, "own")...)
			}
			w.write(t, string(frames))
		}
		got := make(map[string]int)
		for range rounds*depth + rounds {
			_, text := w.frame(t)
			got[text]++
		}
		if got["own"] != rounds*depth || got["other"] != rounds {
			t.Errorf("received %v", got)
		}
		if err := next(t, sent); err != nil {
			t.Error(err)
		}
	})
}
