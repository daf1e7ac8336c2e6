// Command none uses no groups, but an interface with a method like one of them.
package main

import (
	"context"

	"github.com/tyg-dev/tyg"
)

type store interface {
	Add(ctx context.Context, id tyg.ConnID) error
}

func main() {
	app := tyg.New("app")

	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		if s, ok := any(c.Sender).(store); ok {
			return s.Add(ctx, c.ID)
		}
		return c.Send(ctx, m.Data)
	})
	_, _ = app.Handle(context.Background(), tyg.Event{Conn: new(tyg.Conn)})
}
