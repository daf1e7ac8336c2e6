package gateway_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/ws"
)

func TestIdleConnectionIsClosed(t *testing.T) {
	tests := []struct {
		name string
		act  func(t *testing.T, r *rig, c *client, id tyg.ConnID) // after five minutes
		want time.Duration
	}{
		{"silence", func(*testing.T, *rig, *client, tyg.ConnID) {}, 10 * time.Minute},
		{
			"message", func(t *testing.T, _ *rig, c *client, _ tyg.ConnID) { c.send(t, "hi") },
			15 * time.Minute,
		},
		{"send", func(t *testing.T, r *rig, _ *client, id tyg.ConnID) {
			if err := r.Send(t.Context(), id, []byte("hi")); err != nil {
				t.Error(err)
			}
		}, 15 * time.Minute},
		{"broadcast", func(t *testing.T, r *rig, _ *client, id tyg.ConnID) {
			if err := r.SendMany(t.Context(), []tyg.ConnID{id}, []byte("hi")); err != nil {
				t.Error(err)
			}
		}, 15 * time.Minute},
		{"ping", func(t *testing.T, _ *rig, c *client, _ tyg.ConnID) {
			if err := c.Ping(t.Context()); err != nil {
				t.Error(err)
			}
		}, 10 * time.Minute},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				app := tyg.New("test")
				l := follow(app)
				r := startPipes(t, &gateway.Server{Handler: app}, nil)
				c, start := r.dial(t), time.Now()
				e := c.record()
				time.Sleep(5 * time.Minute)
				tt.act(t, r, c, (<-l.connects).ID)
				time.Sleep(tt.want - 30*time.Second - time.Since(start))
				if e.isOver() {
					t.Fatalf("connection ended after %v", e.at.Sub(start))
				}
				e.wantEnd(t, start, tt.want, ws.CloseGoingAway, "Going away")
				l.wantEnd(t, ws.CloseGoingAway, "Going away")
			})
		})
	}
}

func TestLifeEndsWhileBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := startPipes(t, &gateway.Server{Handler: echo()}, nil)
		c, start := r.dial(t), time.Now()
		e := c.record()
		for range 119 {
			time.Sleep(time.Minute)
			c.send(t, "busy")
		}
		e.wantEnd(t, start, 2*time.Hour, ws.CloseGoingAway, "Going away")
		if len(e.received()) != 119 {
			t.Errorf("%d messages were answered, want 119", len(e.received()))
		}
	})
}

func TestUnfinishedMessageIsNotAwaited(t *testing.T) {
	half := string(clientFrame(ws.OpText, true, "a message that never ends")[:12])
	tests := map[string]string{
		"header":   half[:1],
		"frame":    half,
		"fragment": string(clientFrame(ws.OpText, false, "first")),
		"both":     string(clientFrame(ws.OpText, false, "first")) + half[:3],
	}
	for name, bytes := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := startPipes(t, &gateway.Server{Handler: echo()}, nil)
				c, start := r.dial(t), time.Now()
				e := c.record()
				if err := c.WriteRaw(t.Context(), []byte(bytes)); err != nil {
					t.Fatal(err)
				}
				e.wantEnd(t, start, 30*time.Second, ws.ClosePolicyViolation, "Message not completed in time")
			})
		})
	}
}

// TestUnfinishedDespitePings holds a message open with pings between its fragments, which are
// progress of nothing.
func TestUnfinishedDespitePings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := startPipes(t, &gateway.Server{Handler: echo()}, nil)
		c, start := r.dial(t), time.Now()
		e := c.record()
		bytes := clientFrame(ws.OpText, false, "first")
		for !e.isOver() && time.Since(start) < time.Minute {
			if err := c.WriteRaw(t.Context(), bytes); err != nil {
				break
			}
			bytes = clientFrame(ws.OpPing, true, "")
			time.Sleep(5 * time.Second)
		}
		if !e.isOver() {
			t.Fatal("pings hold a message open")
		}
		e.wantEnd(t, start, 30*time.Second, ws.ClosePolicyViolation, "Message not completed in time")
	})
}

