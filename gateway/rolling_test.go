package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/sampletest"
	"github.com/tyg-dev/tyg/internal/ws"
	"github.com/tyg-dev/tyg/internal/wsclient"
)

// A fleet is nodes that are restarted one by one, and what their application has seen.
type fleet struct {
	t     *testing.T
	nodes atomic.Pointer[[]string] // the addresses of those that are ready, as a load balancer knows

	connects, disconnects, handled atomic.Int64

	mu   sync.Mutex
	seen map[string]int // the highest number of each client, which come in order
}

// app acknowledges each message: a client and a number. A number that leaves out another one was
// sent although the one before was not acknowledged: that one is lost.
func (f *fleet) app() *tyg.App {
	app := tyg.New("app")
	app.OnConnect(func(context.Context, *tyg.Conn, *tyg.Request) error {
		f.connects.Add(1)
		return nil
	})
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		name, text, _ := strings.Cut(string(m.Data), " ")
		n, _ := strconv.Atoi(text)
		f.mu.Lock()
		if last := f.seen[name]; n > last+1 {
			f.t.Errorf("client %s: %d comes after %d", name, n, last)
		} else {
			f.seen[name] = max(last, n)
		}
		f.mu.Unlock()
		f.handled.Add(1)
		return c.Send(ctx, m.Data)
	})
	app.OnDisconnect(func(context.Context, *tyg.Conn, tyg.Disconnect) error {
		f.disconnects.Add(1)
		return nil
	})
	return app
}

// start starts a node. stop drains it.
func (f *fleet) start() (address string, stop func()) {
	srv := &gateway.Server{Handler: f.app(), Logger: quiet, DrainWindow: 300 * time.Millisecond}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		f.t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }() // stop ends it
	return "ws://" + l.Addr().String() + "/api/", func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := srv.Shutdown(ctx); err != nil {
			f.t.Error(err)
		}
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			f.t.Error(err)
		}
	}
}

// talk sends numbers until ctx ends, each until it is acknowledged, and connects again when it is
// closed. It returns the last number that was acknowledged, and counts what it got.
func (f *fleet) talk(ctx context.Context, name int, received *atomic.Int64) (last int) {
	for ctx.Err() == nil {
		nodes := *f.nodes.Load()
		c, _, err := wsclient.DialAgain(ctx, nodes[name%len(nodes)], nil)
		if err != nil {
			if ctx.Err() == nil {
				f.t.Errorf("client %d: %v", name, err)
			}
			return last
		}
		for ctx.Err() == nil {
			text := fmt.Sprint(name, " ", last+1)
			if c.Write(context.Background(), ws.OpText, []byte(text)) != nil {
				break
			}
			_, data, err := c.Read(context.Background())
			if err != nil {
				closed, ok := errors.AsType[*ws.CloseError](err)
				if !ok || closed.Code != ws.CloseServiceRestart {
					f.t.Errorf("client %d: %v", name, err)
				}
				break
			}
			received.Add(1)
			if string(data) != text {
				f.t.Errorf("client %d: %q is acknowledged by %q", name, text, data)
			}
			last++
			wait(ctx, 100*time.Millisecond)
		}
		_ = c.Close(ws.CloseNormal, "")
	}
	return last
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// TestRollingRestartLosesNothing restarts the nodes one by one under load: each connection has one
// disconnect, no message that a handler got is left without its answer, and none is lost.
func TestRollingRestartLosesNothing(t *testing.T) {
	t.Parallel() // it mostly waits
	clients := 500
	if sampletest.Exhaustive() {
		clients = 5000
	}
	f := &fleet{t: t, seen: make(map[string]int)}
	stops := make([]func(), 2)
	nodes := make([]string, len(stops))
	for i := range nodes {
		nodes[i], stops[i] = f.start()
	}
	f.nodes.Store(&nodes)
	ctx, stop := context.WithCancel(t.Context())
	var talking sync.WaitGroup
	var received atomic.Int64
	last := make([]int, clients)
	for name := range clients {
		talking.Go(func() { last[name] = f.talk(ctx, name, &received) })
	}
	until(t, "all are connected", func() bool { return f.connects.Load() >= int64(clients) })
	for i := range stops {
		others := []string{nodes[1-i]}
		f.nodes.Store(&others)
		stops[i]()
		nodes[i], stops[i] = f.start()
		both := []string{nodes[0], nodes[1]}
		f.nodes.Store(&both)
	}
	wait(ctx, 100*time.Millisecond)
	stop()
	talking.Wait()
	for _, stop := range stops {
		stop()
	}
	if n := f.connects.Load(); n < int64(clients)*3/2 || n != f.disconnects.Load() {
		t.Errorf("%d connects and %d disconnects of %d clients", n, f.disconnects.Load(), clients)
	}
	if n := f.handled.Load(); n != received.Load() {
		t.Errorf("%d messages were handled, %d answers received", n, received.Load())
	}
	for name, n := range last {
		if seen := f.seen[fmt.Sprint(name)]; seen != n {
			t.Errorf("client %d: %d were acknowledged, the last that was seen is %d", name, n, seen)
		}
	}
}
