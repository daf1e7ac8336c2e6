package cluster

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tyg-dev/tyg"
)

var (
	oneSeed = flag.Uint64("seed", 0, "the `seed` of the fault tests; 0: several")
	seeds   = flag.Int("seeds", 3, "how many seeds the fault tests try")
)

// A world is a cluster in memory, in a bubble.
type world struct {
	t     *testing.T
	rand  *rand.Rand
	net   *network
	store *store
	h     *history
	cfg   Config
	nodes []*memNode

	without bool                // there is no JetStream
	around  func(ledger) ledger // nil, or what is put around the ledger of a new node
}

type memNode struct {
	*Node
	local *memLocal
	down  bool // guarded by the scenario
}

func newWorld(t *testing.T, seed uint64, cfg Config) *world {
	cfg.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	return &world{
		t: t, rand: rand.New(rand.NewPCG(seed, 2)), net: newNetwork(seed), store: newStore(seed),
		h: newHistory(seed), cfg: cfg.withDefaults(),
	}
}

// add starts a node with some clients.
func (w *world) add(clients int) *memNode {
	w.t.Helper()
	l := &memLocal{h: w.h, number: len(w.nodes), conns: make(map[tyg.ConnID]*memConn)}
	cfg := w.cfg
	cfg.Node = fmt.Sprint("node-", len(w.nodes))
	n := &memNode{Node: newNode(cfg, l, memHandler{h: w.h, node: l.number}), local: l}
	n.bus = w.net.newBus()
	s := memStore{w.store, len(w.nodes), cfg.Redeliver}
	if !w.without {
		n.registry = s
	}
	if cfg.Disconnects == AtLeastOnce {
		n.ledger = s
		if w.around != nil {
			n.ledger = w.around(s)
		}
		n.Node.local = fencedLocal{l, n.Node}
		w.h.mu.Lock()
		w.h.ledger = true
		w.h.mu.Unlock()
	}
	if err := n.join(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	close(n.sweeps.open)
	for range clients {
		if err := l.connect(n.Node); err != nil {
			w.t.Fatal(err)
		}
	}
	w.nodes = append(w.nodes, n)
	return n
}

// kill ends a node as the end of its process would.
func (w *world) kill(n *memNode) {
	n.down = true
	n.local.kill()
	n.bus.close()
	w.store.mu.Lock()
	w.store.away[n.local.number] = true
	w.store.mu.Unlock()
	n.stop()
}

// end ends all nodes.
func (w *world) end() {
	w.net.set(faults{})
	for _, n := range w.nodes {
		n.stop()
		n.bus.close()
	}
	for _, n := range w.nodes {
		n.ended.Wait()
	}
}

// talk adds nodes with so many clients each, and has senders on all nodes send to all clients until
// end is called.
func (w *world) talk(nodes, clients, perNode int) (end func()) {
	for range nodes {
		w.add(clients)
	}
	stop, senders := make(chan struct{}), new(sync.WaitGroup)
	w.h.mu.Lock()
	var ids []tyg.ConnID
	for id := range w.h.conns {
		ids = append(ids, id)
	}
	w.h.mu.Unlock()
	for _, n := range w.nodes {
		for i := range perNode {
			r := rand.New(rand.NewPCG(w.rand.Uint64(), 3))
			name := fmt.Sprintf("%d-%d", n.local.number, i)
			senders.Go(func() { w.sendFrom(n, name, ids, r, stop) }) // stop ends it
		}
	}
	return func() {
		close(stop)
		senders.Wait()
	}
}

func (w *world) sendFrom(
	n *memNode, name string, ids []tyg.ConnID, r *rand.Rand, stop chan struct{},
) {
	for number := 1; ; number++ {
		select {
		case <-stop:
			return
		case <-n.ctx.Done():
			return
		case <-time.After(time.Duration(50+r.IntN(200)) * time.Millisecond):
		}
		s := &sendRecord{sender: name, number: number, to: ids[r.IntN(len(ids))], start: time.Now()}
		s.deadline = s.start.Add(w.cfg.Timeout)
		s.err = n.Send(context.Background(), s.to, fmt.Appendf(nil, "%s %d", name, number))
		s.end = time.Now()
		if n.ctx.Err() != nil {
			return // what a killed node has returned was seen by nothing
		}
		w.h.mu.Lock()
		w.h.sends = append(w.h.sends, s)
		w.h.mu.Unlock()
	}
}

// runFaults runs a scenario with several seeds and checks its history.
func runFaults(t *testing.T, cfg Config, scenario func(w *world)) {
	list := []uint64{*oneSeed}
	if *oneSeed == 0 {
		list = nil
		for range *seeds {
			list = append(list, rand.Uint64N(1<<32)+1)
		}
	}
	for _, seed := range list {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, seed, cfg)
			scenario(w)
			w.end()
			failed := w.h.check()
			for i, f := range failed {
				if i == 10 {
					t.Errorf("and %d more", len(failed)-i)
					break
				}
				t.Error(f)
			}
			outcomes := make(map[string]int)
			for _, s := range w.h.sends {
				outcomes[fmt.Sprint(w.nodes[0].outcomeName(s.err))]++
			}
			t.Logf("seed %d: %v, %d disconnects told", seed, outcomes, len(w.h.ends))
			if len(failed) > 0 {
				t.Errorf("replay the faults with: go test ./cluster -run '^%s$' -seed %d", t.Name(), seed)
			}
			if outcomes["delivered"] == 0 {
				t.Error("nothing was delivered, so nothing was tested")
			}
		})
	}
}

