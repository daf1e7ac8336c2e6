package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/ws"
)

const pingEvery = 30 * time.Second

// startPinging serves h, with pings, in a bubble.
func startPinging(t *testing.T, h tyg.Handler, concurrency int) *rig {
	t.Helper()
	return startPipes(t, &gateway.Server{
		Handler:    h,
		Extensions: gateway.Extensions{Ping: pingEvery, Concurrency: concurrency},
	}, nil)
}

// wantPing reads a ping, which comes so long after start, or a little later.
func (w *wire) wantPing(t *testing.T, start time.Time, after time.Duration) {
	t.Helper()
	h, payload := w.frame(t)
	d := time.Since(start)
	if h.Opcode != ws.OpPing || payload != "" || d < after || d > after+2*time.Second {
		t.Fatalf("received opcode %d %q after %v, want a ping after %v", h.Opcode, payload, d, after)
	}
}

// TestUnansweredPingCutsTheClient cuts a client of which nothing is heard, without a close frame.
func TestUnansweredPingCutsTheClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		app := echo()
		l := follow(app)
		r := startPinging(t, app, 0)
		w, start := r.wire(t), time.Now()
		_ = w.SetReadDeadline(time.Time{})
		w.wantPing(t, start, pingEvery)
		if _, err := w.in.ReadByte(); !errors.Is(err, io.EOF) {
			t.Errorf("then %v, want the end", err)
		}
		if d := time.Since(start); d < 2*pingEvery || d > 2*pingEvery+2*time.Second {
			t.Errorf("cut after %v, want %v", d, 2*pingEvery)
		}
		l.wantEnd(t, ws.CloseAbnormal, "Connection closed abnormally")
	})
}

// TestAnsweredPingKeepsTheConnection has a client that does nothing but answer pings: it stays
// until it counts as idle, which pings do not change.
func TestAnsweredPingKeepsTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		app := echo()
		l := follow(app)
		r := startPinging(t, app, 0)
		c, start := r.dial(t), time.Now()
		c.record().wantEnd(t, start, 10*time.Minute, ws.CloseGoingAway, "Going away")
		l.wantEnd(t, ws.CloseGoingAway, "Going away")
	})
}

// TestPingsOfMany has more silent clients than are pinged at once. Each gets a ping.
func TestPingsOfMany(t *testing.T) {
	t.Parallel()
	const clients = 300
	r := start(t, &gateway.Server{
		Handler: echo(), Extensions: gateway.Extensions{Ping: time.Second},
	})
	var all []*wire
	for range clients {
		all = append(all, r.wire(t))
	}
	for _, w := range all {
		if h, payload := w.frame(t); h.Opcode != ws.OpPing || payload != "" {
			t.Fatalf("received opcode %d %q, want a ping", h.Opcode, payload)
		}
	}
}

// TestBusyClientGetsNoPing sends often enough, in different ways, and sees no ping.
func TestBusyClientGetsNoPing(t *testing.T) {
	tests := map[string]struct {
		say  []byte
		want ws.Opcode // the answer
	}{
		"messages": {clientFrame(ws.OpText, true, "hi"), ws.OpText},
		"pings":    {clientFrame(ws.OpPing, true, ""), ws.OpPong},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := startPinging(t, echo(), 0).wire(t)
				_ = w.SetReadDeadline(time.Time{})
				for range 10 {
					time.Sleep(pingEvery - 2*time.Second)
					w.write(t, string(tt.say))
					if h, _ := w.frame(t); h.Opcode != tt.want {
						t.Fatalf("received opcode %d, want %d", h.Opcode, tt.want)
					}
				}
				start := time.Now()
				w.wantPing(t, start, pingEvery)
			})
		})
	}
}

// TestSilentClientGetsPingDespiteSends sends to a silent client, which says nothing about whether
// it is there.
func TestSilentClientGetsPingDespiteSends(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		app := echo()
		l := follow(app)
		r := startPinging(t, app, 0)
		w, start := r.wire(t), time.Now()
		_ = w.SetReadDeadline(time.Time{})
		id := (<-l.connects).ID
		for range 5 {
			time.Sleep(5 * time.Second)
			if err := r.Send(t.Context(), id, []byte("news")); err != nil {
				t.Fatal(err)
			}
			w.expect(t, "news")
		}
		w.wantPing(t, start, pingEvery)
	})
}

// TestHandlersPauseTheSilenceClock has handlers that take longer than a client may be silent.
// Nothing is read meanwhile, so the client cannot be heard, and must not be cut for it.
func TestHandlersPauseTheSilenceClock(t *testing.T) {
	const messages = 5
	for _, concurrency := range []int{0, 2} {
		for _, early := range []bool{false, true} {
			t.Run(fmt.Sprint(concurrency, early), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					app := tyg.New("test")
					app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
						time.Sleep(3 * pingEvery)
						return c.Send(ctx, m.Data)
					})
					r := startPipes(t, &gateway.Server{
						Handler:    app,
						Limits:     gateway.Limits{Integration: -1},
						Extensions: gateway.Extensions{Ping: pingEvery, Concurrency: concurrency},
					}, nil)
					first, then := "", strings.Repeat(string(clientFrame(ws.OpText, true, "hi")), messages)
					if early {
						first, then = then, first
					}
					w := r.connect(t)
					_ = w.SetReadDeadline(time.Time{})
					w.write(t, r.handshake()+first)
					w.response(t)
					if then != "" {
						w.write(t, then)
					}
					w.answerPings(t, messages)
				})
			})
		}
	}
}

// answerPings answers pings until so many messages have come.
func (w *wire) answerPings(t *testing.T, messages int) {
	t.Helper()
	for got := 0; got < messages; {
		h, payload := w.frame(t)
		switch h.Opcode {
		case ws.OpPing:
			go func() { // ends when the server reads, or with the socket
				_, _ = w.Write(clientFrame(ws.OpPong, true, payload))
			}()
		case ws.OpText:
			got++
		default:
			t.Fatalf("received opcode %d %q after %d messages", h.Opcode, payload, got)
		}
	}
}
