package grouptest

import (
	"context"
	"fmt"
	"strconv"
	"sync"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/tygtest/internal/suite"
)

func raceCases() []suite.Case {
	return []suite.Case{
		{
			Name:  "A member is sent to from its Add to its Remove",
			Rule:  "a message that is sent after Add returned and before Remove began reaches the member",
			Check: checkJoinWhileSent,
		},
		{
			Name:  "Of many Adds one joins, of many Removes one leaves",
			Rule:  "OnJoin and OnLeave are called once, however many callers add and remove at a time",
			Check: checkConcurrentAdds,
		},
		{
			Name:  "No member stays of a connection that ends while it is added",
			Rule:  "a connection that has ended is in no group, and each join has a leave",
			Check: checkEndWhileAdded,
		},
	}
}

// checkJoinWhileSent has a member that comes and goes while other goroutines send.
func checkJoinWhileSent(t *suite.T) {
	t.Start()
	p, others := t.Connect(suite.Dial{}), t.ConnectMany(3)
	g := t.App.Group("tea")
	add(t, g, others...)
	stop := make(chan struct{})
	var background sync.WaitGroup
	background.Go(func() { // stop ends it
		for {
			select {
			case <-stop:
				return
			default:
			}
			if err := g.Send(t.Ctx, []byte("noise")); err != nil {
				t.Errorf("Send returned %v", err)
				return
			}
			for _, q := range others { // which are not to become slow
				if _, _, err := q.Read(t.Ctx); err != nil {
					t.Errorf("read: %v", err)
					return
				}
			}
		}
	})
	const rounds = 20
	for n := range rounds {
		add(t, g, p)
		if err := g.Send(t.Ctx, []byte(strconv.Itoa(n))); err != nil {
			t.Fatalf("Send returned %v", err)
		}
		if err := g.Remove(t.Ctx, p.ID()); err != nil {
			t.Fatalf("Remove returned %v", err)
		}
		expectAmongNoise(t, p, strconv.Itoa(n))
	}
	close(stop)
	background.Wait()
	send(t, g, "end", len(others))
}

// expectAmongNoise reads messages up to want, all others being noise.
func expectAmongNoise(t *suite.T, p *suite.Client, want string) {
	t.Helper()
	for {
		got := p.ReadText()
		if got == want {
			return
		}
		if got != "noise" {
			t.Fatalf("client received %s, want %s", suite.Brief(got), suite.Brief(want))
		}
	}
}

func checkConcurrentAdds(t *suite.T) {
	p := watch(t)
	t.Start()
	client := t.Connect(suite.Dial{})
	const rounds, callers = 5, 8
	for n := range rounds {
		g := t.App.Group(fmt.Sprint("g", n))
		atOnce(callers, func(int) {
			if err := g.Add(t.Ctx, client.ID()); err != nil {
				t.Errorf("Add returned %v", err)
			}
		})
		atOnce(callers, func(int) {
			if err := g.Remove(t.Ctx, client.ID()); err != nil {
				t.Errorf("Remove returned %v", err)
			}
		})
	}
	var keys []string
	for n := range rounds {
		keys = append(keys, fmt.Sprint("g", n, " ", client.ID(), " "))
	}
	p.expect(t, "joins", p.joins, keys...)
	p.expect(t, "leaves", p.leaves, keys...)
}

// atOnce calls f from n goroutines and waits for all.
func atOnce(n int, f func(i int)) {
	var calls sync.WaitGroup
	for i := range n {
		calls.Go(func() { f(i) })
	}
	calls.Wait()
}

func checkEndWhileAdded(t *suite.T) {
	var mu sync.Mutex
	open := make(map[string]int) // joins minus leaves
	note := func(n int) tyg.PresenceFunc {
		return func(_ context.Context, g *tyg.Group, m tyg.Member) error {
			mu.Lock()
			defer mu.Unlock()
			open[g.Name()+string(m.ID)] += n
			return nil
		}
	}
	t.App.OnJoin(note(1))
	t.App.OnLeave(note(-1))
	t.Start()
	const clients, groups = 8, 10
	for range clients {
		p := t.Connect(suite.Dial{})
		var adding sync.WaitGroup
		for n := range groups {
			adding.Go(func() {
				err := t.App.Group(fmt.Sprint("g", n)).Add(t.Ctx, p.ID())
				if err != nil && !is(err, tyg.ErrGone) {
					t.Errorf("Add returned %v", err)
				}
			})
		}
		if err := p.Drop(); err != nil {
			t.Fatalf("drop: %v", err)
		}
		p.WaitDisconnect()
		adding.Wait()
	}
	for n := range groups {
		expectCount(t, t.App.Group(fmt.Sprint("g", n)), 0)
	}
	mu.Lock()
	defer mu.Unlock()
	for key, n := range open {
		if n != 0 {
			t.Errorf("member %s: joins minus leaves are %d", key, n)
		}
	}
}
