package gateway_test

import (
	"context"
	"fmt"
	"io"
	"slices"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/ws"
)

// TestSlowMemberIsReportedAndClosed has a member that does not read: the others get every message.
func TestSlowMemberIsReportedAndClosed(t *testing.T) {
	t.Parallel() // it mostly waits
	const size = 16 << 10
	onBoth(t, func(t *testing.T, portable bool) {
		app := echo()
		l := follow(app)
		throttled := make(chan tyg.ConnID, 1)
		r := startNarrow(t, &gateway.Server{
			Handler: app, Portable: portable, Limits: gateway.Limits{Queue: 64 << 10},
			Trace: gateway.Trace{Throttled: func(id tyg.ConnID) { throttled <- id }},
		})
		stalled := r.dial(t)
		id := next(t, l.connects).ID
		others := []*client{r.dial(t), r.dial(t)}
		var d tyg.Delivery
		round := 0
		for ; d.Slow == nil && round < 200; round++ {
			err := app.Everyone().SendString(t.Context(), numbered(round, size), tyg.Report(&d))
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range others {
				c.expect(t, numbered(round, size))
			}
		}
		if !slices.Equal(d.Slow, []tyg.ConnID{id}) || d.Reached != 2 || d.Gone != nil {
			t.Fatalf("after %d messages: %+v", round, d)
		}
		if got := next(t, throttled); got != id {
			t.Errorf("Trace.Throttled got %s, want %s", got, id)
		}
		if n, err := app.Everyone().Count(t.Context()); n != 2 || err != nil {
			t.Errorf("Count returned %d, %v, want the 2 that stay", n, err)
		}
		for i := range round - 1 {
			stalled.expect(t, numbered(i, size))
		}
		stalled.expectClose(t, ws.CloseTryAgainLater, "Slow consumer")
	})
}

// TestGroupMessagesOfOneReadAreHeld pipelines messages that go to a group.
func TestGroupMessagesOfOneReadAreHeld(t *testing.T) {
	onBoth(t, func(t *testing.T, portable bool) {
		app := tyg.New("test")
		l := follow(app)
		g := app.Group("tea")
		app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
			return g.Send(ctx, m.Data, tyg.Except(c.ID))
		})
		wires, ids := openMany(t, start(t, &gateway.Server{Handler: app, Portable: portable}), l, 30)
		for _, id := range ids {
			if err := g.Add(t.Context(), id); err != nil {
				t.Fatal(err)
			}
		}
		const rounds, depth = 5, 20
		for range rounds {
			wires[0].write(t, frames(countUp(depth)...))
		}
		for _, w := range wires[1:] {
			for range rounds {
				for _, text := range countUp(depth) {
					w.expect(t, text)
				}
			}
		}
	})
}

// TestGroupSendAllocates counts allocations: they do not depend on the number of members.
func TestGroupSendAllocates(t *testing.T) {
	for _, all := range []bool{false, true} {
		t.Run(fmt.Sprint("Everyone ", all), func(t *testing.T) {
			app := echo()
			l := follow(app)
			wires, ids := openMany(t, start(t, &gateway.Server{Handler: app}), l, 50)
			g := app.Group("tea")
			if all {
				g = app.Everyone()
			}
			for _, id := range ids {
				if err := g.Add(t.Context(), id); err != nil && !all {
					t.Fatal(err)
				}
			}
			message := []byte("a message of ordinary length")
			frame := make([]byte, 2+len(message))
			got := testing.AllocsPerRun(100, func() {
				if err := g.Send(t.Context(), message); err != nil {
					t.Fatal(err)
				}
				for _, w := range wires {
					if _, err := io.ReadFull(w.in, frame); err != nil {
						t.Fatal(err)
					}
				}
			})
			if got > 20 && !raceEnabled {
				t.Errorf("%v allocations for a message to %d members", got, len(wires))
			}
		})
	}
}

// TestFirstAddsAtOnce adds new connections to several groups at the same time: each Add returns
// when the group has its member, also those that find the attachment that another one makes.
func TestFirstAddsAtOnce(t *testing.T) {
	t.Parallel() // it mostly waits
	r := start(t, &gateway.Server{Handler: echo()})
	for n := range 40_000 {
		if missing := r.AddFirst("a", "b", "c"); missing > 0 {
			t.Fatalf("connection %d: %d of 3 groups had no member when Add returned", n, missing)
		}
	}
}

// TestManyExceptionsAreLeftOut leaves out more members than are compared one by one, some twice.
func TestManyExceptionsAreLeftOut(t *testing.T) {
	app := echo()
	l := follow(app)
	wires, ids := openMany(t, start(t, &gateway.Server{Handler: app}), l, 30)
	for n := range len(ids) {
		out := append(slices.Clone(ids[:n]), "unknown")
		out = append(out, ids[:n]...)
		var d tyg.Delivery
		err := app.Everyone().SendString(t.Context(), fmt.Sprint(n), tyg.Except(out...), tyg.Report(&d))
		if err != nil || d.Reached != len(ids)-n {
			t.Errorf("without %d of %d: %+v, %v", n, len(ids), d, err)
		}
	}
	for i, w := range wires {
		for n := range i + 1 {
			w.expect(t, fmt.Sprint(n))
		}
	}
}
