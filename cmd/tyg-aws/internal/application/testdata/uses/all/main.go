// Command all sends to all connections.
package main

import (
	"context"

	"github.com/tyg-dev/tyg"
)

func main() {
	app := tyg.New("app")

	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		return app.Everyone().SendJSON(ctx, m.Text())
	})
	_, _ = app.Handle(context.Background(), tyg.Event{Conn: new(tyg.Conn)})
}
