package cluster_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/cluster"
	"github.com/tyg-dev/tyg/internal/wstest"
	"github.com/tyg-dev/tyg/tygtest"
)

// quick is a Config whose nodes are as impatient as a busy machine allows.
var quick = cluster.Config{
	Heartbeat: 20 * time.Millisecond, Suspect: 500 * time.Millisecond, Dead: 3 * time.Second,
	Renew: 100 * time.Millisecond, Fence: 2400 * time.Millisecond, Retry: 100 * time.Millisecond,
	Redeliver: 2 * time.Second,
}

// unhurried is quick for nodes that a busy machine may leave without the processor for minutes:
// none is declared dead before the test has made it old: awaitDeath.
var unhurried = cluster.Config{
	Heartbeat: quick.Heartbeat, Suspect: quick.Suspect, Dead: time.Hour,
	Renew: quick.Renew, Fence: time.Hour / 2, Retry: quick.Retry, Redeliver: quick.Redeliver,
}

// awaitDeath lets Config.Dead go by for a node that was killed, until the others know it as dead.
func awaitDeath(t testing.TB, killed *rig, others ...*rig) {
	t.Helper()
	for _, o := range others {
		eventually(t, "a killed node is declared dead", func() bool {
			o.node.Age(killed.node, unhurried.Dead)
			return o.node.Buried(killed.node)
		})
	}
}

// A mortal is a handler in a process that can be killed.
type mortal struct {
	*tyg.App
	dead atomic.Bool
}

func (m *mortal) Handle(ctx context.Context, e tyg.Event) (tyg.Reply, error) {
	if m.dead.Load() {
		return tyg.Reply{}, errors.New("killed")
	}
	return m.App.Handle(ctx, e)
}

// startMortals starts a node for each App.
func startMortals(t testing.TB, cfg cluster.Config, apps ...*tyg.App) []*rig {
	cfg.Name = newName()
	var rigs []*rig
	for _, app := range apps {
		rigs = append(rigs, start(t, &mortal{App: app}, cfg))
	}
	return rigs
}

// kill does to the others what the end of the process would: they hear nothing any more, and no
// handler runs.
func (r *rig) kill(t testing.TB) {
	t.Helper()
	r.node.Handler().(*mortal).dead.Store(true)
	r.nc.Close()
	r.killed = true
}

// A told is an event that an application was told of.
type told struct {
	node  int
	event tyg.Event
}

// A log has the events of all nodes.
type eventLog struct {
	mu   sync.Mutex
	told []told
}

func (l *eventLog) app(node int) *tyg.App {
	app := tyg.New(fmt.Sprint("node ", node))
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		return c.Send(ctx, m.Data)
	})
	app.OnDisconnect(func(context.Context, *tyg.Conn, tyg.Disconnect) error { return nil })
	app.OnLeave(func(context.Context, *tyg.Group, tyg.Member) error { return nil })
	app.Use(func(next tyg.Handler) tyg.Handler {
		return tyg.HandlerFunc(func(ctx context.Context, e tyg.Event) (tyg.Reply, error) {
			l.mu.Lock()
			l.told = append(l.told, told{node, e})
			l.mu.Unlock()
			return next.Handle(ctx, e)
		})
	})
	return app
}

func (l *eventLog) of(kind tyg.EventType) (list []told) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.told {
		if e.event.Type == kind {
			list = append(list, e)
		}
	}
	return list
}

// eventually waits until what holds.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

// dial connects a client. As clients do, it tries again where a node has no contact with the
// registry for a moment: no handler has run then.
func dial(t testing.TB, r *rig) (s tygtest.Socket) {
	t.Helper()
	eventually(t, "a handshake", func() bool {
		var err error
		s, err = wstest.Dial(t.Context(), t, r.url, tygtest.Dial{}, nil)
		refused, ok := errors.AsType[*tygtest.Refused](err)
		if err != nil && (!ok || refused.Status != http.StatusServiceUnavailable) {
			t.Fatal(err)
		}
		return err == nil
	})
	return s
}

// connID waits for the n-th connect, counted from 1, and returns its id.
func (l *eventLog) connID(t testing.TB, n int) tyg.ConnID {
	t.Helper()
	eventually(t, "a connect", func() bool { return len(l.of(tyg.EventConnect)) >= n })
	return l.of(tyg.EventConnect)[n-1].event.Conn.ID
}

