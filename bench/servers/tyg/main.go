// tyg with everything on: App, events, ids, routes, queues, limits, timeouts.
//
// With -route the echo is the handler of a route, and the gateway searches each message for the
// key. With -portable it takes the portable path of other systems. With -many it allows more
// connections and longer silence than the defaults.
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
	route := flag.Bool("route", false, `answer {"action":"echo"} only, by route selection`)
	portable := flag.Bool("portable", false, "keep to the portable path")
	many := flag.Bool("many", false, "no limit on connections, and an hour of silence")
	o := serve.Parse()
	g := &gateway.Server{Handler: application(o.Room, *route), Portable: *portable, TLS: o.Secure()}
	if *many {
		g.Limits = gateway.Limits{Conns: -1, Idle: time.Hour}
	}
	serve.Check(g.Serve(o.ListenPlain()))
}

func application(all, route bool) *tyg.App {
	app := tyg.New("bench")
	if route {
		app.OnRoute("echo", echo)
		return app
	}
	r := &room{all: all}
	app.OnConnect(r.connect)
	app.OnMessage(r.message)
	return app
}

func echo(ctx context.Context, c *tyg.Conn, m tyg.Message) error { return c.Send(ctx, m.Data) }

// room has all clients, or those that connected with "?room". The load client begins messages to a
// room with a number, so a message that begins with a letter is an echo.
type room struct {
	all bool

	mu      sync.RWMutex
	members []tyg.ConnID // clients stay until the process ends
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
	if !r.all && (len(m.Data) == 0 || m.Data[0] > '9') {
		return echo(ctx, c, m)
	}
	r.mu.RLock()
	to := r.members
	r.mu.RUnlock()
	return c.Sender.SendMany(ctx, to, m.Data)
}
