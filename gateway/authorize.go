package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/tyg-dev/tyg"
)

// maxAuthorizerResult is API Gateway's limit on what an authorizer returns, in bytes of JSON.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html)
const maxAuthorizerResult = 8 << 10

// authorizer is a tyg.Authorizer with its identity sources taken apart.
type authorizer struct {
	ask     tyg.AuthorizeFunc
	sources []source
}

// A source returns one part of a handshake.
type source func(r *tyg.Request) string

func newAuthorizer(a *tyg.Authorizer, stageVariables map[string]string) (*authorizer, error) {
	if a == nil {
		return nil, nil
	}
	if a.Func == nil {
		return nil, errors.New("gateway: the authorizer has no function")
	}
	out := &authorizer{ask: a.Func}
	for _, expr := range a.IdentitySources {
		s, err := parseSource(expr, stageVariables)
		if err != nil {
			return nil, err
		}
		out.sources = append(out.sources, s)
	}
	return out, nil
}

func parseSource(expr string, stageVariables map[string]string) (source, error) {
	if name, ok := strings.CutPrefix(expr, "route.request.header."); ok && name != "" {
		return func(r *tyg.Request) string { return r.Header.Get(name) }, nil
	}
	if name, ok := strings.CutPrefix(expr, "route.request.querystring."); ok && name != "" {
		return func(r *tyg.Request) string { return r.Query.Get(name) }, nil
	}
	if name, ok := strings.CutPrefix(expr, "stageVariables."); ok && name != "" {
		return func(*tyg.Request) string { return stageVariables[name] }, nil
	}
	return nil, fmt.Errorf("gateway: identity source %q: want route.request.header.NAME, "+
		"route.request.querystring.NAME or stageVariables.NAME", expr)
}

// authorize asks the authorizer, if there is one, and gives the connection what it found out.
func (c *session) authorize(r *tyg.Request) *refusal {
	a := c.srv.authorizer
	if a == nil {
		return nil
	}
	for _, s := range a.sources {
		if s(r) == "" {
			return &refusal{status: http.StatusUnauthorized, message: "Unauthorized",
				log: "an identity source of the authorizer is missing"}
		}
	}
	start := time.Now()
	id, err := c.identify(a, r)
	if err != nil {
		return c.authorizerRefusal(err)
	}
	c.conn.Auth = make(map[string]any, len(id.Context)+2)
	maps.Copy(c.conn.Auth, id.Context)
	c.conn.Auth["principalId"] = id.Principal
	c.conn.Auth["integrationLatency"] = time.Since(start).Milliseconds()
	return nil
}

// identify runs the authorizer and judges its answer by API Gateway's rules.
func (c *session) identify(a *authorizer, r *tyg.Request) (id tyg.Identity, err error) {
	ctx, cancel := context.Background(), context.CancelFunc(func() {})
	if limit := c.srv.limits.Integration; limit > 0 {
		ctx, cancel = context.WithTimeout(ctx, limit)
	}
	defer cancel()
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	if id, err = a.ask(ctx, r); err != nil {
		return id, err
	}
	return id, checkIdentity(id)
}

func checkIdentity(id tyg.Identity) error {
	if id.Principal == "" {
		return errors.New("the identity has no principal")
	}
	for name, v := range id.Context {
		switch v.(type) {
		case string, bool, int, int64, float64:
		default:
			return fmt.Errorf("value %q of the identity's context is of type %T; "+
				"use strings, numbers and booleans", name, v)
		}
	}
	b, err := json.Marshal(id.Context)
	if err != nil {
		return fmt.Errorf("encode the identity's context: %w", err)
	}
	if len(b) > maxAuthorizerResult {
		return fmt.Errorf("the identity's context takes %d bytes, more than %d", len(b), maxAuthorizerResult)
	}
	return nil
}

func (c *session) authorizerRefusal(err error) *refusal {
	switch {
	case errors.Is(err, tyg.ErrUnauthorized):
		return &refusal{status: http.StatusUnauthorized, message: "Unauthorized", log: err.Error()}
	case errors.Is(err, tyg.ErrDenied):
		return &refusal{status: http.StatusForbidden,
			message: "User is not authorized to access this resource", log: err.Error()}
	}
	c.srv.log.Error("authorizer failed", "conn", c.conn.ID, "err", err)
	return &refusal{status: http.StatusInternalServerError, log: "the authorizer failed"}
}
