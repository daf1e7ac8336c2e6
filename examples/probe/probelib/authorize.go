package probelib

import (
	"context"
	"fmt"
	"strings"

	"github.com/tyg-dev/tyg"
)

// authorize authorizes every client, unless the query asks for something else.
func authorize(_ context.Context, r *tyg.Request) (tyg.Identity, error) {
	id := tyg.Identity{Principal: "probe", Context: make(map[string]any)}
	if to := r.Query.Get("notify"); to != "" {
		id.Context["notify"] = to
	}
	if r.Query.Has("context") {
		id.Context["text"], id.Context["number"], id.Context["flag"] = "word", 7, true
	}
	if r.Query.Has("open") {
		id.Context["open"] = true
	}
	switch answer := r.Query.Get("auth"); answer {
	case "":
	case "deny":
		return id, tyg.ErrForbidden
	case "unauthorized":
		return id, tyg.ErrUnauthorized
	case "error":
		return id, errAsked
	case "panic":
		panic(errAsked)
	case "anonymous":
		id.Principal = ""
	case "object":
		id.Context["object"] = map[string]string{"a": "b"}
	case "large":
		id.Context["large"] = strings.Repeat("x", 8<<10)
	default:
		return id, fmt.Errorf("unknown answer auth=%q", answer)
	}
	return id, nil
}

// notifyID returns the id of the connection that is notified about c, or "".
func notifyID(c *tyg.Conn) tyg.ConnID {
	to, _ := c.Identity.Context["notify"].(string)
	return tyg.ConnID(to)
}
