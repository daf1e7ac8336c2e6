package groups_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/groups"
)

// A client is a connection of the tests.
type client struct {
	id     tyg.ConnID
	groups groups.Conn[*client]
}

func newSet() *groups.Set[*client] {
	s := new(groups.Set[*client])
	s.Init()
	return s
}

func newClients(n int) []*client {
	list := make([]*client, n)
	for i := range list {
		list[i] = &client{id: tyg.ConnID(fmt.Sprint("c", i))}
	}
	return list
}

// A model is what a Set must hold: the members that are open, by group.
type model map[string]map[*client]bool

func (m model) set(name string, c *client, in bool) {
	if m[name] == nil {
		m[name] = make(map[*client]bool)
	}
	if m[name][c] = true; !in {
		delete(m[name], c)
	}
}

// TestSetHoldsWhatWasAdded compares a Set with a model after each of many random changes.
func TestSetHoldsWhatWasAdded(t *testing.T) {
	for seed := range uint64(5) {
		checkRandomChanges(t, rand.New(rand.NewPCG(seed, 0)))
	}
}

func checkRandomChanges(t *testing.T, r *rand.Rand) {
	t.Helper()
	s, want, clients := newSet(), make(model), newClients(200)
	pending := make(map[*client]map[string]bool) // of clients that are not open
	for i, c := range clients {
		if pending[c] = make(map[string]bool); i%2 == 0 {
			s.Open(&c.groups)
			delete(pending, c)
		}
	}
	ended := make(map[*client]bool)
	for range 5000 {
		c, name := clients[r.IntN(len(clients))], fmt.Sprint("g", r.IntN(3))
		waits, waiting := pending[c]
		was := want[name][c] || waits[name]
		switch n := r.IntN(100); {
		case n < 60:
			_, added, err := s.Add(name, c, &c.groups, c.id, nil)
			if (err == tyg.ErrGone) != ended[c] || added != (!was && !ended[c]) {
				t.Fatalf("Add returned %v, %v; was %v, ended %v", added, err, was, ended[c])
			}
			if waiting {
				waits[name] = true
			} else {
				want.set(name, c, !ended[c])
			}
		case n < 95:
			if _, removed := s.Remove(name, &c.groups); removed != was {
				t.Fatalf("Remove returned %v, want %v", removed, was)
			}
			delete(waits, name)
			want.set(name, c, false)
		case n < 98:
			s.Open(&c.groups)
			for name := range waits {
				want.set(name, c, true)
			}
			delete(pending, c)
		default:
			if c == clients[0] || r.IntN(10) > 0 {
				continue
			}
			for _, m := range s.End(&c.groups) {
				if !want[m.Group][c] && !waits[m.Group] {
					t.Fatalf("End returned %+v, which is no membership", m)
				}
				delete(waits, m.Group)
				want.set(m.Group, c, false)
			}
			if len(waits) > 0 {
				t.Fatalf("End did not return %v", waits)
			}
			ended[c] = true
			delete(pending, c)
		}
		compare(t, s, want, name)
	}
}

func compare(t *testing.T, s *groups.Set[*client], want model, name string) {
	t.Helper()
	got := make(map[*client]bool)
	for _, c := range s.Conns(name) {
		got[c] = true
	}
	if !maps.Equal(got, want[name]) || s.Count(name) != len(got) || len(s.Conns(name)) != len(got) ||
		len(s.Members(name)) != len(got) {
		t.Fatalf("group %s has %d connections, %d counted, %d members; want %d",
			name, len(s.Conns(name)), s.Count(name), len(s.Members(name)), len(want[name]))
	}
}

// A list that a caller has must not change under it.
func TestConnsIsNotChangedLater(t *testing.T) {
	s, clients := newSet(), newClients(100)
	for _, c := range clients {
		s.Open(&c.groups)
		if _, _, err := s.Add("g", c, &c.groups, c.id, nil); err != nil {
			t.Fatal(err)
		}
	}
	list := s.Conns("g")
	before := slices.Clone(list)
	for _, c := range clients[:99] {
		s.Remove("g", &c.groups)
	}
	s.End(&clients[99].groups)
	if !slices.Equal(list, before) {
		t.Error("the list has changed")
	}
	if s.Count("g") != 0 || s.Conns("g") != nil || s.Members("g") != nil {
		t.Error("a group without members is left")
	}
}

// Those that joined first are sent to first, also after others have left.
func TestConnsAreInTheOrderOfJoining(t *testing.T) {
	s, clients := newSet(), newClients(100)
	for _, c := range clients {
		s.Open(&c.groups)
		if _, _, err := s.Add("g", c, &c.groups, c.id, nil); err != nil {
			t.Fatal(err)
		}
	}
	for i := 0; i < len(clients); i += 3 {
		s.Remove("g", &clients[i].groups)
	}
	var want []*client
	for i, c := range clients {
		if i%3 != 0 {
			want = append(want, c)
		}
	}
	if !slices.Equal(s.Conns("g"), want) {
		t.Error("the connections are in another order")
	}
}

func TestAddSetsInfo(t *testing.T) {
	s, c := newSet(), newClients(1)[0]
	for _, step := range []struct{ info, want string }{{"", ""}, {"1", "1"}, {"", "1"}, {"2", "2"}} {
		var info json.RawMessage
		if step.info != "" {
			info = json.RawMessage(step.info)
		}
		if m, _, err := s.Add("g", c, &c.groups, c.id, info); err != nil || string(m.Info) != step.want {
			t.Errorf("Add with the info %q returned %+v, %v", step.info, m, err)
		}
	}
}

// Of many callers at a time one adds and one removes, and End leaves nothing behind.
func TestConcurrentChanges(t *testing.T) {
	s, clients := newSet(), newClients(4)
	var calls sync.WaitGroup
	joins, leaves := make([]int, len(clients)), make([]int, len(clients))
	var mu sync.Mutex
	count := func(list []int, i int) {
		mu.Lock()
		defer mu.Unlock()
		list[i]++
	}
	for i, c := range clients {
		for range 3 {
			calls.Go(func() {
				for n := range 300 {
					name := fmt.Sprint("g", n%5)
					if _, added, _ := s.Add(name, c, &c.groups, c.id, nil); added {
						count(joins, i)
					}
					s.Conns(name)
					if _, removed := s.Remove(name, &c.groups); removed {
						count(leaves, i)
					}
					if n == 100 {
						s.Open(&c.groups)
					}
				}
			})
		}
		calls.Go(func() {
			for range s.End(&c.groups) {
				count(leaves, i)
			}
		})
	}
	calls.Wait()
	if !slices.Equal(joins, leaves) {
		t.Errorf("joins %v, leaves %v", joins, leaves)
	}
	for n := range 5 {
		if got := s.Count(fmt.Sprint("g", n)); got != 0 {
			t.Errorf("group %d has %d members left", n, got)
		}
	}
}
