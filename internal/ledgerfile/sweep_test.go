package ledgerfile

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
)

// guarded is a gateway, which has no clients, with a file in which a process before has left
// connections.
func guarded(t *testing.T, app *tyg.App, left ...string) (*File, *gateway.Server) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	before := open(t, path)
	connect(t, before, left...)
	before.kill()
	f := open(t, path)
	srv := &gateway.Server{Handler: app, Logger: quiet}
	f.Guard(srv)
	if err := srv.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = srv.Shutdown(context.Background()) })
	return f, srv
}

// A handler that fails or panics is called three times, and delays no other one. Each sees a
// connection that is gone.
func TestSweepTriesAgain(t *testing.T) { synctest.Test(t, testSweepTriesAgain) }

func testSweepTriesAgain(t *testing.T) {
	const fails, panics, works = "AAAAAAAAAAAAAAA=", "BBBBBBBBBBBBBBA=", "CCCCCCCCCCCCCCA="
	var mu sync.Mutex
	calls := make(map[tyg.ConnID]int)
	app := tyg.New("x")
	app.OnDisconnect(func(ctx context.Context, c *tyg.Conn, d tyg.Disconnect) error {
		mu.Lock()
		calls[c.ID]++
		n := calls[c.ID]
		mu.Unlock()
		switch {
		case c.ID == fails:
			return errors.New("always")
		case c.ID == panics && n == 1:
			panic("once")
		case !errors.Is(c.SendString(ctx, "hi"), tyg.ErrGone), d.Code != 1006, c.UserAgent != "a \n b":
			t.Errorf("%+v, %+v", c, d)
		}
		return nil
	})
	f, srv := guarded(t, app, fails, panics, works)
	f.Sweep(t.Context(), srv)
	if calls[fails] != 3 || calls[panics] != 2 || calls[works] != 1 {
		t.Errorf("calls: %v", calls)
	}
	wantLeft(t, f)
}

// A gateway does not wait for ever for handlers that hang, and tells at its next start what it
// could not.
func TestBeginWaitsForALimitedTime(t *testing.T) {
	begun := make(chan struct{}, 1)
	app := tyg.New("x")
	app.OnDisconnect(func(ctx context.Context, c *tyg.Conn, _ tyg.Disconnect) error {
		begun <- struct{}{}
		<-ctx.Done()
		return ctx.Err()
	})
	f, srv := guarded(t, app, "hangs")
	f.begin(t.Context(), srv, time.Millisecond)
	<-begun
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	wantLeft(t, open(t, f.path), "hangs")
}

// At most 64 handlers run at the same time, and those of many connections do.
func TestSweepIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now, most atomic.Int64
		ids := make([]tyg.ConnID, 3*sweepers)
		for i := range ids {
			ids[i] = tyg.ConnID(fmt.Sprint(i))
		}
		begun := time.Now()
		eachOf(t.Context(), ids, func(context.Context, tyg.ConnID) {
			n := now.Add(1)
			for m := most.Load(); m < n && !most.CompareAndSwap(m, n); m = most.Load() {
			}
			time.Sleep(time.Second)
			now.Add(-1)
		})
		if most.Load() != sweepers || time.Since(begun) != 3*time.Second {
			t.Errorf("%d at the same time, %v in all", most.Load(), time.Since(begun))
		}
	})
}

// What an application does not handle is not noted, and what one before has noted is forgotten.
func TestApplicationWithoutHandlersCostsNothing(t *testing.T) {
	f, srv := guarded(t, tyg.New("x"), "a")
	if _, ok := srv.Handler.(*guard); ok || srv.Host != nil {
		t.Error("its gateway is guarded")
	}
	f.Begin(t.Context(), srv)
	wantLeft(t, f)
}

// A connection is noted before its handler runs, and not after it was refused.
func TestRefusedConnectionsAreNotNoted(t *testing.T) {
	app := tyg.New("x")
	var f *File
	app.OnConnect(func(_ context.Context, c *tyg.Conn, _ *tyg.Request) error {
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.conns[c.ID] == nil {
			t.Errorf("%s is not noted", c.ID)
		}
		switch c.ID {
		case "refused":
			return tyg.Reject(403, "no")
		case "panics":
			panic("once")
		}
		return nil
	})
	app.OnDisconnect(func(context.Context, *tyg.Conn, tyg.Disconnect) error { return nil })
	var srv *gateway.Server
	f, srv = guarded(t, app)
	for _, id := range []string{"refused", "panics", "stays"} {
		func() {
			defer func() { _ = recover() }()
			_, _ = srv.Handler.Handle(t.Context(), tyg.Event{
				Type: tyg.EventConnect, Route: tyg.RouteConnect, Conn: conn(id), Request: new(tyg.Request),
			})
		}()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	var noted []string
	for id := range f.conns {
		noted = append(noted, string(id))
	}
	if !slices.Equal(noted, []string{"stays"}) {
		t.Errorf("noted are %q", noted)
	}
}

// What App.UseHost adds is reached on a gateway with a file, too.
func TestApplicationWrapsItsHost(t *testing.T) {
	app := tyg.New("x")
	type wrapped struct{ tyg.Host }
	app.UseHost(func(h tyg.Host) tyg.Host { return wrapped{h} })
	app.OnLeave(func(context.Context, *tyg.Group, tyg.Member) error { return nil })
	_, srv := guarded(t, app)
	if w, ok := tyg.Bound(srv.Handler, srv.Host).(wrapped); !ok || w.Host != srv.Host {
		t.Errorf("calls reach %T", tyg.Bound(srv.Handler, srv.Host))
	}
	if g, ok := srv.Host.(interface{ Gateway() *gateway.Server }); !ok || g.Gateway() != srv {
		t.Errorf("%T does not tell its gateway", srv.Host)
	}
}
