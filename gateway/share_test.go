package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/ws"
)

// frames are messages in one piece.
func frames(texts ...string) string {
	var b []byte
	for _, text := range texts {
		b = append(b, clientFrame(ws.OpText, true, text)...)
	}
	return string(b)
}

// countUp returns n messages that say their number.
func countUp(n int) []string {
	var texts []string
	for i := range n {
		texts = append(texts, fmt.Sprint("message ", i))
	}
	return texts
}

// openMany opens n connections and returns their ids.
func openMany(t *testing.T, r *rig, l life, n int) (wires []*wire, ids []tyg.ConnID) {
	t.Helper()
	for range n {
		wires = append(wires, r.wire(t))
		ids = append(ids, next(t, l.connects).ID)
	}
	return wires, ids
}

// TestBroadcastsOfOneReadAreHeld pipelines messages that go to others, with a send for each and
// with one for all. Each receives all, in order.
func TestBroadcastsOfOneReadAreHeld(t *testing.T) {
	for _, many := range []bool{false, true} {
		t.Run(fmt.Sprint("many ", many), func(t *testing.T) {
			onBoth(t, func(t *testing.T, portable bool) {
				app := tyg.New("test")
				l := follow(app)
				srv := &gateway.Server{Handler: app, Portable: portable}
				var to atomic.Pointer[[]tyg.ConnID]
				app.OnMessage(func(ctx context.Context, _ *tyg.Conn, m tyg.Message) error {
					ids := *to.Load()
					if many {
						return srv.SendMany(ctx, ids, m.Data)
					}
					var err error
					for _, id := range ids {
						err = errors.Join(err, srv.Send(ctx, id, m.Data))
					}
					return err
				})
				wires, all := openMany(t, start(t, srv), l, 30)
				ids := append(all, all[0]) // one of them twice
				to.Store(&ids)
				const rounds, depth = 10, 20
				for range rounds {
					wires[3].write(t, frames(countUp(depth)...))
				}
				for i, w := range wires {
					for range rounds {
						for _, text := range countUp(depth) {
							if w.expect(t, text); i == 0 {
								w.expect(t, text)
							}
						}
					}
				}
			})
		})
	}
}

// TestHeldBroadcastsExpire has a handler block until another client has what an earlier message of
// the same read sent there.
func TestHeldBroadcastsExpire(t *testing.T) {
	onBoth(t, func(t *testing.T, portable bool) {
		app := tyg.New("test")
		l := follow(app)
		srv := &gateway.Server{Handler: app, Portable: portable}
		release := make(chan struct{})
		var other atomic.Pointer[tyg.ConnID]
		app.OnMessage(func(ctx context.Context, _ *tyg.Conn, m tyg.Message) error {
			if string(m.Data) == "block" {
				<-release
				return nil
			}
			return srv.SendMany(ctx, []tyg.ConnID{*other.Load()}, m.Data)
		})
		wires, ids := openMany(t, start(t, srv), l, 2)
		other.Store(&ids[1])
		for range 20 {
			wires[0].write(t, frames("before", "block", "after", "last"))
			wires[1].expect(t, "before")
			release <- struct{}{}
			wires[1].expect(t, "after")
			wires[1].expect(t, "last")
		}
	})
}

// TestContextMayOutliveItsEvent sends from goroutines that outlive their event, with its context,
// while the scratch of its read serves other connections and holds for them.
func TestContextMayOutliveItsEvent(t *testing.T) {
	onBoth(t, func(t *testing.T, portable bool) {
		app := tyg.New("test")
		l := follow(app)
		later := make(chan struct{})
		var sent sync.WaitGroup
		app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
			if text := string(m.Data); strings.HasPrefix(text, "later") {
				sent.Go(func() {
					<-later
					if err := c.Send(ctx, []byte(text)); err != nil {
						t.Error(err)
					}
				})
				return nil
			}
			return c.Send(ctx, m.Data)
		})
		r := start(t, &gateway.Server{Handler: app, Portable: portable})
		wires, _ := openMany(t, r, l, 4)
		const each = 10
		for _, w := range wires {
			for i := range each {
				w.write(t, frames(fmt.Sprint("later ", i), "x", fmt.Sprint("later again ", i)))
				w.expect(t, "x")
			}
		}
		close(later)
		got := make([]map[string]int, len(wires))
		var reading sync.WaitGroup
		for i, w := range wires {
			got[i] = make(map[string]int)
			w.write(t, strings.Repeat(frames("now"), each))
			reading.Go(func() {
				for range 3 * each {
					_, text := w.frame(t)
					got[i][text]++
				}
			})
		}
		reading.Wait()
		sent.Wait()
		for i := range wires {
			if got[i]["now"] != each || len(got[i]) != 1+2*each {
				t.Errorf("client %d received %v", i, got[i])
			}
		}
	})
}

