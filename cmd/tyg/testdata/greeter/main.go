// Command greeter greets each client once it is connected.
package main

import (
	"context"
	"log"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/host"
)

func main() {
	app := tyg.New("greeter")
	app.OnOpen(func(ctx context.Context, c *tyg.Conn) error { return c.SendString(ctx, "welcome") })
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		return c.Send(ctx, m.Data)
	})
	if err := host.Run(app); err != nil {
		log.Fatal(err)
	}
}
