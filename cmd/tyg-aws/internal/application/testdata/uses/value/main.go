// Command value uses a value.
package main

import (
	"context"

	"github.com/tyg-dev/tyg"
)

func main() {
	app := tyg.New("app")
	visitors := tyg.NewValue[int](app, "visitors")
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		return visitors.Set(ctx, 1)
	})
	_, _ = app.Handle(context.Background(), tyg.Event{Conn: new(tyg.Conn)})
}
