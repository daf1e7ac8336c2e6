package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/test/cluster/record"
)

// allClients is the group of all connections.
const allClients = "all"

// app tells a client its id, "I ID", answers "M NUMBER" with "A NUMBER", and puts all clients into
// one group. Some of its handlers take a while, fail or panic.
func (n *node) app() *tyg.App {
	app := tyg.New("node")
	app.OnConnect(func(ctx context.Context, c *tyg.Conn, r *tyg.Request) error {
		n.own.Store(string(c.ID), true)
		if r.Query.Has("crowd") {
			return nil // messages to all would be too many
		}
		return app.Group(allClients).Add(ctx, c.ID)
	})
	app.OnOpen(func(ctx context.Context, c *tyg.Conn) error {
		return c.SendString(ctx, "I "+string(c.ID))
	})
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		var number int
		if _, err := fmt.Sscanf(string(m.Data), "M %d", &number); err != nil {
			return err
		}
		switch rand.IntN(200) {
		case 0:
			return errors.New("one of 200 messages fails")
		case 1:
			panic("one of 200 messages panics")
		case 2, 3, 4, 5:
			time.Sleep(rand.N(30 * time.Millisecond))
		}
		return c.SendString(ctx, fmt.Sprint("A ", number))
	})
	app.OnDisconnect(func(context.Context, *tyg.Conn, tyg.Disconnect) error { return nil })
	app.Use(n.log)
	return app
}

// log tells when handlers begin and end.
func (n *node) log(next tyg.Handler) tyg.Handler {
	return tyg.HandlerFunc(func(ctx context.Context, e tyg.Event) (reply tyg.Reply, err error) {
		r := record.Record{
			Kind: record.Begin, Event: strings.ToLower(e.Type.String()), Conn: string(e.Conn.ID),
			Request: e.RequestID,
		}
		if e.Type == tyg.EventMessage {
			_, _ = fmt.Sscanf(string(e.Message.Data), "M %d", &r.Message) // else 0
		}
		r.Code, r.Reason = int(e.Disconnect.Code), e.Disconnect.Reason
		n.tell(r)
		defer func() { // also after a panic
			r.Kind, r.At = record.End, 0
			n.tell(r)
		}()
		r.Err = "failed"
		if reply, err = next.Handle(ctx, e); err == nil {
			r.Err = ""
		}
		return reply, err
	})
}
