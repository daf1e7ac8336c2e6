package natskv_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"

	"github.com/tyg-dev/tyg/internal/natsd"
	"github.com/tyg-dev/tyg/rooms/natskv"
	"github.com/tyg-dev/tyg/rooms/roomstest"
)

// A wire is a way to a server that can be cut.
type wire struct {
	listener net.Listener
	ended    sync.WaitGroup

	mu     sync.Mutex
	target string // where to, empty while cut
	conns  []net.Conn
}

func newWire(t *testing.T) *wire {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{listener: listener}
	w.ended.Go(w.accept)
	t.Cleanup(func() {
		_ = listener.Close()
		w.cut()
		w.ended.Wait()
	})
	return w
}

// through returns the URL of a server, by way of the wire.
func (w *wire) through(t *testing.T, server *natsd.Server) string {
	t.Helper()
	u, err := url.Parse(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	w.mu.Lock()
	w.target = u.Host
	w.mu.Unlock()
	u.Host = w.listener.Addr().String()
	return u.String()
}

// cut ends all connections, and lets none begin until the next through.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.target = ""
	for _, c := range w.conns {
		_ = c.Close()
	}
	w.conns = nil
}

func (w *wire) accept() {
	for {
		client, err := w.listener.Accept()
		if err != nil {
			return
		}
		w.mu.Lock()
		server, err := net.Dial("tcp", w.target)
		if w.target == "" || err != nil {
			_ = client.Close()
		} else {
			w.conns = append(w.conns, client, server)
			w.ended.Go(func() { _, _ = io.Copy(server, client); _ = server.Close() })
			w.ended.Go(func() { _, _ = io.Copy(client, server); _ = client.Close() })
		}
		w.mu.Unlock()
	}
}

// What was changed while a Store was cut off is there when it is back.
func TestReconnect(t *testing.T) {
	server, way := serve(t), newWire(t)
	here := open(t, natskv.Config{URL: server.URL()})
	far := open(t, natskv.Config{URL: way.through(t, server), Fresh: true})
	roomstest.Add(t, far, "a", "b", "c")
	roomstest.Move(t, far, "a", "", "tea")
	roomstest.Move(t, far, "b", "", "tea")
	for range 3 {
		way.cut()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := far.Move(ctx, "a", "tea", "milk"); !errors.Is(err, context.Canceled) {
			t.Errorf("Move with a done context: %v", err)
		}
		roomstest.Move(t, here, "a", "tea", "")
		roomstest.Move(t, here, "c", "", "tea")
		want, err := here.Members(t.Context(), "tea")
		if err != nil {
			t.Fatal(err)
		}
		way.through(t, server)
		eventually(t, "the far Store answers", func() bool {
			_, err := far.Get(t.Context(), "a")
			return err == nil
		})
		got, err := far.Members(t.Context(), "tea")
		if err != nil || len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
			t.Errorf("Members after the cut = %+v, %v, want %+v", got, err, want)
		}
		roomstest.Move(t, far, "c", "tea", "")
		roomstest.Move(t, far, "a", "", "tea")
	}
}

// Reading goes on while NATS is away, with what was known.
func TestReadsDuringAnOutage(t *testing.T) {
	server, way := serve(t), newWire(t)
	store := open(t, natskv.Config{URL: way.through(t, server)})
	roomstest.Add(t, store, "a")
	roomstest.Rename(t, store, "a", "John")
	roomstest.Move(t, store, "a", "", "tea")
	way.cut()
	if members, err := store.Members(t.Context(), "tea"); err != nil || len(members) != 1 {
		t.Errorf("Members = %v, %v", members, err)
	}
	if is, err := store.Find(t.Context(), "john"); err != nil || is.ID != "a" {
		t.Errorf("Find = %v, %v", is, err)
	}
	way.through(t, server)
	eventually(t, "changes are possible again", func() bool {
		return store.Add(t.Context(), "b") == nil
	})
}

// A server that comes back with its folder has everything; one that comes back without has nothing,
// and the Store makes its bucket anew.
func TestServerRestart(t *testing.T) {
	way, kept := newWire(t), natsd.Config{Dir: t.TempDir(), Password: "secret"}
	first, err := natsd.Start(kept)
	if err != nil {
		t.Fatal(err)
	}
	store := open(t, natskv.Config{URL: way.through(t, first), Fresh: true})
	roomstest.Add(t, store, "a")
	roomstest.Move(t, store, "a", "", "tea")
	for _, restart := range []struct {
		cfg  natsd.Config
		want int
	}{{kept, 1}, {natsd.Config{Password: "secret"}, 0}} {
		way.cut()
		if err := first.Shutdown(); err != nil {
			t.Errorf("shut down: %v", err)
		}
		if first, err = natsd.Start(restart.cfg); err != nil {
			t.Fatal(err)
		}
		way.through(t, first)
		eventually(t, "changes are possible again", func() bool {
			return store.Add(t.Context(), "b") == nil
		})
		members, err := store.Members(t.Context(), "tea")
		if err != nil || len(members) != restart.want {
			t.Errorf("Members = %v, %v, want %d", members, err, restart.want)
		}
	}
	if err := first.Shutdown(); err != nil {
		t.Errorf("shut down: %v", err)
	}
}

// A call does not wait for a server that is away for longer than its context.
func TestContextEndsACall(t *testing.T) {
	server, way := serve(t), newWire(t)
	store := open(t, natskv.Config{URL: way.through(t, server)})
	roomstest.Add(t, store, "a")
	way.cut()
	ctx, cancel := context.WithCancelCause(t.Context())
	stopped := errors.New("the caller has stopped")
	failed := make(chan error)
	go func() { _, err := store.Get(ctx, "a"); failed <- err }()
	cancel(stopped)
	if err := <-failed; err == nil {
		t.Error("Get while NATS is away gave no error")
	}
}
