package gateway

import (
	"context"
	"net/http"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/authorize"
)

// authorize asks the authorizer, if there is one, and gives the connection the identity that it returns.
func (c *session) authorize(r *tyg.Request) *refusal {
	ctx, cancel := context.Background(), context.CancelFunc(func() {})
	if limit := c.srv.limits.Integration; limit > 0 {
		ctx, cancel = context.WithTimeout(ctx, limit)
	}
	defer cancel()
	id, err := c.srv.authorizer.Ask(ctx, r)
	if err != nil {
		return c.authorizerRefusal(err)
	}
	c.conn.Identity = id
	return nil
}

func (c *session) authorizerRefusal(err error) *refusal {
	status, message := authorize.Status(err)
	if status == http.StatusInternalServerError {
		c.srv.log.Error("authorizer failed", "conn", c.conn.ID, "err", err)
		return &refusal{status: status, log: "the authorizer failed"}
	}
	return &refusal{status: status, message: message, log: err.Error()}
}
