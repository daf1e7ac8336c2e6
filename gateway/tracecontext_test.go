package gateway_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/wsclient"
)

const traceParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

// TestEventsHaveTheTraceOfTheHandshake looks at each event of three connections.
func TestEventsHaveTheTraceOfTheHandshake(t *testing.T) {
	t.Parallel()
	app := tyg.New("test")
	events := make(chan http.Header, 10)
	note := func(ctx context.Context) error {
		h, _ := tyg.Caller(ctx)
		events <- h
		return nil
	}
	app.OnConnect(func(ctx context.Context, c *tyg.Conn, _ *tyg.Request) error { return note(ctx) })
	app.OnOpen(func(ctx context.Context, c *tyg.Conn) error { return note(ctx) })
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, _ tyg.Message) error { return note(ctx) })
	app.OnDisconnect(
		func(ctx context.Context, c *tyg.Conn, _ tyg.Disconnect) error { return note(ctx) })
	r := start(t, &gateway.Server{Handler: app})
	long := strings.Repeat("x", 600)
	for _, tt := range []struct{ parent, state, wantParent, wantState string }{
		{traceParent, "a=b", traceParent, "a=b"},
		{traceParent, long, traceParent, ""},
		{"", "a=b", "", ""},
	} {
		header := http.Header{"tracestate": {tt.state}, "Authorization": {"secret"}}
		if tt.parent != "" {
			header.Set("Traceparent", tt.parent)
		}
		c, err := r.try(&wsclient.Options{Header: header})
		if err != nil {
			t.Fatal(err)
		}
		c.send(t, "hello")
		for i := range 4 {
			if i == 3 { // connect, open and the message were handled
				_ = c.CloseNow()
			}
			h := next(t, events)
			if h.Get("Traceparent") != tt.wantParent || h.Get("Tracestate") != tt.wantState ||
				h.Get("Authorization") != "" {
				t.Errorf("%+v: event %d has %v", tt, i, h)
			}
		}
	}
}

// A tracingHost notes whose call it is that sends.
type tracingHost struct {
	tyg.Host
	calls chan http.Header
}

func (h tracingHost) Send(
	ctx context.Context, id tyg.ConnID, data []byte, opts ...tyg.SendOption,
) error {
	header, _ := tyg.Caller(ctx)
	h.calls <- header
	return h.Host.Send(ctx, id, data, opts...)
}

func (h tracingHost) SendToGroup(
	ctx context.Context, group string, data []byte, o tyg.GroupOptions,
) (tyg.Delivery, error) {
	header, _ := tyg.Caller(ctx)
	h.calls <- header
	return h.Host.SendToGroup(ctx, group, data, o)
}

func TestCallsReachTheWrappedHost(t *testing.T) {
	t.Parallel()
	app := echo()
	l := follow(app)
	calls := make(chan http.Header, 10)
	app.UseHost(func(h tyg.Host) tyg.Host { return tracingHost{h, calls} })
	r := start(t, &gateway.Server{Handler: app})
	c := r.dial(t)
	conn := next(t, l.connects)
	for _, path := range []string{
		"/api/@connections/" + string(conn.ID), "/api/@everyone",
	} {
		status, _, body := r.call(t, http.MethodPost, path, "hi", "Traceparent", traceParent)
		if status != http.StatusOK {
			t.Fatalf("%s: status %d, %s", path, status, body)
		}
		if h := next(t, calls); h.Get("Traceparent") != traceParent {
			t.Errorf("%s: header %v", path, h)
		}
		c.expect(t, "hi")
	}
}
