// Command method uses a method of a group as a value.
package main

import (
	"context"

	"github.com/tyg-dev/tyg"
)

func main() {
	app := tyg.New("app")

	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		return try(ctx, m.Data, app.Group("tea").Send)
	})
	_, _ = app.Handle(context.Background(), tyg.Event{Conn: new(tyg.Conn)})
}

func try(
	ctx context.Context, data []byte, send func(context.Context, []byte, ...tyg.GroupOption) error,
) error {
	return send(ctx, data)
}
