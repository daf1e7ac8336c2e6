// Command counter serves a page with a button, and counts how often all people together press it.
package main

import (
	"context"
	"embed"
	"io/fs"
	"log"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/host"
)

//go:embed page
var page embed.FS

func main() {
	if err := host.Run(newApp()); err != nil {
		log.Fatal(err)
	}
}

func newApp() *tyg.App {
	app := tyg.New("counter")
	clicks := tyg.NewValue[int](app, "clicks")
	files, _ := fs.Sub(page, "page") // the directory is part of the program
	app.Pages(files)

	app.OnOpen(func(ctx context.Context, c *tyg.Conn) error {
		n, err := clicks.Get(ctx)
		if err != nil {
			return err
		}
		return c.SendJSON(ctx, n)
	})
	app.OnMessage(func(ctx context.Context, _ *tyg.Conn, _ tyg.Message) error {
		n, err := clicks.Update(ctx, func(n int) (int, error) { return n + 1, nil })
		if err != nil {
			return err
		}
		return app.Everyone().SendJSON(ctx, n)
	})
	return app
}
