// Command both calls methods by their names and sends to all connections.
package main

import (
	"context"
	"os"
	"text/template"

	"github.com/tyg-dev/tyg"
)

func main() {
	app := tyg.New("app")
	_ = template.Must(template.New("").Parse("{{.Name}}")).Execute(os.Stdout, app)
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		return app.Everyone().Send(ctx, m.Data)
	})
	_, _ = app.Handle(context.Background(), tyg.Event{Conn: new(tyg.Conn)})
}
