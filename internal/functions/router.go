package functions

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/apigw"
	"github.com/tyg-dev/tyg/internal/hostapi"
)

// An Integration handles events: a function of a [Host] (see [Host.Integration]), a [URL], or a
// function on AWS. It may be called from many goroutines at once.
type Integration interface {
	// Invoke sends an event and returns the reply, both JSON. The payload is not kept after Invoke
	// has returned. When ctx ends, Invoke returns an error that wraps ctx.Err(). No other error may
	// be context.DeadlineExceeded, because hosts answer clients differently for the two.
	Invoke(ctx context.Context, payload []byte) ([]byte, error)
}

// A Router is a tyg.Handler whose events are handled by integrations: it does what API Gateway does
// between sockets and functions. Its fields must not be changed once a gateway has it.
//
// At connect the status of the reply accepts or refuses the client. The event fails if the
// integration fails or its reply is not a proxy reply. If the context ends first, it fails with the
// context's error.
type Router struct {
	// Integrations handle the events, by route key, [tyg.RouteConnect] and the like included. Events
	// of routes without an integration do not reach the Router.
	Integrations map[string]Integration

	// RouteSelection is the route selection expression, [tyg.DefaultRouteSelection] by default.
	RouteSelection string

	// RouteResponses are the keys of the routes with a route response: the body of the reply is sent
	// to the client. Bodies of other routes are dropped.
	RouteResponses []string

	// Leave gets an event for each membership of a group that ends with its connection, before that
	// of [tyg.RouteDisconnect], in an envelope that package lambda understands. Its reply is ignored.
	// Nil asks for none.
	Leave Integration

	// Authorizer decides who may connect. Nil allows every client.
	Authorizer *LambdaAuthorizer

	// Domain is what events have in place of Conn.Domain, if it is not empty: the host, and the port
	// unless it is 443, at which functions reach the @connections API over https. Functions build the
	// address from the event, and the client chooses Conn.Domain: it could have them send signed
	// requests, with messages for others, to a server of its own.
	Domain string

	buffers sync.Pool // of *[]byte, in which events are encoded
}

var _ tyg.Handler = (*Router)(nil)

// Handle has the integration of e.Route handle the event. Functions send through the @connections
// API.
func (r *Router) Handle(ctx context.Context, e tyg.Event) (tyg.Reply, error) {
	if e.Type == tyg.EventLeave {
		return tyg.Reply{}, r.leave(ctx, e)
	}
	to := r.Integrations[e.Route]
	if to == nil {
		return tyg.Reply{}, fmt.Errorf("route %q has no integration", e.Route)
	}
	if r.Domain != "" && e.Conn != nil {
		conn := *e.Conn
		conn.Domain = r.Domain
		e.Conn, e.Request = &conn, asSecure(e.Request)
	}
	b := r.buffer()
	defer r.buffers.Put(b)
	payload, err := apigw.AppendEvent((*b)[:0], e)
	if err != nil {
		return tyg.Reply{}, fmt.Errorf("encode event: %w", err)
	}
	*b = payload
	out, err := to.Invoke(traced(ctx), payload)
	if err != nil {
		return tyg.Reply{}, err
	}
	return apigw.UnmarshalReply(out)
}

// The trace context of a caller. (https://www.w3.org/TR/trace-context/)
const (
	headerTraceParent = "Traceparent"
	headerTraceState  = "Tracestate"
)

// traced returns a context whose calls carry the trace context of the connection's handshake, if it
// had one: events of messages have no header that could.
func traced(ctx context.Context) context.Context {
	handshake, ok := tyg.Caller(ctx)
	if !ok {
		return ctx
	}
	return tyg.WithInjector(ctx, func(_ context.Context, h http.Header) {
		for _, name := range []string{headerTraceParent, headerTraceState} {
			if v := handshake.Get(name); v != "" {
				h.Set(name, v)
			}
		}
	})
}

// traceParent returns the trace context of the connection's handshake, or "".
func traceParent(ctx context.Context) string {
	h, _ := tyg.Caller(ctx)
	return h.Get(headerTraceParent)
}

// asSecure returns a handshake as functions on AWS see it, where clients come by https only: some
// authorizers refuse others. What a client or a proxy says of itself stays.
func asSecure(r *tyg.Request) *tyg.Request {
	const proto, port = "X-Forwarded-Proto", "X-Forwarded-Port"
	if r == nil || r.Header.Get(proto) != "http" {
		return r
	}
	own := *r
	own.Header = r.Header.Clone()
	own.Header.Set(proto, "https")
	own.Header.Set(port, "443")
	return &own
}

func (r *Router) leave(ctx context.Context, e tyg.Event) error {
	if r.Leave == nil {
		return errors.New("leave events have no integration")
	}
	payload, err := hostapi.AppendLeave(nil, e)
	if err != nil {
		return err
	}
	_, err = r.Leave.Invoke(ctx, payload)
	return err
}

// Describe returns the routes that have an integration, whether r.Leave is set, and r.Authorizer.
func (r *Router) Describe() tyg.Description {
	d := tyg.Description{RouteSelection: r.RouteSelection, Leave: r.Leave != nil}
	for _, key := range slices.Sorted(maps.Keys(r.Integrations)) {
		d.Routes = append(d.Routes, tyg.Route{Key: key, Response: slices.Contains(r.RouteResponses, key)})
	}
	if r.Authorizer != nil {
		d.Authorizer = r.Authorizer.describe()
	}
	return d
}

func (r *Router) buffer() *[]byte {
	if b, ok := r.buffers.Get().(*[]byte); ok {
		return b
	}
	return new([]byte)
}
