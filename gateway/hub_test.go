package gateway_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
)

// sharing returns n ids that share a key in the hub, as those of a custom NewID may.
func sharing(n int) []tyg.ConnID {
	var ids []tyg.ConnID
	for i := range n {
		ids = append(ids, tyg.ConnID(fmt.Sprintf("%07dAAAAAAAA=", i)))
	}
	return ids
}

// TestSharedKey finds sessions that share a key, while they come and go in any order.
func TestSharedKey(t *testing.T) {
	for seed := range uint64(20) {
		rng, h := rand.New(rand.NewPCG(seed, 1)), gateway.NewHub()
		ids := sharing(20)
		there := make(map[int]func())
		for range 500 {
			i := rng.IntN(len(ids))
			if remove := there[i]; remove != nil {
				remove()
				remove() // once more does nothing
				delete(there, i)
			} else {
				there[i] = h.Add(ids[i])
			}
			for j, id := range ids {
				if got := h.Has(id); got != (there[j] != nil) {
					t.Fatalf("session %d of %d: found is %v", j, len(there), got)
				}
			}
			if size, seen := h.Count(); size != len(there) || seen != len(there) {
				t.Fatalf("%d sessions, %d seen, want %d", size, seen, len(there))
			}
		}
	}
}

// TestSameID has two sessions of one id, which a wrong NewID makes: the one that stays is found.
func TestSameID(t *testing.T) {
	h := gateway.NewHub()
	first, second := h.Add("same"), h.Add("same")
	for _, remove := range []func(){second, first} {
		if !h.Has("same") {
			t.Error("not found")
		}
		remove()
	}
	if h.Has("same") {
		t.Error("found after all have gone")
	}
}

// TestHubChurn adds, finds and removes sessions from many goroutines.
func TestHubChurn(t *testing.T) {
	const workers, rounds = 8, 300
	h := gateway.NewHub()
	ids := sharing(workers)
	var all sync.WaitGroup
	for i := range workers {
		all.Go(func() {
			for range rounds {
				other := tyg.ConnID(fmt.Sprint("other ", i))
				removes := []func(){h.Add(ids[i]), h.Add(other)}
				if !h.Has(ids[i]) || !h.Has(other) {
					t.Error("a session is not found")
				}
				h.Count()
				for _, remove := range removes {
					remove()
				}
				if h.Has(ids[i]) || h.Has(other) {
					t.Error("a session is found that has gone")
				}
			}
		})
	}
	all.Wait()
	if size, seen := h.Count(); size != 0 || seen != 0 {
		t.Errorf("%d sessions are left, %d seen", size, seen)
	}
}

// TestRosterIsInTheOrderOfConnecting compares the order of a broadcast to all with that of
// connects.
func TestRosterIsInTheOrderOfConnecting(t *testing.T) {
	h := gateway.NewHub()
	var want []tyg.ConnID
	for i := range 1000 {
		want = append(want, tyg.ConnID(fmt.Sprint("c", i)))
		h.Add(want[i])
	}
	if !slices.Equal(h.List(), want) {
		t.Error("the sessions are in another order")
	}
}

// TestRosterOfTheGoneIsFreed has a session that goes while all sessions are listed: the list would
// keep it in memory until the next one comes or goes.
func TestRosterOfTheGoneIsFreed(t *testing.T) {
	h := gateway.NewHub()
	for range 1000 {
		h.Add(tyg.ConnID(fmt.Sprint(rand.Int())))
	}
	for n := range 2_000 {
		remove := h.Add("it")
		var both sync.WaitGroup
		both.Go(func() {
			for range n % 50 {
				h.Has("it") // lets the list begin
			}
			remove()
		})
		h.List()
		both.Wait()
		if h.KeepsOld() {
			t.Fatalf("round %d: the hub keeps a list of what is not there any more", n)
		}
	}
}

// TestSharedKeyServed sends to connections whose ids share a key.
func TestSharedKeyServed(t *testing.T) {
	ids := sharing(10)
	var made atomic.Int64
	r := start(
		t, &gateway.Server{Handler: echo(), NewID: func() tyg.ConnID { return ids[made.Add(1)-1] }},
	)
	var wires []*wire
	for range ids {
		wires = append(wires, r.wire(t))
	}
	for _, i := range rand.Perm(len(ids)) {
		for j, w := range wires {
			if w == nil {
				continue
			}
			if err := r.Send(t.Context(), ids[j], []byte(ids[j])); err != nil {
				t.Fatal(err)
			}
			w.expect(t, string(ids[j]))
		}
		_ = wires[i].Close()
		wires[i] = nil
		until(t, "it has gone", func() bool { return r.Send(t.Context(), ids[i], nil) != nil })
	}
}
