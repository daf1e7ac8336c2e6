package grouptest

import (
	"context"
	"errors"
	"sync"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/tygtest/internal/suite"
)

func presenceCases() []suite.Case {
	return []suite.Case{
		{
			Name:  "OnJoin is called once for a membership",
			Rule:  "Add calls OnJoin for a connection that was no member, and returns its error",
			Check: checkJoin,
		},
		{
			Name:  "OnLeave is called once for a membership",
			Rule:  "OnLeave is called when a member was removed, or its connection has ended in any way",
			Check: checkLeave,
		},
		{
			Name:  "OnJoin and OnLeave that fail change no membership",
			Rule:  "Add and Remove return their errors, and neither is called again",
			Check: checkPresenceFails,
		},
		{
			Name:  "OnLeave that panics ends nothing else",
			Rule:  "OnLeave is called for the other groups, and then the disconnect handler",
			Check: checkLeavePanics,
		},
		{
			Name:  "Groups are left before the disconnect handler",
			Rule:  "OnLeave is called before OnDisconnect, when the member is in the group no more",
			Check: checkLeaveOrder,
		},
		{
			Name:  "A refused connection leaves what it has joined",
			Rule:  "each OnJoin is followed by one OnLeave, also where the handshake is refused",
			Check: checkRefusedLeaves,
		},
	}
}

// presence counts joins and leaves by group and connection.
type presence struct {
	mu            sync.Mutex
	joins, leaves map[string]int
}

// watch registers handlers that count.
func watch(t *suite.T) *presence {
	p := &presence{joins: make(map[string]int), leaves: make(map[string]int)}
	t.App.OnJoin(func(_ context.Context, g *tyg.Group, m tyg.Member) error {
		p.count(p.joins, g, m)
		return nil
	})
	t.App.OnLeave(func(_ context.Context, g *tyg.Group, m tyg.Member) error {
		p.count(p.leaves, g, m)
		return nil
	})
	return p
}

func (p *presence) count(counts map[string]int, g *tyg.Group, m tyg.Member) {
	p.mu.Lock()
	defer p.mu.Unlock()
	counts[g.Name()+" "+string(m.ID)+" "+m.Name()]++
}

// expect checks that counts are one for each key.
func (p *presence) expect(t *suite.T, what string, counts map[string]int, keys ...string) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, key := range keys {
		if counts[key] != 1 {
			t.Errorf("%s of %q: %d, want 1; all: %v", what, key, counts[key], counts)
		}
	}
	if len(counts) != len(keys) {
		t.Errorf("%s: %v, want %q", what, counts, keys)
	}
}

func checkJoin(t *suite.T) {
	p := watch(t)
	t.Start()
	john, jenny := t.Connect(suite.Dial{}), t.Connect(suite.Dial{})
	g := t.App.Group("tea")
	if err := g.AddAs(t.Ctx, john.ID(), "John"); err != nil {
		t.Fatalf("AddAs returned %v", err)
	}
	add(t, g, john, jenny, jenny)
	add(t, t.App.Group("coffee"), john)
	p.expect(t, "joins", p.joins,
		"tea "+string(john.ID())+" John", "tea "+string(jenny.ID())+" ", "coffee "+string(john.ID())+" ")
	p.expect(t, "leaves", p.leaves)
}

func checkPresenceFails(t *suite.T) {
	errJoin, errLeave := errors.New("join"), errors.New("leave")
	t.App.OnJoin(func(context.Context, *tyg.Group, tyg.Member) error { return errJoin })
	t.App.OnLeave(func(context.Context, *tyg.Group, tyg.Member) error { return errLeave })
	t.Start()
	p := t.Connect(suite.Dial{})
	g := t.App.Group("tea")
	for _, want := range []error{errJoin, nil} {
		if err := g.Add(t.Ctx, p.ID()); !is(err, want) {
			t.Errorf("Add returned %v, want %v", err, want)
		}
		expectCount(t, g, 1)
	}
	for _, want := range []error{errLeave, nil} {
		if err := g.Remove(t.Ctx, p.ID()); !is(err, want) {
			t.Errorf("Remove returned %v, want %v", err, want)
		}
		expectCount(t, g, 0)
	}
}

func checkLeavePanics(t *suite.T) {
	left := make(chan string, 10)
	t.App.OnLeave(func(_ context.Context, g *tyg.Group, _ tyg.Member) error {
		left <- g.Name()
		panic("OnLeave of " + g.Name())
	})
	t.Start()
	p := t.Connect(suite.Dial{})
	for _, name := range []string{"tea", "coffee", "milk"} {
		add(t, t.App.Group(name), p)
	}
	p.Disconnect()
	p.WaitDisconnect()
	names := make(map[string]bool)
	for len(left) > 0 {
		names[<-left] = true
	}
	if len(names) != 3 {
		t.Errorf("OnLeave was called for %v, want all 3 groups", names)
	}
}

func checkLeave(t *suite.T) {
	p := watch(t)
	t.Start()
	clients := t.ConnectMany(4)
	g := t.App.Group("tea")
	add(t, g, clients...)
	for range 2 {
		if err := g.Remove(t.Ctx, clients[0].ID()); err != nil {
			t.Fatalf("Remove returned %v", err)
		}
	}
	if err := clients[1].Close(1000, ""); err != nil {
		t.Fatalf("close: %v", err)
	}
	if err := clients[2].Drop(); err != nil {
		t.Fatalf("drop: %v", err)
	}
	if err := t.Sender.Close(t.Ctx, clients[3].ID()); err != nil {
		t.Fatalf("Close returned %v", err)
	}
	clients[3].ReadClosed()
	var keys []string
	for i, c := range clients {
		keys = append(keys, "tea "+string(c.ID())+" ")
		if i > 0 {
			c.WaitDisconnect()
		}
	}
	p.expect(t, "leaves", p.leaves, keys...)
	expectCount(t, g, 0)
}

func checkLeaveOrder(t *suite.T) {
	type seen struct {
		what  string
		count int
	}
	order := make(chan seen, 10)
	note := func(ctx context.Context, what string) error {
		n, err := t.App.Group("tea").Count(ctx)
		order <- seen{what, n}
		return err
	}
	t.App.OnLeave(func(ctx context.Context, _ *tyg.Group, _ tyg.Member) error {
		return note(ctx, "leave")
	})
	t.OnDisconnect = func(ctx context.Context, _ *tyg.Conn, _ tyg.Disconnect) error {
		return note(ctx, "disconnect")
	}
	t.Start()
	p := t.Connect(suite.Dial{})
	add(t, t.App.Group("tea"), p)
	p.Disconnect()
	for _, want := range []seen{{"leave", 0}, {"disconnect", 0}} {
		if got := suite.Wait(t, want.what, order); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
}

func checkRefusedLeaves(t *suite.T) {
	p := watch(t)
	var id tyg.ConnID
	t.OnConnect = func(ctx context.Context, c *tyg.Conn, _ *tyg.Request) error {
		id = c.ID
		if err := t.App.Group("tea").Add(ctx, c.ID); err != nil {
			t.Errorf("Add returned %v", err)
		}
		return tyg.Reject(403, "no")
	}
	t.Start()
	t.DialRefused(suite.Dial{})
	expectCount(t, t.App.Group("tea"), 0)
	t.WaitEvent("a leave event", suite.Nth(tyg.EventLeave, 1))
	key := "tea " + string(id) + " "
	p.expect(t, "joins", p.joins, key)
	p.expect(t, "leaves", p.leaves, key)
}
