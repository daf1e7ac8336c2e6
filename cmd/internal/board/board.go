// Package board is a switchboard between a gateway and handlers that are replaced while it runs, with
// their routes and their authorizers. A gateway.Server asks its Handler for those once, when it starts;
// so here it is told that everything takes one route, and the board selects among the real ones.
package board

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/apigw"
	"github.com/tyg-dev/tyg/internal/authorize"
	"github.com/tyg-dev/tyg/internal/route"
)

// A Board is a tyg.Handler that hands events to the Handler of the last Switch. Until the first, it
// must not be used.
type Board struct {
	// Handled, if not nil, is told of each event when it is over, with the route that it took; an
	// event that no handler wanted has the route "". It is called on many goroutines.
	Handled func(e tyg.Event, took time.Duration, err error)

	// StageVariables are those of the gateway.
	StageVariables map[string]string

	now atomic.Pointer[wiring]
}

// A wiring is a Handler and what it says of itself. It does not change.
type wiring struct {
	handler    tyg.Handler
	what       tyg.Description
	routes     *route.Table
	authorizer *authorize.Authorizer
}

// Switch hands all events to h from now on; those under way stay where they are. If h makes no sense,
// nothing changes.
func (b *Board) Switch(h tyg.Handler) error {
	d := tyg.Describe(h)
	table, err := route.New(d.Selection(), d.Keys())
	if err != nil {
		return err
	}
	a, err := authorize.New(d.Authorizer, b.StageVariables)
	if err != nil {
		return err
	}
	b.now.Store(&wiring{handler: h, what: d, routes: table, authorizer: a})
	return nil
}

// Routes returns the keys of the routes of the present Handler.
func (b *Board) Routes() []string { return b.now.Load().what.Keys() }

// Describe returns what a gateway is told: every event takes one of API Gateway's own routes, and the
// authorizer asks that of the present Handler.
func (b *Board) Describe() tyg.Description {
	d := tyg.Describe(tyg.HandlerFunc(b.Handle))
	d.Authorizer = &tyg.Authorizer{Func: b.ask}
	return d
}

// nobody is the principal of clients that were let in unasked. Their Identity is taken off again before
// anybody sees it.
const nobody = "-"

func (b *Board) ask(ctx context.Context, r *tyg.Request) (tyg.Identity, error) {
	id, err := b.now.Load().authorizer.Ask(ctx, r)
	if err == nil && id.Principal == "" {
		id.Principal = nobody
	}
	return id, err
}

// Handle hands an event to the present Handler.
func (b *Board) Handle(ctx context.Context, e tyg.Event) (tyg.Reply, error) {
	w := b.now.Load()
	if e.Type == tyg.EventConnect && e.Conn.Identity.Principal == nobody {
		e.Conn.Identity = tyg.Identity{} // nobody else has seen it yet
	}
	if e.Type == tyg.EventMessage {
		e.Route, _ = w.routes.Select(e.Message.Data)
	}
	start := time.Now()
	reply, err := w.handle(ctx, e)
	if b.Handled != nil {
		b.Handled(e, time.Since(start), err)
	}
	return reply, err
}

func (w *wiring) handle(ctx context.Context, e tyg.Event) (tyg.Reply, error) {
	switch {
	case e.Route == "": // as a gateway says to a message without a route
		frame := apigw.AppendErrorFrame(nil, apigw.Forbidden, e.Conn.ID, e.RequestID)
		return tyg.Reply{}, ignoreGone(e.Conn.Sender.Send(ctx, e.Conn.ID, frame))
	case !w.routes.Has(e.Route): // connect or disconnect, for which nobody asked
		return tyg.Reply{}, nil
	}
	reply, err := w.handler.Handle(ctx, e)
	if err == nil && e.Type == tyg.EventMessage && w.what.Responds(e.Route) {
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
