// Command bothgroups calls methods by their names and sends to a group.
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
		return app.Group("tea").SendString(ctx, m.Text())
	})
	_, _ = app.Handle(context.Background(), tyg.Event{Conn: new(tyg.Conn)})
}
