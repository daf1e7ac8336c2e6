package main

import (
	"context"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/bench/internal/serve"
	"github.com/tyg-dev/tyg/cluster"
	"github.com/tyg-dev/tyg/gateway"
)

// tygNode is a gateway with cluster.Join and its defaults.
type tygNode struct {
	srv  *gateway.Server
	node *cluster.Node
}

const room = "room"

func newTyg(url, name string, ping time.Duration) (*tygNode, error) {
	app := tyg.New("bench")
	app.OnConnect(func(ctx context.Context, c *tyg.Conn, r *tyg.Request) error {
		if r.Query.Has("room") {
			return app.Group(room).Add(ctx, c.ID)
		}
		return nil
	})
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		if m.Data[0] == '{' {
			return app.Group(room).Send(ctx, m.Data)
		}
		return c.SendString(ctx, "id "+string(c.ID))
	})
	n := &tygNode{srv: &gateway.Server{
		Handler: app, Extensions: gateway.Extensions{Ping: ping},
		Limits: gateway.Limits{Conns: -1, ConnsPerAddress: -1, Idle: time.Hour},
	}}
	var err error
	n.node, err = cluster.Join(context.Background(), n.srv, cluster.Config{
		URL: url, Name: "bench", Node: name,
	})
	return n, err
}

func (n *tygNode) serve(o serve.Options) error { return n.srv.Serve(o.ListenPlain()) }

func (n *tygNode) send(to string, data []byte) error {
	return n.node.Send(context.Background(), tyg.ConnID(to), data)
}
