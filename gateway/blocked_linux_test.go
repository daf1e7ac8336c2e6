package gateway_test

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/ws"
)

// sockets names those of this process that are open, such as "socket:[4711]". A name is not used
// again, so what tests before this one have yet to close does not hide what this one opened.
func sockets(t *testing.T) map[string]bool {
	t.Helper()
	const dir = "/proc/self/fd"
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	open := map[string]bool{}
	for _, fd := range all {
		name, err := os.Readlink(filepath.Join(dir, fd.Name()))
		if err == nil && strings.HasPrefix(name, "socket:") { // a descriptor may be closed by now
			open[name] = true
		}
	}
	return open
}

// newSockets counts those that are open now and were not before.
func newSockets(t *testing.T, before map[string]bool) int {
	t.Helper()
	now := sockets(t)
	maps.DeleteFunc(now, func(name string, _ bool) bool { return before[name] })
	return len(now)
}

// TestBlockedHandlersKeepNoDescriptor has clients leave while their handlers do not return.
func TestBlockedHandlersKeepNoDescriptor(t *testing.T) {
	const clients = 20
	tests := []struct {
		name   string
		limits gateway.Limits
		leave  func(t *testing.T, r *rig, w *wire, id tyg.ConnID)
	}{
		{"reset", gateway.Limits{}, func(t *testing.T, _ *rig, w *wire, _ tyg.ConnID) { w.reset(t) }},
		{
			"closed",
			gateway.Limits{Integration: soon},
			func(_ *testing.T, _ *rig, w *wire, _ tyg.ConnID) { _ = w.Close() },
		},
		{
			"at the limit",
			gateway.Limits{Integration: soon, Close: soon},
			func(*testing.T, *rig, *wire, tyg.ConnID) {},
		},
		{
			"closed by the application",
			gateway.Limits{Close: soon},
			func(t *testing.T, r *rig, _ *wire, id tyg.ConnID) { _ = r.Close(t.Context(), id) },
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			release := make(chan struct{})
			app := tyg.New("test")
			entered := make(chan *tyg.Conn, clients)
			sent := make(chan error, clients)
			app.OnMessage(func(_ context.Context, c *tyg.Conn, _ tyg.Message) error {
				entered <- c
				<-release
				sent <- c.Send(context.Background(), []byte("late"))
				return nil
			})
			r := start(t, &gateway.Server{Handler: app, Limits: tt.limits})
			r.dial(t) // opens what the Server keeps
			before := sockets(t)
			var mine int // sockets of the clients of this test
			for range clients {
				w := r.wire(t)
				w.write(t, string(clientFrame(ws.OpText, true, "block")))
				tt.leave(t, r, w, next(t, entered).ID)
				if tt.name == "at the limit" || tt.name == "closed by the application" {
					mine++
				}
			}
			until(t, "the sockets are closed", func() bool { return newSockets(t, before) <= mine })
			close(release)
			for range clients {
				if err := next(t, sent); !errors.Is(err, tyg.ErrGone) {
					t.Errorf("a late send: %v", err)
				}
			}
		})
	}
}
