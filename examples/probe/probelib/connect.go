package probelib

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tyg-dev/tyg"
)

// errAsked is the error where a client asks for one.
var errAsked = errors.New("the client asked for a secret error")

// connect does what the query asks for.
func connect(ctx context.Context, c *tyg.Conn, r *tyg.Request) error {
	if err := notify(ctx, c); err != nil {
		return err
	}
	for _, order := range r.Query["connect"] {
		if err := obey(ctx, c, r, order); err != nil {
			return err
		}
	}
	return nil
}

// obey does what one value of connect asks for.
func obey(ctx context.Context, c *tyg.Conn, r *tyg.Request, order string) error {
	verb, rest, _ := strings.Cut(order, ":")
	switch verb {
	case "status": // see the middleware status
		return nil
	case "error":
		return errAsked
	case "panic":
		panic(errAsked)
	case "sleep":
		return sleepFor(ctx, rest)
	case "accept":
		r.SelectSubprotocol(rest)
		return nil
	case "reject":
		code, words, _ := strings.Cut(rest, ":")
		n, _ := strconv.Atoi(code) // zero is an invalid status like any other
		return tyg.Reject(n, words)
	case "send-self":
		return sendSelf(ctx, c)
	}
	return fmt.Errorf("unknown order connect=%q", order)
}

func wantedStatus(r *tyg.Request) int {
	for _, order := range r.Query["connect"] {
		if text, ok := strings.CutPrefix(order, "status:"); ok {
			n, _ := strconv.Atoi(text) // zero means no status
			return n
		}
	}
	return 0
}

// sendSelf sends to the connection that is being opened, and reports the result.
func sendSelf(ctx context.Context, c *tyg.Conn) error {
	n := Note{Result: result(c.SendString(ctx, "too early"))}
	return tell(ctx, c, notifyID(c), n)
}

// sleepFor waits for a time such as "1.5s", or until the host cancels the context.
func sleepFor(ctx context.Context, text string) error {
	d, err := time.ParseDuration(text)
	if err != nil {
		return err
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() // both may be over
	case <-ctx.Done():
		return ctx.Err()
	}
}

// disconnect reports the end of a connection.
func disconnect(ctx context.Context, c *tyg.Conn, _ tyg.Disconnect) error { return notify(ctx, c) }

// notify sends the event to the connection that is to be notified, if any.
func notify(ctx context.Context, c *tyg.Conn) error {
	to := notifyID(c)
	if to == "" {
		return nil
	}
	return tell(ctx, c, to, Note{})
}
