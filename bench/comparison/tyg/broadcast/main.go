// Command broadcast sends every message to all clients, with tyg.
package main

import (
	"context"
	"log"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/host"
)

func main() {
	app := tyg.New("broadcast")
	app.OnMessage(func(ctx context.Context, _ *tyg.Conn, m tyg.Message) error {
		return app.Everyone().Send(ctx, m.Data)
	})
	if err := host.Run(app); err != nil {
		log.Fatal(err)
	}
}