func (n *memNode) outcomeName(err error) string {
	switch codeOf(err) {
	case codeOK:
		return "delivered"
	case codeGone:
		return "gone"
	case codeNotDelivered:
		return "unavailable"
	case codeOutcomeUnknown:
		return "unknown"
	}
	return err.Error()
}

// TestFaultyMessages loses, delays, repeats, reorders and refuses messages.
func TestFaultyMessages(t *testing.T) {
	runFaults(t, Config{}, func(w *world) {
		end := w.talk(4, 3, 4)
		for range 12 {
			w.net.set(faults{
				drop: w.rand.Float64() * 0.2, repeat: w.rand.Float64() * 0.5,
				refuse: w.rand.Float64() * 0.5,
				delay:  time.Duration(w.rand.Int64N(int64(2 * time.Second))),
			})
			time.Sleep(4 * time.Second)
		}
		end()
	})
}

// TestPartitions parts nodes from each other, in one direction or both, for less than Config.Dead,
// and takes JetStream away.
func TestPartitions(t *testing.T) {
	runFaults(t, Config{}, func(w *world) {
		end := w.talk(4, 3, 3)
		for range 5 {
			var f faults
			for range 1 + w.rand.IntN(4) {
				a, b := w.rand.IntN(4), w.rand.IntN(4)
				f.cut(a, b)
				if w.rand.IntN(3) > 0 {
					f.cut(b, a)
				}
			}
			f.delay = 50 * time.Millisecond
			w.net.set(f)
			w.store.mu.Lock()
			w.store.all, w.store.blurred = w.rand.IntN(3) == 0, 0.3
			w.store.mu.Unlock()
			time.Sleep(time.Duration(1+w.rand.IntN(19)) * time.Second)
			w.net.set(faults{})
			w.store.mu.Lock()
			w.store.all, w.store.blurred = false, 0
			w.store.mu.Unlock()
			time.Sleep(3 * time.Second)
		}
		end()
	})
}

// TestFreezes stops nodes for longer than commands may take, with commands on their way.
func TestFreezes(t *testing.T) {
	runFaults(t, Config{}, func(w *world) {
		end := w.talk(4, 3, 3)
		for range 5 {
			w.net.set(faults{frozen: map[int]bool{w.rand.IntN(4): true}, delay: 20 * time.Millisecond})
			time.Sleep(time.Duration(1+w.rand.IntN(20)) * time.Second)
			w.net.set(faults{})
			time.Sleep(2 * time.Second)
		}
		end()
	})
}

