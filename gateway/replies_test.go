package gateway_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/ws"
)

// replier replies to every message: on the route "ask", and on $default, where replies are dropped.
func replier(events chan<- tyg.Event, reply tyg.Reply, err error) *gateway.Server {
	h := func(ctx context.Context, e tyg.Event) (tyg.Reply, error) {
		events <- e
		if string(e.Message.Data) == "end" {
			return reply, e.Conn.Send(ctx, []byte("end"))
		}
		return reply, err
	}
	return &gateway.Server{
		Handler: tyg.HandlerFunc(h),
		Description: &tyg.Description{Routes: []tyg.Route{
			{Key: tyg.RouteDefault}, {Key: "ask", Response: true},
		}},
	}
}

const ask = `{"action":"ask"}`

func TestRouteResponses(t *testing.T) {
	failed := errors.New("secret")
	largest := strings.Repeat("x", 128<<10)
	tests := []struct {
		name   string
		binary bool
		reply  tyg.Reply
		err    error
		op     ws.Opcode
		want   string // empty: an empty message; "!": the frame for a failure
	}{
		{"body", false, tyg.Reply{Body: []byte("hé")}, nil, ws.OpText, "hé"},
		{"no body", false, tyg.Reply{}, nil, ws.OpText, ""},
		{"empty body", false, tyg.Reply{Body: []byte{}}, nil, ws.OpText, ""},
		{"status", false, tyg.Reply{Status: 500, Body: []byte("sorry")}, nil, ws.OpText, "sorry"},
		{"largest", false, tyg.Reply{Body: []byte(largest)}, nil, ws.OpText, largest},
		{"too large", false, tyg.Reply{Body: []byte(largest + "x")}, nil, ws.OpText, "!"},
		{"not text", false, tyg.Reply{Body: []byte("\xff")}, nil, ws.OpText, "!"},
		{"binary", true, tyg.Reply{Body: []byte("\xff"), Type: tyg.Binary}, nil, ws.OpBinary, "\xff"},
		{
			"binary that is text", true,
			tyg.Reply{Body: []byte("a"), Type: tyg.Binary},
			nil, ws.OpBinary,
			"a",
		},
		{
			"binary where it is off", false,
			tyg.Reply{Body: []byte("a"), Type: tyg.Binary},
			nil, ws.OpText,
			"a",
		},
		{"not text where binary is on", true, tyg.Reply{Body: []byte("\xff")}, nil, ws.OpText, "!"},
		{"error", false, tyg.Reply{Body: []byte("not sent")}, failed, ws.OpText, "!"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, portable bool) {
				events := make(chan tyg.Event, 3)
				srv := replier(events, tt.reply, tt.err)
				srv.Portable, srv.Extensions.Binary = portable, tt.binary
				c := start(t, srv).dial(t)
				c.send(t, ask)
				want := tt.want
				if e := next(t, events); want == "!" {
					want = failedFrame(e)
				}
				c.expectFrame(t, tt.op, want)
				c.send(t, "end") // nothing else came
				c.expect(t, "end")
			})
		})
	}
}

func TestReplyWithoutRouteResponseIsDropped(t *testing.T) {
	c := start(t, replier(make(chan tyg.Event, 3), tyg.Reply{Body: []byte("dropped")}, nil)).dial(t)
	c.send(t, "hi")
	c.send(t, `{"action":"other"}`)
	c.send(t, "end")
	c.expect(t, "end")
}

// replyWithMessage answers with the bytes of the message, which a host must be done with before it
// reads on.
func replyWithMessage(_ context.Context, _ *tyg.Conn, m tyg.Message) ([]byte, error) {
	return m.Data, nil
}

// TestAppRouteResponses takes from an App which of its routes answer, and has one send before it
// does.
func TestAppRouteResponses(t *testing.T) {
	app := tyg.New("test")
	app.OnRouteResponse("ask", func(ctx context.Context, c *tyg.Conn, _ tyg.Message) ([]byte, error) {
		return []byte("second"), c.SendString(ctx, "first")
	})
	app.OnRouteResponse(tyg.RouteDefault, replyWithMessage)
	app.OnRoute("quiet", func(context.Context, *tyg.Conn, tyg.Message) error { return nil })
	onBoth(t, func(t *testing.T, portable bool) {
		r := start(t, &gateway.Server{Handler: app, Portable: portable})
		w := r.wire(t)
		w.write(t, pipeline(ask, `{"action":"quiet"}`, "one", "two"))
		for _, want := range []string{"first", "second", "one", "two"} {
			w.expect(t, want)
		}
		if n := r.Stats().Sent; n != 4 {
			t.Errorf("%d messages were sent, want 4", n)
		}
	})
}

// TestLateReplyIsDropped replies after the client was told of the timeout.
func TestLateReplyIsDropped(t *testing.T) {
	for name, concurrency := range map[string]int{"in order": 1, "concurrent": 4} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				events := make(chan tyg.Event, 4)
				app := tyg.New("test")
				app.OnRouteResponse("ask", func(context.Context, *tyg.Conn, tyg.Message) ([]byte, error) {
					time.Sleep(40 * time.Second)
					return []byte("too late"), nil
				})
				app.OnRouteResponse(tyg.RouteDefault, replyWithMessage)
				app.Use(forwarding(events))
				r := startConcurrent(t, app, concurrency)
				w := r.wire(t)
				<-events // connect
				_ = w.SetReadDeadline(time.Time{})
				w.write(t, pipeline(ask))
				w.expect(t, timedOutFrame(<-events))
				time.Sleep(time.Minute)
				w.write(t, pipeline("end"))
				w.expect(t, "end")
			})
		})
	}
}

// forwarding is middleware that sends every event to events, and handles it.
func forwarding(events chan<- tyg.Event) tyg.Middleware {
	return func(next tyg.Handler) tyg.Handler {
		return tyg.HandlerFunc(func(ctx context.Context, e tyg.Event) (tyg.Reply, error) {
			events <- e
			return next.Handle(ctx, e)
		})
	}
}
