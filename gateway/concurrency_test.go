package gateway_test

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/ws"
)

// A blockingHandler handles messages that report that they have entered, and return when they are
// released.
type blockingHandler struct {
	*tyg.App
	entered chan string
	leave   chan struct{}
	life
}

func newBlockingHandler() blockingHandler {
	h := blockingHandler{tyg.New("test"), make(chan string, 100), make(chan struct{}), life{}}
	h.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		h.entered <- m.Text()
		<-h.leave
		return c.Send(ctx, m.Data)
	})
	h.life = follow(h.App)
	return h
}

// startConcurrent serves h in a bubble, with n concurrent handlers for each connection.
func startConcurrent(t *testing.T, h tyg.Handler, n int) *rig {
	t.Helper()
	return startPipes(t, &gateway.Server{
		Handler: h, Extensions: gateway.Extensions{Concurrency: n},
	}, nil)
}

// pipeline is all of texts, to be sent in one write.
func pipeline(texts ...string) string {
	var b []byte
	for _, text := range texts {
		b = append(b, clientFrame(ws.OpText, true, text)...)
	}
	return string(b)
}

// read drops what comes, until the end, so that the server does not wait for this client.
func (w *wire) read() {
	_ = w.SetReadDeadline(time.Time{})
	go func() { _, _ = io.Copy(io.Discard, w.in) }() // ends with the socket
}

// TestConcurrencyLimitsHandlersOfOneClient counts how many messages of one client are handled at
// the same time.
func TestConcurrencyLimitsHandlersOfOneClient(t *testing.T) {
	texts := []string{"0", "1", "2", "3", "4"}
	for n, want := range map[int]int{-1: 1, 0: 1, 1: 1, 2: 2, 4: 4, 5: 5, 1000: 5} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newBlockingHandler()
				r := startConcurrent(t, h.App, n)
				w := r.wire(t)
				w.write(t, pipeline(texts...))
				for left := range texts {
					synctest.Wait()
					if got, want := len(h.entered), min(left+want, len(texts)); got != want {
						t.Errorf("%d messages are handled after %d have left, want %d", got, left, want)
					}
					h.leave <- struct{}{}
				}
				var in, out []string
				for range texts {
					_, text := w.frame(t)
					in, out = append(in, <-h.entered), append(out, text)
				}
				if want > 1 {
					slices.Sort(in)
					slices.Sort(out)
				}
				if !slices.Equal(in, texts) || !slices.Equal(out, texts) {
					t.Errorf("handled %q, received %q, want %q", in, out, texts)
				}
			})
		})
	}
}

// TestConcurrencyHoldsUpNoOtherClient has a client use up its own slots.
func TestConcurrencyHoldsUpNoOtherClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newBlockingHandler()
		r := startConcurrent(t, h.App, 2)
		busy, other := r.wire(t), r.wire(t)
		busy.write(t, pipeline("a", "a", "a"))
		synctest.Wait()
		other.write(t, pipeline("b", "b"))
		synctest.Wait()
		if n := len(h.entered); n != 4 {
			t.Errorf("%d messages are handled, want 4", n)
		}
		close(h.leave)
		busy.expect(t, "a")
		other.expect(t, "b")
		other.expect(t, "b")
		busy.expect(t, "a")
		busy.expect(t, "a")
	})
}

// TestDisconnectWaitsForConcurrentHandlers ends connections in many ways: the application hears of
// it when the last handler has returned.
func TestDisconnectWaitsForConcurrentHandlers(t *testing.T) {
	const n = 3
	const unmasked = "\x81\x02hi"
	bye := string(clientFrame(ws.OpClose, true, "\x0f\xa1bye"))
	tests := map[string]struct {
		early bool // all that the client says comes with its handshake
		last  string
		act   func(t *testing.T, r *rig, w *wire, id tyg.ConnID)
		want  tyg.Disconnect
	}{
		"closed by the client": {last: bye, want: tyg.Disconnect{Code: 4001, Reason: "bye"}},
		"closed early":         {early: true, last: bye, want: tyg.Disconnect{Code: 4001, Reason: "bye"}},
		"rule broken":          {last: unmasked, want: tyg.Disconnect{Code: 1002}},
		"rule broken early":    {early: true, last: unmasked, want: tyg.Disconnect{Code: 1002}},
		"lost": {
			act:  func(_ *testing.T, _ *rig, w *wire, _ tyg.ConnID) { _ = w.Close() },
			want: tyg.Disconnect{Code: 1006},
		},
		"closed by a sender": {
			act: func(t *testing.T, r *rig, _ *wire, id tyg.ConnID) {
				if err := r.Close(t.Context(), id); err != nil {
					t.Error(err)
				}
			},
			want: tyg.Disconnect{Code: 1000},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newBlockingHandler()
				r := startConcurrent(t, h.App, n)
				w := r.connect(t)
				say := pipeline("0", "1", "2") + tt.last
				if tt.early {
					w.write(t, r.handshake()+say)
				} else {
					w.write(t, r.handshake())
				}
				w.response(t)
				w.read()
				if !tt.early {
					w.write(t, say)
				}
				synctest.Wait()
				if tt.act != nil {
					tt.act(t, r, w, (<-h.connects).ID)
				}
				for left := range n {
					synctest.Wait()
					if len(h.entered) != n || len(h.disconnects) != 0 {
						t.Errorf("%d have entered and %d left, %d disconnects", len(h.entered), left,
							len(h.disconnects))
					}
					h.leave <- struct{}{}
				}
				got := <-h.disconnects
				if got.Code != tt.want.Code || tt.want.Reason != "" && got.Reason != tt.want.Reason {
					t.Errorf("disconnect %+v, want %+v", got, tt.want)
				}
			})
		})
	}
}

// TestMessageWaitingForASlotIsDroppedAtClose has a message wait for a slot while the connection
// ends.
func TestMessageWaitingForASlotIsDroppedAtClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newBlockingHandler()
		r := startConcurrent(t, h.App, 2)
		w := r.wire(t)
		w.read()
		w.write(t, pipeline("0", "1", "2", "3"))
		synctest.Wait()
		if err := r.Close(t.Context(), (<-h.connects).ID); err != nil {
			t.Fatal(err)
		}
		close(h.leave)
		h.wantEnd(t, 1000, "Connection Closed Normally")
		if n := len(h.entered); n != 2 {
			t.Errorf("%d messages were handled, want 2", n)
		}
	})
}

// TestConcurrentMessagesKeepTheirData reads the data of a message after others were read.
func TestConcurrentMessagesKeepTheirData(t *testing.T) {
	const first, size, count = "the first", 200, 500
	onBoth(t, func(t *testing.T, portable bool) {
		release := make(chan struct{})
		app := tyg.New("test")
		app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
			if strings.HasPrefix(m.Text(), first) {
				<-release
			}
			runtime.Gosched()
			return c.Send(ctx, m.Data)
		})
		r := start(t, &gateway.Server{
			Handler: app, Portable: portable, Extensions: gateway.Extensions{Concurrency: 8},
		})
		w := r.wire(t)
		kept := first + strings.Repeat("!", size-len(first))
		w.write(t, pipeline(kept))
		missing := make(map[string]bool)
		for i := range count {
			text := numbered(i, size)
			missing[text] = true
			w.write(t, pipeline(text))
		}
		for range count {
			_, text := w.frame(t)
			if !missing[text] {
				t.Fatalf("received %q, which was not sent or came already", text)
			}
			delete(missing, text)
		}
		close(release)
		w.expect(t, kept)
	})
}