// TestKills kills nodes, and has others take their names.
func TestKills(t *testing.T) {
	runFaults(t, Config{}, func(w *world) {
		end := w.talk(4, 3, 3)
		w.net.set(faults{delay: 30 * time.Millisecond})
		time.Sleep(5 * time.Second)
		w.kill(w.nodes[w.rand.IntN(2)])
		time.Sleep(10 * time.Second)
		w.kill(w.nodes[2])
		time.Sleep(45 * time.Second)
		end()
		w.wantGone()
	})
}

// TestWithoutJetStream kills a node that no other can declare dead.
func TestWithoutJetStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1, Config{})
		w.without = true
		for range 3 {
			w.add(2)
		}
		defer w.end()
		first, killed := w.nodes[0], w.nodes[2]
		if inc := first.self().inc; inc == 0 || inc == killed.self().inc {
			t.Errorf("incarnations %v and %v", inc, killed.self().inc)
		}
		id := killed.local.open()[0]
		if err := first.Send(t.Context(), id, []byte("a 1")); err != nil {
			t.Error(err)
		}
		w.kill(killed)
		for range 3 {
			time.Sleep(time.Minute)
			for _, id := range []tyg.ConnID{id, "AAAAAAAAAAAAAAA="} {
				if err := first.Send(t.Context(), id, []byte("a 2")); codeOf(err) != codeNotDelivered {
					t.Errorf("%s: %v, want ErrUnavailable: no node knows that it is gone", id, err)
				}
			}
		}
		id = w.nodes[1].local.open()[0]
		if err := w.nodes[1].Leave(t.Context()); err != nil {
			t.Error(err)
		}
		if err := first.Send(t.Context(), id, []byte("a 3")); codeOf(err) != codeGone {
			t.Errorf("of a node that has left, and said so: %v", err)
		}
	})
}

// wantGone checks that the ids of killed nodes are gone for all others.
func (w *world) wantGone() {
	for id, c := range w.h.conns {
		if !c.killed {
			continue
		}
		for _, n := range w.nodes {
			if n.down {
				continue
			}
			if err := n.Send(context.Background(), id, []byte("late 1")); codeOf(err) != codeGone {
				w.t.Errorf("G5: 45 s after the kill, node %d says %v", n.local.number, err)
			}
		}
	}
}

// TestLedgerUnderFaults kills a node, then a sweeper in the middle, and cuts off another node for a
// minute, which must have closed its clients before the others tell of them.
func TestLedgerUnderFaults(t *testing.T) {
	runFaults(t, Config{Disconnects: AtLeastOnce, SweepRate: 20}, func(w *world) {
		end := w.talk(5, 20, 2)
		time.Sleep(5 * time.Second)
		w.kill(w.nodes[0])
		killed := time.Now()
		for w.told() < 5 { // the sweep has begun
			if time.Since(killed) > time.Minute {
				w.t.Fatal("no sweep")
			}
			time.Sleep(100 * time.Millisecond)
		}
		w.kill(w.nodes[1])
		var f faults
		for other := range 5 {
			if other != 4 {
				f.cut(4, other)
				f.cut(other, 4)
			}
		}
		w.net.set(f)
		w.store.mu.Lock()
		w.store.away[4] = true
		w.store.mu.Unlock()
		time.Sleep(time.Minute)
		if open := w.nodes[4].local.open(); len(open) > 0 {
			w.t.Errorf("the node that is cut off still serves %d clients", len(open))
		}
		w.net.set(faults{})
		w.store.mu.Lock()
		delete(w.store.away, 4)
		w.store.mu.Unlock()
		time.Sleep(20 * time.Second)
		if err := w.nodes[4].Ready(); err != nil {
			w.t.Errorf("after the partition: %v", err)
		}
		for _, n := range w.nodes[2:4] {
			if len(n.local.open()) != 20 {
				w.t.Errorf("node %d of the majority has lost clients", n.local.number)
			}
		}
		end()
		if n := w.told(); n < 60 {
			w.t.Errorf("%d disconnects were told, want those of three nodes with 20 clients each", n)
		}
	})
}

func (w *world) told() int {
	w.h.mu.Lock()
	defer w.h.mu.Unlock()
	return len(w.h.ends)
}