// TestKilledNode goes through what the ids of a killed node are answered with.
func TestKilledNode(t *testing.T) {
	t.Parallel() // it mostly waits
	var log eventLog
	rigs := startMortals(t, quick, log.app(0), log.app(1), log.app(2))
	dial(t, rigs[2])
	id := log.connID(t, 1)
	ctx := t.Context()
	if err := rigs[0].node.Send(ctx, id, []byte("hi")); err != nil {
		t.Fatal(err)
	}
	group := "tea"
	if _, _, err := rigs[0].node.AddToGroup(ctx, group, id, nil); err != nil {
		t.Fatal(err)
	}
	killed := time.Now()
	rigs[2].kill(t)
	// is says that an error is one of these, or that the node may be declared dead by now.
	is := func(err error, wants ...error) bool {
		return slices.ContainsFunc(wants, func(want error) bool { return errors.Is(err, want) }) ||
			time.Since(killed) > quick.Dead-quick.Suspect && errors.Is(err, tyg.ErrGone)
	}
	err := rigs[0].node.Send(ctx, id, []byte("hi"))
	if !is(err, tyg.ErrUnavailable, tyg.ErrOutcomeUnknown) {
		t.Errorf("just after the kill: %v, want ErrUnavailable or ErrOutcomeUnknown", err)
	}
	if err := rigs[1].node.Send(ctx, id, []byte("hi")); !is(err, tyg.ErrUnavailable) {
		t.Errorf("once NATS knows: %v, want ErrUnavailable", err)
	}
	err = rigs[0].node.SendMany(ctx, []tyg.ConnID{id, "AAAAAAAAAAAAAAA="}, []byte("hi"))
	for failed, err := range tyg.Failures(err) {
		if failed == id && !is(err, tyg.ErrUnavailable) {
			t.Errorf("SendMany just after the kill: %v, want ErrUnavailable", err)
		}
	}
	for i, r := range rigs[:2] {
		eventually(t, "the node is declared dead", func() bool {
			return errors.Is(r.node.Send(ctx, id, []byte("hi")), tyg.ErrGone)
		})
		if n, err := r.node.CountGroup(ctx, group); n != 0 || err != nil {
			t.Errorf("node %d counts %d members, %v", i, n, err)
		}
	}
	if n := len(log.of(tyg.EventDisconnect)); n != 0 {
		t.Errorf("in best effort mode %d disconnects were told", n)
	}
}

// TestDisconnectsOfAKilledNode is the promise of AtLeastOnce.
func TestDisconnectsOfAKilledNode(t *testing.T) {
	t.Parallel() // it mostly waits
	var log eventLog
	cfg := unhurried
	cfg.Disconnects = cluster.AtLeastOnce
	rigs := startMortals(t, cfg, log.app(0), log.app(1), log.app(2))
	const clients = 20
	ids := make(map[tyg.ConnID]bool)
	for n := range clients {
		dial(t, rigs[2])
		id := log.connID(t, n+1)
		ids[id] = true
		if _, _, err := rigs[n%3].node.AddToGroup(t.Context(), "tea", id, nil); err != nil {
			t.Fatal(err)
		}
	}
	left := dial(t, rigs[2]) // leaves before
	leftID := log.connID(t, clients+1)
	if err := left.Close(1000, ""); err != nil {
		t.Fatal(err)
	}
	eventually(t, "its disconnect", func() bool { return len(log.of(tyg.EventDisconnect)) == 1 })
	rigs[2].kill(t)
	awaitDeath(t, rigs[2], rigs[:2]...)
	eventually(t, "the disconnects of the killed node", func() bool {
		return len(log.of(tyg.EventDisconnect)) >= 1+clients && len(log.of(tyg.EventLeave)) >= clients
	})
	time.Sleep(100 * time.Millisecond) // for those that are too many
	nodes := make(map[int]int)
	for _, e := range log.of(tyg.EventDisconnect)[1:] {
		nodes[e.node]++
		want := tyg.Disconnect{Code: 1006, Reason: cluster.ReasonLost}
		if id := e.event.Conn.ID; !ids[id] || id == leftID || e.event.Disconnect != want {
			t.Errorf("told of %s: %+v", id, e.event.Disconnect)
		}
		delete(ids, e.event.Conn.ID)
	}
	if len(ids) != 0 || nodes[2] != 0 {
		t.Errorf("not told of %v; told by %v", ids, nodes)
	}
	checkLeavesFirst(t, &log)
	t.Logf("handlers by node: %v", nodes)
}