// TestPipeliningClientHoldsUpNoOtherClient has a client that pipelines without end beside clients
// that wait for each answer.
func TestPipeliningClientHoldsUpNoOtherClient(t *testing.T) {
	onBoth(t, func(t *testing.T, portable bool) {
		r := start(t, &gateway.Server{Handler: echo(), Portable: portable})
		greedy := r.wire(t)
		many := []byte(frames(countUp(1000)...))
		var ends sync.WaitGroup
		ends.Go(func() { // ends with the socket
			for err := error(nil); err == nil; {
				_, err = greedy.Write(many)
			}
		})
		answers := 0
		ends.Go(func() { // ends with the socket
			for b := make([]byte, 64<<10); ; answers++ {
				if _, err := greedy.in.Read(b); err != nil {
					return
				}
			}
		})
		var modest sync.WaitGroup
		for range 20 {
			w := r.wire(t)
			modest.Go(func() {
				_ = w.SetDeadline(time.Now().Add(2 * patience))
				for _, text := range countUp(100) {
					w.write(t, frames(text))
					w.expect(t, text)
				}
			})
		}
		modest.Wait()
		_ = greedy.Close()
		ends.Wait()
		if answers == 0 {
			t.Error("the greedy client got nothing")
		}
	})
}

// TestContextsAtEnd keeps the contexts of events beyond their end, in each state that they can be
// in by then, while others come.
func TestContextsAtEnd(t *testing.T) {
	type kept struct {
		ctx, derived context.Context
		done         <-chan struct{}
	}
	contexts := make(chan kept, 3)
	app := tyg.New("test")
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		k := kept{ctx: ctx}
		switch string(m.Data) {
		case "derived":
			derived, cancel := context.WithTimeout(ctx, time.Hour)
			t.Cleanup(cancel)
			k.derived = derived
		case "done":
			k.done = ctx.Done()
		case "plain":
		default:
			return c.Send(ctx, m.Data)
		}
		if ctx.Err() != nil {
			t.Errorf("%s: ended before its end: %v", m.Data, ctx.Err())
		}
		contexts <- k
		return nil
	})
	r := start(t, &gateway.Server{Handler: app})
	w := r.wire(t)
	w.write(t, frames("derived", "done", "plain"))
	w.write(t, frames(countUp(200)...))
	for _, text := range countUp(200) {
		w.expect(t, text)
	}
	for range cap(contexts) {
		k := next(t, contexts)
		for _, done := range []<-chan struct{}{k.done, k.ctx.Done()} {
			if done != nil {
				next(t, done)
			}
		}
		if k.derived != nil {
			next(t, k.derived.Done())
			if err := k.derived.Err(); !errors.Is(err, context.Canceled) {
				t.Errorf("a context derived from it ended with %v", err)
			}
		}
		deadline, ok := k.ctx.Deadline()
		if d := time.Until(deadline); !ok || d <= 0 || d > 29*time.Second {
			t.Errorf("deadline in %v, %v", d, ok)
		}
		if err := k.ctx.Err(); !errors.Is(err, context.Canceled) {
			t.Errorf("ended with %v", err)
		}
	}
}

// TestTimesOfOneRead pipelines messages of which the first takes its time: that counts for nothing
// with the others.
func TestTimesOfOneRead(t *testing.T) {
	for name, exact := range map[string]bool{"measured": true, "not measured": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const took = 20 * time.Second
				var mu sync.Mutex
				var left, durations []time.Duration
				app := tyg.New("test")
				app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
					deadline, _ := ctx.Deadline()
					left = append(left, time.Until(deadline))
					if len(left) == 1 {
						time.Sleep(took)
					}
					return c.Send(ctx, m.Data)
				})
				srv := &gateway.Server{Handler: app}
				if exact {
					srv.Trace.Handled = func(e tyg.Event, d time.Duration, _ error) {
						mu.Lock()
						defer mu.Unlock()
						if e.Type == tyg.EventMessage {
							durations = append(durations, d)
						}
					}
				}
				r := startPipes(t, srv, nil)
				w := r.wire(t)
				w.write(t, frames(countUp(8)...))
				for _, text := range countUp(8) {
					w.expect(t, text)
				}
				synctest.Wait()
				for i, d := range left {
					if d < 28*time.Second || d > 29*time.Second {
						t.Errorf("handler %d has %v", i, d)
					}
				}
				mu.Lock()
				defer mu.Unlock()
				for i, d := range durations {
					if want := map[bool]time.Duration{true: took}[i == 0]; d < want || d > want+time.Second {
						t.Errorf("handler %d took %v, want %v", i, d, want)
					}
				}
				if want := map[bool]int{true: 8}[exact]; len(durations) != want {
					t.Errorf("%d durations, want %d", len(durations), want)
				}
			})
		})
	}
}
