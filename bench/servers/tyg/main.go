// tyg with everything on: App, events, ids, routes, queues, limits, timeouts.
//
// With -route the echo is the handler of a route, and each message is searched for its key.
package main

import (
	"context"
	"flag"
	"net/http"
	"sync"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/bench/internal/serve"
	"github.com/tyg-dev/tyg/gateway"
)

func main() {
	route := flag.Bool("route", false, `answer {"action":"echo"} only, by route selection`)
	o := serve.Parse()
	app := tyg.New("bench")
	switch {
	case o.Room:
		openRoom(app)
	case *route:
		app.OnRoute("echo", echo)
	default:
		app.OnMessage(echo)
	}
	g := &gateway.Server{Handler: app}
	serve.Check(g.Start())
	serve.Check((&http.Server{Handler: g}).Serve(o.Listen()))
}

func echo(ctx context.Context, c *tyg.Conn, m tyg.Message) error { return c.Send(ctx, m.Data) }

// openRoom sends each message to everybody. Nobody leaves before the process ends.
func openRoom(app *tyg.App) {
	var mu sync.RWMutex
	var members []tyg.ConnID
	app.OnConnect(func(_ context.Context, c *tyg.Conn, _ *tyg.Request) error {
		mu.Lock()
		defer mu.Unlock()
		members = append(members, c.ID)
		return nil
	})
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		mu.RLock()
		to := members
		mu.RUnlock()
		return c.Sender.SendMany(ctx, to, m.Data)
	})
}
