package probelib

import (
	"context"

	"github.com/tyg-dev/tyg"
)

// Opened is the text that a client gets once it is connected, if its query asks for it (open=1).
// API Gateway has no such event: on AWS, OnOpen is an invocation of its own.
const Opened = "open"

func open(ctx context.Context, c *tyg.Conn) error {
	if c.Identity.Context["open"] != true {
		return nil
	}
	return c.SendString(ctx, Opened)
}
