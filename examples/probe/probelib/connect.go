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

// errAsked is what fails where failure is asked for.
var errAsked = errors.New("the client asked for a secret error")

// connect does what the query says.
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

// obey does one thing of the query.
func obey(ctx context.Context, c *tyg.Conn, r *tyg.Request, order string) error {
	verb, rest, _ := strings.Cut(order, ":")
	switch verb {
	case "status": // the middleware's
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
		n, _ := strconv.Atoi(code) // zero is one more status that makes no sense
		return tyg.Reject(n, words)
	case "send-self":
		return sendSelf(ctx, c)
	}
	return fmt.Errorf("connect=%q makes no sense", order)
}

func wantedStatus(r *tyg.Request) int {
	for _, order := range r.Query["connect"] {
		if text, ok := strings.CutPrefix(order, "status:"); ok {
			n, _ := strconv.Atoi(text) // zero asks for none
			return n
		}
	}
	return 0
}

// sendSelf tries to send to the connection that is being made, and tells how that went.
func sendSelf(ctx context.Context, c *tyg.Conn) error {
	n := Note{Result: result(c.SendString(ctx, "too early"))}
	return tell(ctx, c, notified(c), n)
}

// sleepFor waits for a time such as "1.5s", or until the host has waited long enough.
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

// disconnect tells of the end.
func disconnect(ctx context.Context, c *tyg.Conn, _ tyg.Disconnect) error { return notify(ctx, c) }

// notify sends the event to whom the connection wants to be told.
func notify(ctx context.Context, c *tyg.Conn) error {
	to := notified(c)
	if to == "" {
		return nil
	}
	return tell(ctx, c, to, Note{})
}
