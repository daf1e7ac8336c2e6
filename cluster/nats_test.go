package cluster_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/cluster"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/lambda"
)

// senderTo returns a client of the @connections API of one node.
func senderTo(t *testing.T, r *rig) *lambda.Sender {
	t.Helper()
	s, err := lambda.NewSender(lambda.SenderConfig{
		Endpoint: strings.TrimSuffix(r.url, "/"), Region: "local", RetryFor: -1,
		Credentials: lambda.Key{AccessKeyID: "id", SecretAccessKey: "secret"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestConnectionsAPIOnAnyNode calls a node that does not have the connection.
func TestConnectionsAPIOnAnyNode(t *testing.T) {
	t.Parallel() // it mostly waits
	var log eventLog
	rigs := startMortals(t, unhurried, log.app(0), log.app(1))
	client := dial(t, rigs[1])
	id := log.connID(t, 1)
	s, ctx := senderTo(t, rigs[0]), t.Context()
	if err := s.Send(ctx, id, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	if _, text, err := client.Read(ctx); err != nil || text != "hello" {
		t.Errorf("received %q, %v", text, err)
	}
	if info, err := s.Info(ctx, id); err != nil || info.SourceIP != "127.0.0.1" {
		t.Errorf("Info: %+v, %v", info, err)
	}
	if err := s.Close(ctx, id); err != nil {
		t.Errorf("Close: %v", err)
	}
	if err := s.Send(ctx, id, []byte("hello")); !errors.Is(err, tyg.ErrGone) {
		t.Errorf("after Close: %v, want ErrGone", err)
	}
	dial(t, rigs[1])
	id = log.connID(t, 2)
	rigs[1].kill(t)
	eventually(t, "503 of a node that was killed", func() bool {
		return errors.Is(s.Send(ctx, id, []byte("hello")), tyg.ErrUnavailable)
	})
	awaitDeath(t, rigs[1], rigs[0])
	if err := s.Send(ctx, id, []byte("hello")); !errors.Is(err, tyg.ErrGone) {
		t.Errorf("after the death of its node: %v, want ErrGone", err)
	}
}

// TestRestartedNodeIsKnownToBeDead does not wait for Config.Dead.
func TestRestartedNodeIsKnownToBeDead(t *testing.T) {
	var log eventLog
	cfg := cluster.Config{Name: newName(), Node: "one", Retry: 50 * time.Millisecond}
	old := start(t, &mortal{App: log.app(0)}, cfg)
	dial(t, old)
	id := log.connID(t, 1)
	cfg.Node = "two"
	other := start(t, &mortal{App: log.app(1)}, cfg)
	old.kill(t)
	cfg.Node = "one"
	began := time.Now()
	start(t, &mortal{App: log.app(2)}, cfg)
	eventually(t, "the old id is gone", func() bool {
		return errors.Is(other.node.Send(t.Context(), id, []byte("x")), tyg.ErrGone)
	})
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("it took %v, and Config.Dead is 30 s", took)
	}
}

// TestSameNameTwiceKillsNoNode starts a second node with the name of one that runs.
func TestSameNameTwiceKillsNoNode(t *testing.T) {
	var log eventLog
	cfg := cluster.Config{Name: newName(), Node: "one"}
	first := start(t, &mortal{App: log.app(0)}, cfg)
	dial(t, first)
	id := log.connID(t, 1)
	second := start(t, &mortal{App: log.app(1)}, cfg)
	if err := second.node.Send(t.Context(), id, []byte("x")); err != nil {
		t.Errorf("the first node is %v", err)
	}
}

// TestInterestFollowsMembers counts the subscriptions for groups.
func TestInterestFollowsMembers(t *testing.T) {
	for _, shards := range []int{0, 2} {
		var log eventLog
		cfg := quick
		cfg.Name, cfg.Shards, cfg.Unsubscribe = newName(), shards, 50*time.Millisecond
		limits := gateway.Limits{Integration: 50 * time.Millisecond}
		one := start(t, log.app(0), cfg)
		two := startServer(t, &gateway.Server{Handler: log.app(1), Limits: limits}, server.URL(), cfg)
		client := dial(t, two)
		id, ctx := log.connID(t, 1), t.Context()
		names := []string{"a", "b", "c", "d", "e"}
		for range 2 {
			for _, g := range names {
				if _, _, err := one.node.AddToGroup(ctx, g, id, nil); err != nil {
					t.Fatal(err)
				}
				if _, err := one.node.SendToGroup(ctx, g, []byte(g), tyg.GroupOptions{}); err != nil {
					t.Fatal(err)
				}
				if _, text, err := client.Read(ctx); err != nil || text != g {
					t.Fatalf("received %q, %v, want %q", text, err, g)
				}
			}
			want := int64(len(names))
			if shards > 0 {
				want = int64(shards)
			}
			if n := two.node.Stats().Topics; n > want || n == 0 {
				t.Errorf("%d subscriptions with %d shards", n, shards)
			}
			for _, g := range names {
				if _, removed, err := one.node.RemoveFromGroup(ctx, g, id); err != nil || !removed {
					t.Fatal(err)
				}
			}
			eventually(t, "no subscription", func() bool { return two.node.Stats().Topics == 0 })
		}
		if s := one.node.Stats(); s.Broadcasts != 10 {
			t.Errorf("%d messages were published for 10 sends", s.Broadcasts)
		}
	}
}

// TestLocalTrafficNeedsNoNATS takes NATS away for longer than Config.Dead.
func TestLocalTrafficNeedsNoNATS(t *testing.T) {
	t.Parallel() // it mostly waits
	var log eventLog
	p := newProxy(t, server.URL())
	cfg := quick
	cfg.Name, cfg.Dead, cfg.Fence = newName(), time.Second, 800*time.Millisecond
	var rigs []*rig
	for n := range 2 {
		rigs = append(rigs, startServer(t, &gateway.Server{Handler: log.app(n)}, p.url, cfg))
	}
	ctx := t.Context()
	here := dial(t, rigs[0])
	hereID := log.connID(t, 1)
	dial(t, rigs[1])
	thereID := log.connID(t, 2)
	group := func(want error) {
		t.Helper()
		if _, _, err := rigs[0].node.AddToGroup(ctx, "tea", hereID, nil); err != nil {
			t.Errorf("AddToGroup: %v", err)
		}
		_, err := rigs[0].node.SendToGroup(ctx, "tea", []byte("group"), tyg.GroupOptions{})
		if !errors.Is(err, want) {
			t.Errorf("SendToGroup: %v, want %v", err, want)
		}
		if _, text, err := here.Read(ctx); err != nil || text != "group" {
			t.Errorf("received %q, %v", text, err)
		}
	}
	group(nil)
	p.cut()
	quickest := time.Hour // a busy machine may delay some
	for end := time.Now().Add(cfg.Dead * 3 / 2); time.Now().Before(end); {
		began := time.Now()
		if err := rigs[0].node.Send(ctx, hereID, []byte("local")); err != nil {
			t.Fatalf("a local send: %v", err)
		}
		quickest = min(quickest, time.Since(began))
		if _, text, err := here.Read(ctx); err != nil || text != "local" {
			t.Fatalf("received %q, %v", text, err)
		}
		time.Sleep(10 * time.Millisecond)
	}
	if quickest > 100*time.Millisecond {
		t.Errorf("a local send took %v at least", quickest)
	}
	if err := rigs[0].node.Send(ctx, thereID, []byte("x")); !errors.Is(err, tyg.ErrUnavailable) {
		t.Errorf("a send to the other node: %v, want ErrUnavailable", err)
	}
	p.heal()
	eventually(t, "the other node is reached again", func() bool {
		return rigs[0].node.Send(ctx, thereID, []byte("x")) == nil
	})
	time.Sleep(cfg.Dead + 200*time.Millisecond) // for those who would take it for dead
	group(nil)
	if n := len(log.of(tyg.EventDisconnect)); n != 0 {
		t.Errorf("%d connections were lost", n)
	}
}

// A slowDialer connects to NATS, or fails, or waits until it is released.
type slowDialer struct {
	fails, waits atomic.Bool
	once         sync.Once
	waiting      chan struct{} // closed when it waits
	released     chan struct{}
}

func (d *slowDialer) Dial(network, address string) (net.Conn, error) {
	if d.waits.Load() {
		d.once.Do(func() { close(d.waiting) })
		<-d.released
	}
	if d.fails.Load() {
		return nil, errors.New("no route")
	}
	return net.Dial(network, address)
}

// TestNoCallWaitsForNATS has a node connect to a server that does not answer: for that long the
// client of NATS keeps its lock, and what does not need NATS must not wait for it.
func TestNoCallWaitsForNATS(t *testing.T) {
	t.Parallel() // it mostly waits
	var log eventLog
	p := newProxy(t, server.URL())
	d := &slowDialer{waiting: make(chan struct{}), released: make(chan struct{})}
	release := sync.OnceFunc(func() { close(d.released) })
	cfg := quick
	cfg.Name = newName()
	one := startServer(t, newGateway(log.app(0)), p.url, cfg, nats.SetCustomDialer(d))
	two := start(t, log.app(1), cfg)
	t.Cleanup(release) // before the nodes leave
	here := dial(t, one)
	hereID := log.connID(t, 1)
	dial(t, two)
	thereID := log.connID(t, 2)
	d.fails.Store(true)
	p.cut()
	eventually(t, "the node to notice that NATS is away", func() bool {
		return !one.node.Stats().Connected
	})
	d.waits.Store(true)
	<-d.waiting
	ctx, node := t.Context(), one.node
	for name, call := range map[string]func() error{
		"Send": func() error { return node.Send(ctx, hereID, []byte("x")) },
		"Send to another node": func() error {
			if err := node.Send(ctx, thereID, []byte("x")); !errors.Is(err, tyg.ErrUnavailable) {
				return fmt.Errorf("%w, want ErrUnavailable", err)
			}
			return nil
		},
		"AddToGroup": func() error {
			_, _, err := node.AddToGroup(ctx, "new", hereID, nil)
			return err
		},
		"SendToGroup": func() error {
			_, err := node.SendToGroup(ctx, "", []byte("x"), tyg.GroupOptions{})
			if errors.Is(err, tyg.ErrUnavailable) {
				err = nil // the other node may count as present
			}
			return err
		},
		"Stats":       func() error { _ = node.Stats(); return nil },
		"a handshake": func() error { dial(t, one); return nil },
	} {
		returned := make(chan error, 1)
		go func() { returned <- call() }() // ends when NATS is back at the latest
		select {
		case err := <-returned:
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		case <-time.After(30 * time.Second):
			t.Errorf("%s waits for NATS", name)
		}
	}
	d.fails.Store(false)
	p.heal()
	release()
	eventually(t, "a message of the other node to the new group", func() bool {
		_, err := two.node.SendToGroup(ctx, "new", []byte("new"), tyg.GroupOptions{})
		return err == nil && node.Stats().Executed > 0
	})
	for {
		_, text, err := here.Read(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if text == "new" {
			break
		}
	}
}

// A proxy is a way to a server that can be cut.
type proxy struct {
	url    string
	target string

	mu    sync.Mutex
	l     net.Listener
	conns []net.Conn
	off   bool
}

func newProxy(t *testing.T, server string) *proxy {
	t.Helper()
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{target: u.Host}
	if p.l, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	u.Host = p.l.Addr().String()
	p.url = u.String()
	var ended sync.WaitGroup
	ended.Go(func() { p.serve(&ended) }) // ends with the listener
	t.Cleanup(func() {
		_ = p.l.Close()
		p.cut()
		ended.Wait()
	})
	return p
}

func (p *proxy) serve(ended *sync.WaitGroup) {
	for {
		c, err := p.l.Accept()
		if err != nil {
			return
		}
		to, err := net.Dial("tcp", p.target)
		p.mu.Lock()
		if err != nil || p.off {
			_ = c.Close()
			if err == nil {
				_ = to.Close()
			}
			p.mu.Unlock()
			continue
		}
		p.conns = append(p.conns, c, to)
		p.mu.Unlock()
		// They end with the connections.
		ended.Go(func() { _, _ = io.Copy(to, c); _ = to.Close() })
		ended.Go(func() { _, _ = io.Copy(c, to); _ = c.Close() })
	}
}

func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.off = true
	for _, c := range p.conns {
		_ = c.Close()
	}
	p.conns = nil
}

func (p *proxy) heal() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.off = false
}

// TestLeaveWithoutNATS leaves while NATS is away, and when it was away for so long that the
// registry would have been read again.
func TestLeaveWithoutNATS(t *testing.T) {
	for name, lose := range map[string]func(*rig, *proxy){
		"cut":    func(_ *rig, p *proxy) { p.cut() },
		"closed": func(r *rig, _ *proxy) { r.nc.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // it mostly waits
			var log eventLog
			p := newProxy(t, server.URL())
			cfg := quick
			cfg.Name, cfg.Disconnects = newName(), cluster.AtLeastOnce
			r := startServer(t, newGateway(log.app(0)), p.url, cfg)
			lose(r, p)
			time.Sleep(cfg.Dead + 200*time.Millisecond)
			r.killed = true // its Leave fails
			began := time.Now()
			r.stop(t)
			if took := time.Since(began); took > patience/2 {
				t.Errorf("it took %v", took)
			}
		})
	}
}
