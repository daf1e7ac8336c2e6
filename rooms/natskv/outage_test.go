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

// A proxy forwards connections to a server, and can cut them.
type proxy struct {
	listener net.Listener
	ended    sync.WaitGroup

	mu     sync.Mutex
	target string // the server's address, empty while cut
	conns  []net.Conn
}

func newProxy(t *testing.T) *proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: listener}
	p.ended.Go(p.accept)
	t.Cleanup(func() {
		_ = listener.Close()
		p.cut()
		p.ended.Wait()
	})
	return p
}

// through starts forwarding to a server, and returns the server's URL with the proxy's address.
func (p *proxy) through(t *testing.T, server *natsd.Server) string {
	t.Helper()
	u, err := url.Parse(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	p.mu.Lock()
	p.target = u.Host
	p.mu.Unlock()
	u.Host = p.listener.Addr().String()
	return u.String()
}

// cut closes all connections, and refuses new ones until the next through.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.target = ""
	for _, c := range p.conns {
		_ = c.Close()
	}
	p.conns = nil
}

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		server, err := net.Dial("tcp", p.target)
		if p.target == "" || err != nil {
			_ = client.Close()
		} else {
			p.conns = append(p.conns, client, server)
			p.ended.Go(func() { _, _ = io.Copy(server, client); _ = server.Close() })
			p.ended.Go(func() { _, _ = io.Copy(client, server); _ = client.Close() })
		}
		p.mu.Unlock()
	}
}

// After a reconnect a Store has the changes that others made during the outage.
func TestReconnect(t *testing.T) {
	t.Parallel()
	server, link := serve(t), newProxy(t)
	here := open(t, natskv.Config{URL: server.URL()})
	far := open(t, natskv.Config{URL: link.through(t, server), Fresh: true})
	roomstest.Add(t, far, "a", "b", "c")
	roomstest.Move(t, far, "a", "", "tea")
	roomstest.Move(t, far, "b", "", "tea")
	for range 3 {
		link.cut()
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
		link.through(t, server)
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

// Members and Find answer from the index while NATS is away.
func TestReadsDuringAnOutage(t *testing.T) {
	t.Parallel()
	server, link := serve(t), newProxy(t)
	store := open(t, natskv.Config{URL: link.through(t, server)})
	roomstest.Add(t, store, "a")
	roomstest.Rename(t, store, "a", "John")
	roomstest.Move(t, store, "a", "", "tea")
	link.cut()
	if members, err := store.Members(t.Context(), "tea"); err != nil || len(members) != 1 {
		t.Errorf("Members = %v, %v", members, err)
	}
	if is, err := store.Find(t.Context(), "john"); err != nil || is.ID != "a" {
		t.Errorf("Find = %v, %v", is, err)
	}
	link.through(t, server)
	eventually(t, "changes are possible again", func() bool {
		return store.Add(t.Context(), "b") == nil
	})
}

// A server that restarts with its folder has all members; one that restarts without it has none,
// and the Store creates its bucket again.
func TestServerRestart(t *testing.T) {
	t.Parallel()
	link, kept := newProxy(t), natsd.Config{Dir: t.TempDir(), Password: "secret"}
	first, err := natsd.Start(kept)
	if err != nil {
		t.Fatal(err)
	}
	store := open(t, natskv.Config{URL: link.through(t, first), Fresh: true})
	roomstest.Add(t, store, "a")
	roomstest.Move(t, store, "a", "", "tea")
	for _, restart := range []struct {
		cfg  natsd.Config
		want int
	}{{kept, 1}, {natsd.Config{Password: "secret"}, 0}} {
		link.cut()
		if err := first.Shutdown(); err != nil {
			t.Errorf("shut down: %v", err)
		}
		if first, err = natsd.Start(restart.cfg); err != nil {
			t.Fatal(err)
		}
		link.through(t, first)
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

// A call to a server that is away ends with its context.
func TestContextEndsACall(t *testing.T) {
	t.Parallel() // Close may wait for 5 seconds for a server that is away
	server, link := serve(t), newProxy(t)
	store := open(t, natskv.Config{URL: link.through(t, server)})
	roomstest.Add(t, store, "a")
	link.cut()
	ctx, cancel := context.WithCancelCause(t.Context())
	stopped := errors.New("the caller has stopped")
	failed := make(chan error)
	go func() { _, err := store.Get(ctx, "a"); failed <- err }()
	cancel(stopped)
	if err := <-failed; err == nil {
		t.Error("Get while NATS is away gave no error")
	}
}
