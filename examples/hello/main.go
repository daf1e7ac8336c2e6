// Command hello sends each message to all who are connected. It is the program of the README.
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
	app := tyg.New("hello")
	app.OnMessage(func(ctx context.Context, _ *tyg.Conn, m tyg.Message) error {
		return app.Everyone().Send(ctx, m.Data)
	})
	return app
}