// TestSlowMessageThatMakesProgressIsAwaited sends bytes that always end in the middle of a frame,
// but each time another one.
func TestSlowMessageThatMakesProgressIsAwaited(t *testing.T) {
	tests := map[string][]byte{
		"message":   clientFrame(ws.OpText, true, "again and again"),
		"ping":      clientFrame(ws.OpPing, true, "again and again"),
		"fragments": append(clientFrame(ws.OpText, false, "again"), clientFrame(0, true, "!")...),
	}
	for name, frame := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := startPipes(t, &gateway.Server{Handler: echo()}, nil)
				c := r.dial(t)
				e := c.record()
				bytes := frame[:8]
				for range 60 {
					if err := c.WriteRaw(t.Context(), bytes); err != nil {
						t.Fatal(err)
					}
					bytes = append(frame[8:len(frame):len(frame)], frame[:8]...)
					time.Sleep(10 * time.Second)
				}
				if e.isOver() {
					t.Errorf("connection ended with %v", e.end)
				}
				synctest.Wait()
				if name == "message" && len(e.received()) != 59 {
					t.Errorf("%d messages were answered, want 59", len(e.received()))
				}
			})
		})
	}
}

// TestUnansweredCloseEnds waits for the socket of a client that does not answer a close frame.
func TestUnansweredCloseEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		app := tyg.New("test")
		l := follow(app)
		r := startPipes(t, &gateway.Server{Handler: app}, nil)
		w := r.wire(t)
		if err := r.Close(t.Context(), (<-l.connects).ID); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if h, _ := w.frame(t); h.Opcode != ws.OpClose {
			t.Errorf("received opcode %d, want a close frame", h.Opcode)
		}
		l.wantEnd(t, 1000, "Connection Closed Normally")
		if d := time.Since(start); d > time.Second {
			t.Errorf("the application heard of it after %v", d)
		}
		if _, err := w.in.ReadByte(); !errors.Is(err, io.EOF) {
			t.Errorf("then %v, want the end", err)
		}
		if d := time.Since(start); d < 5*time.Second || d > 5600*time.Millisecond {
			t.Errorf("socket was cut after %v, want 5s", d)
		}
		synctest.Wait()
		if n := r.Closing(); n != 0 {
			t.Errorf("%d connections that have ended are looked at as closing ones", n)
		}
	})
}

// TestStuckCloseEnds has a client that does not even take the close frame. Only the sweep cuts it.
func TestStuckCloseEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		app := tyg.New("test")
		l := follow(app)
		r := startPipes(t, &gateway.Server{Handler: app}, nil)
		r.wire(t)
		time.Sleep(300 * time.Millisecond) // between two looks at all connections
		start := time.Now()
		if err := r.Close(t.Context(), (<-l.connects).ID); err != nil {
			t.Fatal(err)
		}
		for r.Closing() > 0 && time.Since(start) < time.Minute {
			time.Sleep(100 * time.Millisecond)
		}
		if d := time.Since(start); d < 5*time.Second || d > 5700*time.Millisecond {
			t.Errorf("socket was cut after %v, want 5s", d)
		}
	})
}

// TestNegativeLimitsAreNone sets every limit to none.
func TestNegativeLimitsAreNone(t *testing.T) {
	app := echo()
	app.OnRoute("slow", func(ctx context.Context, c *tyg.Conn, _ tyg.Message) error {
		if _, ok := ctx.Deadline(); ok {
			t.Error("context has a deadline")
		}
		time.Sleep(3 * time.Hour)
		return c.Send(ctx, []byte("done"))
	})
	none := gateway.Limits{
		Frame: -1, Message: -1, Fragments: -1, URL: -1, Idle: -1, Life: -1, Integration: -1,
		Queue: -1, Write: -1, Read: -1, Close: -1, Conns: -1, ConnsPerAddress: -1,
	}
	synctest.Test(t, func(t *testing.T) {
		r := startPipes(t, &gateway.Server{Handler: app, Limits: none}, nil)
		c := r.dial(t)
		e := c.record()
		time.Sleep(3 * time.Hour)
		c.send(t, string(make([]byte, 1<<20-1)))
		c.send(t, `{"action":"slow"}`)
		time.Sleep(4 * time.Hour)
		synctest.Wait()
		if e.isOver() {
			t.Fatalf("connection ended with %v", e.end)
		}
		if len(e.received()) != 2 || len(e.received()[0]) != 1<<20-1 || e.received()[1] != "done" {
			t.Errorf("received %d messages", len(e.received()))
		}
	})
}
