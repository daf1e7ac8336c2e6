// Package handlerswitch replaces the handler of a gateway while the gateway runs, with its routes
// and its authorizer. A gateway.Server asks its Handler for those once, when it starts; so the
// Switch describes itself as a handler of every event, and selects among the routes of the handler
// behind it.
package handlerswitch

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/apigw"
	"github.com/tyg-dev/tyg/internal/authorize"
	"github.com/tyg-dev/tyg/internal/route"
)

// A Switch is a tyg.Handler that passes events to the handler of the last Set. It must not be used
// before the first Set.
type Switch struct {
	// Routed, if not nil, is called before each event is handled, with the route of the event, which
	// the gateway does not know; a message that matches no route has the route "". Several goroutines
	// call it at the same time.
	Routed func(e tyg.Event)

	// StageVariables are the stage variables of the gateway.
	StageVariables map[string]string

	current atomic.Pointer[target]
}

// A target is a handler and its description. It does not change.
type target struct {
	handler     tyg.Handler
	description tyg.Description
	routes      *route.Table
	authorizer  *authorize.Authorizer
}

// Set passes all later events to h; events under way stay with their handler. If the description of
// h is invalid, Set returns an error and changes nothing.
func (s *Switch) Set(h tyg.Handler) error {
	d := tyg.Describe(h)
	table, err := route.New(d.Selection(), d.Keys())
	if err != nil {
		return err
	}
	a, err := authorize.New(d.Authorizer, s.StageVariables)
	if err != nil {
		return err
	}
	s.current.Store(&target{handler: h, description: d, routes: table, authorizer: a})
	return nil
}

// Routes returns the keys of the routes of the current handler.
func (s *Switch) Routes() []string { return s.current.Load().description.Keys() }

// Describe describes the Switch to a gateway: every event takes one of API Gateway's own routes,
// leaves are asked for, and the authorizer calls that of the current handler.
func (s *Switch) Describe() tyg.Description {
	d := tyg.Describe(tyg.HandlerFunc(s.Handle))
	d.Leave = true
	d.Authorizer = &tyg.Authorizer{Func: s.authorize}
	return d
}

// noPrincipal is the principal of clients for which there is no authorizer. Handle removes it
// before the handler sees the connection.
const noPrincipal = "-"

func (s *Switch) authorize(ctx context.Context, r *tyg.Request) (tyg.Identity, error) {
	id, err := s.current.Load().authorizer.Ask(ctx, r)
	if err == nil && id.Principal == "" {
		id.Principal = noPrincipal
	}
	return id, err
}

// Handle passes an event to the current handler.
func (s *Switch) Handle(ctx context.Context, e tyg.Event) (tyg.Reply, error) {
	t := s.current.Load()
	if e.Type == tyg.EventLeave && !t.description.Leave {
		return tyg.Reply{}, nil
	}
	if e.Type == tyg.EventConnect && e.Conn.Identity.Principal == noPrincipal {
		e.Conn.Identity = tyg.Identity{}
	}
	if e.Type == tyg.EventMessage {
		e.Route, _ = t.routes.Select(e.Message.Data)
	}
	if s.Routed != nil {
		s.Routed(e)
	}
	return t.handle(ctx, e)
}

func (t *target) handle(ctx context.Context, e tyg.Event) (tyg.Reply, error) {
	switch {
	case e.Type == tyg.EventLeave: // its route is not among those of a description
	case e.Route == "": // a gateway answers a message without a route so
		frame := apigw.AppendErrorFrame(nil, apigw.Forbidden, e.Conn.ID, e.RequestID)
		return tyg.Reply{}, ignoreGone(e.Conn.Sender.Send(ctx, e.Conn.ID, frame))
	case !t.routes.Has(e.Route): // a connect or disconnect without a handler
		return tyg.Reply{}, nil
	}
	reply, err := t.handler.Handle(ctx, e)
	if err == nil && e.Type == tyg.EventMessage && t.description.Responds(e.Route) {
		err = ignoreGone(e.Conn.Sender.Send(ctx, e.Conn.ID, reply.Body))
	}
	return reply, err
}

func ignoreGone(err error) error {
	if errors.Is(err, tyg.ErrGone) {
		return nil
	}
	return err
}
