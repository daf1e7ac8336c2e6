// tyg with everything on: App, events, ids, routes, queues, limits, timeouts.
//
// A room is a group. With -ids it is a slice of connection ids and SendMany. With -route the echo
// is the handler of a route, and the gateway searches each message for the key. With -portable it
// takes the portable path of other systems. With -many it allows more connections, longer silence
// and larger messages, also binary ones, than the defaults.
package main

import (
	"context"
	"flag"
	"sync"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/bench/internal/serve"
	"github.com/tyg-dev/tyg/gateway"
)

func main() {
	ids := flag.Bool("ids", false, "send to a room by the ids of its members")
	route := flag.Bool("route", false, `answer {"action":"echo"} only, by route selection`)
	portable := flag.Bool("portable", false, "keep to the portable path")
	many := flag.Bool("many", false, "any number of connections, any messages, an hour of silence")
	ping := flag.Duration("ping", 0, "time between pings; 0: none")
	o := serve.Parse()
	app := tyg.New("bench")
	switch {
	case *route:
		app.OnRoute("echo", echo)
	case *ids:
		(&room{all: o.Room}).register(app)
	default:
		useGroups(app, o.Room)
	}
	g := &gateway.Server{Handler: app, Portable: *portable, TLS: o.Secure()}
	g.Extensions.Ping = *ping
	if *many {
		g.Limits = gateway.Limits{Conns: -1, Idle: time.Hour, Frame: -1, Message: -1}
		g.Extensions.Binary = true
	}
	serve.Check(g.Serve(o.ListenPlain()))
}

func echo(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
	if m.Type == tyg.Binary {
		return c.Send(ctx, m.Data, tyg.Binary)
	}
	return c.Send(ctx, m.Data)
}

// A room has all clients, or those that connected with "?room". The load client begins messages to
// a room with a number, so a message that begins with a letter is an echo.
func isEcho(m tyg.Message) bool { return len(m.Data) == 0 || m.Data[0] > '9' }

// useGroups makes the room a group.
func useGroups(app *tyg.App, all bool) {
	to := app.Group("room")
	if all {
		to = app.Everyone()
	} else {
		app.OnConnect(func(ctx context.Context, c *tyg.Conn, r *tyg.Request) error {
			if !r.Query.Has("room") {
				return nil
			}
			return to.Add(ctx, c.ID)
		})
	}
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		if !all && isEcho(m) {
			return echo(ctx, c, m)
		}
		return to.Send(ctx, m.Data)
	})
}

// A room of connection ids.
type room struct {
	all bool

	mu      sync.RWMutex
	members []tyg.ConnID // clients stay until the process ends
}

func (r *room) register(app *tyg.App) {
	app.OnConnect(r.connect)
	app.OnMessage(r.message)
}

func (r *room) connect(_ context.Context, c *tyg.Conn, req *tyg.Request) error {
	if !r.all && !req.Query.Has("room") {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.members = append(r.members, c.ID)
	return nil
}

func (r *room) message(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
	if !r.all && isEcho(m) {
		return echo(ctx, c, m)
	}
	r.mu.RLock()
	to := r.members
	r.mu.RUnlock()
	return c.Sender.SendMany(ctx, to, m.Data)
}
