// Command echo sends every message back to the client that sent it.
package main

import (
	"context"
	"log"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/host"
)

func main() {
	if err := host.Run(newApp()); err != nil {
		log.Fatal(err)
	}
}

func newApp() *tyg.App {
	app := tyg.New("echo-server")
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		return c.Send(ctx, m.Data)
	})
	return app
}
