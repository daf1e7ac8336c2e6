package probelib

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/tyg-dev/tyg"
)

// An order is a message with an action.
type order struct {
	To     tyg.ConnID `json:"to"`
	Tell   tyg.ConnID `json:"tell"`
	Data   string     `json:"data"`
	Size   int        `json:"size"`
	For    string     `json:"for"`
	Status int        `json:"status"`
	Fail   bool       `json:"fail"`
}

// parse reads an order. Any other message gives an empty order.
func parse(m tyg.Message) order {
	var o order
	_ = json.Unmarshal(m.Data, &o) // a message that is not JSON gives an empty order
	return o
}

// tellFirst returns a handler that sends a Note to the connection in "tell", if any, and calls fn.
func tellFirst(fn tyg.MessageFunc) tyg.MessageFunc {
	return func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		if to := parse(m).Tell; to != "" {
			if err := tell(ctx, c, to, Note{}); err != nil {
				return err
			}
		}
		return fn(ctx, c, m)
	}
}

func report(ctx context.Context, c *tyg.Conn, _ tyg.Message) error {
	return tell(ctx, c, c.ID, Note{})
}

func quiet(context.Context, *tyg.Conn, tyg.Message) error { return nil }

func fail(context.Context, *tyg.Conn, tyg.Message) error { return errAsked }

func doPanic(context.Context, *tyg.Conn, tyg.Message) error { panic(errAsked) }

func reject(context.Context, *tyg.Conn, tyg.Message) error {
	return tyg.Reject(403, errAsked.Error())
}

func sleep(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
	if err := sleepFor(ctx, parse(m).For); err != nil {
		return err
	}
	return tell(ctx, c, c.ID, Note{})
}

func send(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
	o := parse(m)
	err := c.Sender.Send(ctx, o.To, []byte(o.Data))
	return tell(ctx, c, c.ID, Note{Result: result(err)})
}

func closeOther(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
	err := c.Sender.Close(ctx, parse(m).To)
	return tell(ctx, c, c.ID, Note{Result: result(err)})
}

func info(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
	i, err := c.Sender.Info(ctx, parse(m).To)
	return tell(ctx, c, c.ID, Note{Result: result(err), SourceIP: i.SourceIP})
}

func say(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
	o := parse(m)
	if o.Size > 0 {
		o.Data = strings.Repeat("x", o.Size)
	}
	return c.SendString(ctx, o.Data)
}

func answer(ctx context.Context, c *tyg.Conn, m tyg.Message) ([]byte, error) {
	o := parse(m)
	if o.Fail {
		return nil, errAsked
	}
	return []byte(o.Data), tellFirst(quiet)(ctx, c, m)
}