// checkLeavesFirst checks that each connection left its groups, once, before its disconnect.
func checkLeavesFirst(t *testing.T, log *eventLog) {
	t.Helper()
	log.mu.Lock()
	defer log.mu.Unlock()
	var gone, leaves []tyg.ConnID
	for _, e := range log.told {
		switch id := e.event.Conn.ID; e.event.Type {
		case tyg.EventDisconnect:
			gone = append(gone, id)
		case tyg.EventLeave:
			if slices.Contains(leaves, id) || slices.Contains(gone, id) {
				t.Errorf("%s left twice, or after its disconnect", id)
			}
			leaves = append(leaves, id)
		}
	}
}

// TestSweeperThatIsKilledIsReplaced kills a node in the middle of telling of the disconnects of
// another one.
func TestSweeperThatIsKilledIsReplaced(t *testing.T) {
	t.Parallel() // it mostly waits
	var log eventLog
	cfg := unhurried
	cfg.Disconnects, cfg.SweepRate = cluster.AtLeastOnce, 100
	rigs := startMortals(t, cfg, log.app(0), log.app(1), log.app(2))
	const clients = 30
	for range clients {
		dial(t, rigs[2])
	}
	log.connID(t, clients)
	rigs[2].kill(t)
	awaitDeath(t, rigs[2], rigs[:2]...)
	var sweeper int
	eventually(t, "a node tells of some", func() bool {
		sweeper = slices.IndexFunc([]int{0, 1}, func(n int) bool { return len(log.by(n)) >= 3 })
		return sweeper >= 0
	})
	rigs[sweeper].kill(t)
	eventually(t, "the rest is told", func() bool {
		seen := make(map[tyg.ConnID]string)
		for _, e := range log.of(tyg.EventDisconnect) {
			id := e.event.Conn.ID
			if was := seen[id]; was != "" && was != e.event.RequestID {
				t.Fatalf("%s was told with the ids %s and %s", id, was, e.event.RequestID)
			}
			seen[id] = e.event.RequestID
		}
		return len(seen) == clients
	})
}

// by returns the disconnects that one node was told of.
func (l *eventLog) by(node int) (list []told) {
	for _, e := range l.of(tyg.EventDisconnect) {
		if e.node == node {
			list = append(list, e)
		}
	}
	return list
}

// TestRollingRestartTellsOnce restarts all nodes in order: each connection has one disconnect.
func TestRollingRestartTellsOnce(t *testing.T) {
	for _, mode := range []cluster.Disconnects{cluster.BestEffort, cluster.AtLeastOnce} {
		t.Run(mode.String(), func(t *testing.T) {
			var log eventLog
			cfg := quick
			cfg.Name, cfg.Disconnects = newName(), mode
			var rigs []*rig
			for n := range 3 {
				cfg.Node = fmt.Sprint("node-", n)
				rigs = append(rigs, start(t, &mortal{App: log.app(n)}, cfg))
			}
			const each = 5
			for i := range each * len(rigs) {
				s := dial(t, rigs[i%3])
				go func() { // ends with its connection
					for {
						if _, _, err := s.Read(context.Background()); err != nil {
							_ = s.Drop()
							return
						}
					}
				}()
			}
			log.connID(t, each*len(rigs))
			for n, r := range rigs {
				r.node.Drain()
				r.stop(t)
				cfg.Node = fmt.Sprint("node-", n)
				start(t, &mortal{App: log.app(n)}, cfg)
			}
			time.Sleep(200 * time.Millisecond) // for those that are told again
			seen := make(map[tyg.ConnID]int)
			for _, e := range log.of(tyg.EventDisconnect) {
				if seen[e.event.Conn.ID]++; e.event.Disconnect.Code != 1012 {
					t.Errorf("a disconnect has the code %d", e.event.Disconnect.Code)
				}
			}
			if len(seen) != each*len(rigs) || len(log.of(tyg.EventDisconnect)) != len(seen) {
				t.Errorf("disconnects: %v, want one for each of %d", seen, each*len(rigs))
			}
		})
	}
}
