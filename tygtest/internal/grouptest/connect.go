package grouptest

import (
	"context"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/tygtest/internal/suite"
)

func checkAddInConnect(t *suite.T) {
	t.OnConnect = func(ctx context.Context, c *tyg.Conn, _ *tyg.Request) error {
		g := t.App.Group("tea")
		if err := g.Add(ctx, c.ID); err != nil {
			return err
		}
		if err := g.AddAs(ctx, c.ID, "John"); err != nil {
			return err
		}
		if err := t.App.Group("coffee").Add(ctx, c.ID); err != nil {
			return err
		}
		return t.App.Group("coffee").Remove(ctx, c.ID)
	}
	t.Start()
	clients := t.ConnectMany(3)
	for _, p := range clients {
		p.RoundTrip() // it is open
	}
	g := t.App.Group("tea")
	expectCount(t, g, 3)
	expectCount(t, t.App.Group("coffee"), 0)
	send(t, g, "hi", 3)
	for _, p := range clients {
		p.Expect("hi")
		if m := members(t, g)[p.ID()]; m.Name() != "John" {
			t.Errorf("the member is %+v, want John", m)
		}
	}
}

func checkRefused(t *suite.T) {
	t.OnConnect = func(ctx context.Context, c *tyg.Conn, _ *tyg.Request) error {
		if err := t.App.Group("tea").Add(ctx, c.ID); err != nil {
			t.Errorf("Add returned %v", err)
		}
		return tyg.Reject(403, "no")
	}
	t.Start()
	t.DialRefused(suite.Dial{})
	expectCount(t, t.App.Group("tea"), 0)
	send(t, t.App.Group("tea"), "hi", 0)
}
