package gateway_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/ws"
)

// TestSlowClientGetsWhatWasAccepted sends more to a client than it takes within any limit, and
// closes it. The client gets all of it, at 8 KB a second, and then the close frame.
func TestSlowClientGetsWhatWasAccepted(t *testing.T) {
	const messages, size = 60, 16 << 10
	for _, ping := range []time.Duration{0, 30 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			app := echo()
			l := follow(app)
			r := startPipes(t, &gateway.Server{
				Handler: app, Extensions: gateway.Extensions{Ping: ping},
			}, nil)
			w := r.wire(t)
			_ = w.SetReadDeadline(time.Time{})
			id := (<-l.connects).ID
			for i := range messages {
				if err := r.Send(t.Context(), id, []byte(numbered(i, size))); err != nil {
					t.Fatal(err)
				}
			}
			got, start := 0, time.Now()
			for {
				h, payload := w.frame(t)
				if h.Opcode == ws.OpPing {
					continue
				}
				if h.Opcode == ws.OpClose {
					break
				}
				if want := numbered(got, size); payload != want {
					t.Fatalf("message %d begins with %.8q", got, payload)
				}
				if got++; got == messages*3/4 {
					go func() { _ = r.Close(t.Context(), id) }() // ends at once
				}
				time.Sleep(2 * time.Second)
			}
			if took := time.Since(start); got != messages || took < time.Minute {
				t.Errorf("%d of %d messages came within %v", got, messages, took)
			}
			l.wantEnd(t, ws.CloseNormal, "Connection Closed Normally")
		})
	}
}

// TestClientThatTakesNothingIsCut does as the test above, to a client that reads nothing any more.
func TestClientThatTakesNothingIsCut(t *testing.T) {
	for _, closes := range []bool{false, true} {
		t.Run(fmt.Sprint("closes ", closes), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				app := echo()
				l := follow(app)
				r := startPipes(t, &gateway.Server{Handler: app}, nil)
				r.wire(t)
				id, start := (<-l.connects).ID, time.Now()
				for i := range 60 {
					if err := r.Send(t.Context(), id, []byte(numbered(i, 16<<10))); err != nil {
						t.Fatal(err)
					}
				}
				want := tyg.CloseCode(ws.CloseAbnormal)
				if closes {
					want = ws.CloseNormal
					_ = r.Close(t.Context(), id)
				}
				if got := (<-l.disconnects).Code; got != want {
					t.Errorf("disconnect %d, want %d", got, want)
				}
				for r.Stats().Connections > 0 {
					time.Sleep(time.Second)
				}
				if took := time.Since(start); took > 12*time.Second {
					t.Errorf("cut after %v, want 10s", took)
				}
			})
		})
	}
}

// TestServerThatDoesNotReadBlamesNoClient has a message complete, and wait for longer than
// Limits.Read: for a handler, for a slot of a handler, and until the client takes its replies.
func TestServerThatDoesNotReadBlamesNoClient(t *testing.T) {
	for _, concurrency := range []int{0, 2} {
		synctest.Test(t, func(t *testing.T) {
			app := tyg.New("test")
			app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
				time.Sleep(28 * time.Second)
				return c.Send(ctx, m.Data)
			})
			r := startPipes(t, &gateway.Server{
				Handler: app, Extensions: gateway.Extensions{Concurrency: concurrency},
			}, nil)
			w := r.wire(t)
			_ = w.SetReadDeadline(time.Time{})
			frame := string(clientFrame(ws.OpText, true, "slow"))
			w.write(t, frame[:3])
			time.Sleep(20 * time.Second)
			w.write(t, frame[3:]+frame+frame+frame+frame+frame[:3])
			for range 5 {
				w.expect(t, "slow")
			}
			w.write(t, frame[3:])
			w.expect(t, "slow")
		})
	}
}

// TestFullQueueStopsTheReadClock has a client that is behind with its replies for longer than
// Limits.Read, and whose next message has begun.
func TestFullQueueStopsTheReadClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reply := strings.Repeat("x", 100<<10)
		app := tyg.New("test")
		app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
			return c.Send(ctx, []byte(reply))
		})
		r := startPipes(t, &gateway.Server{Handler: app}, nil)
		w := r.wire(t)
		_ = w.SetReadDeadline(time.Time{})
		frame := string(clientFrame(ws.OpText, true, "hi"))
		w.write(t, strings.Repeat(frame, 9)+frame[:3])
		rest := make(chan struct{})
		go func() { // ends when the server reads
			defer close(rest)
			_, _ = w.Write([]byte(frame[3:]))
		}()
		for range 10 {
			w.expect(t, reply)
			time.Sleep(9 * time.Second)
		}
		<-rest
	})
}
