// Package authorize asks a tyg.Authorizer about a handshake by API Gateway's rules for authorizers
// of type REQUEST, for all hosts alike.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html)
package authorize

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
	"github.com/tyg-dev/tyg/apigw"
)

// An Authorizer is a tyg.Authorizer with parsed identity sources. Many goroutines may use it at
// once.
type Authorizer struct {
	ask     tyg.AuthorizeFunc
	sources []source
}

// A source returns one part of a handshake.
type source func(r *tyg.Request) string

// New checks a. If a is nil, so is the Authorizer, which authorizes every client.
func New(a *tyg.Authorizer, stageVariables map[string]string) (*Authorizer, error) {
	if a == nil {
		return nil, nil
	}
	if a.Func == nil {
		return nil, errors.New("the authorizer has no function")
	}
	out := &Authorizer{ask: a.Func}
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
	return nil, fmt.Errorf("identity source %q: want route.request.header.NAME, "+
		"route.request.querystring.NAME or stageVariables.NAME", expr)
}

// errMissing is the error for a client that sends no value for an identity source.
var errMissing = fmt.Errorf("%w: an identity source is missing", tyg.ErrUnauthorized)

// Ask returns the identity of a client that may connect, the zero Identity if there is no
// authorizer. Like API Gateway it adds "integrationLatency", the milliseconds that the authorizer
// took, to the context. [Status] says what an error means to the client. ctx should bound how long
// Ask may take.
func (a *Authorizer) Ask(ctx context.Context, r *tyg.Request) (tyg.Identity, error) {
	if a == nil {
		return tyg.Identity{}, nil
	}
	for _, s := range a.sources {
		if s(r) == "" {
			return tyg.Identity{}, errMissing
		}
	}
	start := time.Now()
	id, err := a.await(ctx, r)
	if err != nil {
		return tyg.Identity{}, err
	}
	known := make(map[string]any, len(id.Context)+1)
	maps.Copy(known, id.Context) // the authorizer may give out one map many times
	known["integrationLatency"] = time.Since(start).Milliseconds()
	return tyg.Identity{Principal: id.Principal, Context: known}, nil
}

// await calls the function and waits for it until ctx ends. A function that ignores its context
// keeps running on a goroutine that ends with it, and its answer is dropped.
func (a *Authorizer) await(ctx context.Context, r *tyg.Request) (tyg.Identity, error) {
	type answer struct {
		id  tyg.Identity
		err error
	}
	done := make(chan answer, 1) // so that the goroutine never blocks
	go func() {
		got := answer{err: errExited}
		defer func() { done <- got }() // also if the function ends the goroutine
		got.id, got.err = a.identify(ctx, r)
	}()
	select {
	case answer := <-done:
		return answer.id, answer.err
	case <-ctx.Done():
		return tyg.Identity{}, fmt.Errorf("the authorizer did not return in time: %w", ctx.Err())
	}
}

var errExited = errors.New("the authorizer called runtime.Goexit")

// identify calls the function and checks its answer.
func (a *Authorizer) identify(ctx context.Context, r *tyg.Request) (id tyg.Identity, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	if id, err = a.ask(ctx, r); err != nil {
		return id, err
	}
	return id, check(id)
}

func check(id tyg.Identity) error {
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
	if len(b) > apigw.MaxAuthorizerResult {
		return fmt.Errorf("the identity's context takes %d bytes, more than %d",
			len(b), apigw.MaxAuthorizerResult)
	}
	return nil
}

// Status returns the HTTP status and message of API Gateway for an error of [Authorizer.Ask].
func Status(err error) (status int, message string) {
	switch {
	case errors.Is(err, tyg.ErrUnauthorized):
		return http.StatusUnauthorized, "Unauthorized"
	case errors.Is(err, tyg.ErrForbidden):
		return http.StatusForbidden, "User is not authorized to access this resource"
	}
	return http.StatusInternalServerError, ""
}
