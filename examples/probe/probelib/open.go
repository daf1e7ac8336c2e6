package probelib

import (
	"context"

	"github.com/tyg-dev/tyg"
)

// Opened is the text that a client gets once it is connected, if its query asks for it (open=1).
// API Gateway has no such event: on AWS, OnOpen is an invocation of its own.
const Opened = "open"

// WithOpen adds OnOpen to the application of [New]. Where the probe is a function, that is a second
// invocation for each connection, so it is not in New.
func WithOpen(app *tyg.App) *tyg.App {
	app.OnOpen(open)
	return app
}

func open(ctx context.Context, c *tyg.Conn) error {
	if c.Identity.Context["open"] != true {
		return nil
	}
	return c.SendString(ctx, Opened)
}
