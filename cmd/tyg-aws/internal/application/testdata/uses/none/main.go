// Command none uses no groups.
package main

import (
	"context"

	"github.com/tyg-dev/tyg"
)

func main() {
	app := tyg.New("app")

	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		return c.Send(ctx, m.Data)
	})
	_, _ = app.Handle(context.Background(), tyg.Event{Conn: new(tyg.Conn)})
}
