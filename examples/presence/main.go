// Command presence serves a page that shows who has it open, by name.
package main

import (
	"context"
	"embed"
	"errors"
	"io/fs"
	"log"
	"strings"

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

// A person is one who has the page open.
type person struct {
	ID   tyg.ConnID `json:"id"`
	Name string     `json:"name"`
}

// A change tells the page who is there, who has come and who has gone.
type change struct {
	You  tyg.ConnID `json:"you,omitempty"` // with Here
	Here []person   `json:"here,omitempty"`
	Join *person    `json:"join,omitempty"`
	Left *person    `json:"left,omitempty"`
}

func newApp() *tyg.App {
	app := tyg.New("presence")
	files, _ := fs.Sub(page, "page") // the directory is part of the program
	app.Pages(files)
	here := app.Group("here")

	// The first message of a page is the name of the person in front of it.
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		name := strings.TrimSpace(m.Text())
		if name == "" || len(name) > 120 {
			return errors.New("a name has 1 to 120 bytes")
		}
		if err := here.AddAs(ctx, c.ID, name); err != nil {
			return err
		}
		all := change{You: c.ID}
		for m, err := range here.Members(ctx) {
			if err != nil {
				return err
			}
			all.Here = append(all.Here, person{m.ID, m.Name()})
		}
		return c.SendJSON(ctx, all)
	})
	app.OnJoin(func(ctx context.Context, g *tyg.Group, m tyg.Member) error {
		return g.SendJSON(ctx, change{Join: &person{m.ID, m.Name()}}, tyg.Except(m.ID))
	})
	app.OnLeave(func(ctx context.Context, g *tyg.Group, m tyg.Member) error {
		return g.SendJSON(ctx, change{Left: &person{m.ID, m.Name()}})
	})
	return app
}
