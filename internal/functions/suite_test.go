package functions_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/apigw"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/functions"
	"github.com/tyg-dev/tyg/internal/wstest"
	"github.com/tyg-dev/tyg/tygtest"
)

// A remote is an application as a function is one: it gets JSON, and answers with it.
type remote struct {
	app       tyg.Handler
	sender    tyg.Sender
	protocols sync.Map // by tyg.ConnID: API Gateway's events do not tell the subprotocol
}

func (r *remote) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	e, err := apigw.UnmarshalEvent(payload, r.sender)
	if err != nil {
		return nil, err
	}
	if protocol, ok := r.protocols.Load(e.Conn.ID); ok {
		e.Conn.Subprotocol = protocol.(string)
	}
	reply, err := r.app.Handle(ctx, e)
	if no, ok := errors.AsType[*tyg.Rejection](err); ok && e.Type == tyg.EventConnect && no.Status >= 300 && no.Status <= 599 {
		return apigw.MarshalReply(tyg.Reply{Status: no.Status, Body: []byte(no.Reason)}), nil
	}
	if err != nil {
		return nil, err
	}
	if e.Type == tyg.EventConnect {
		reply.Subprotocol = e.Request.SelectedSubprotocol() // as package lambda does
		r.protocols.Store(e.Conn.ID, reply.Subprotocol)
	}
	return apigw.MarshalReply(reply), nil
}

// TestRouterKeepsPromises runs the suite for hosts with the Router, and so with API Gateway's JSON,
// between host and application.
func TestRouterKeepsPromises(t *testing.T) {
	tygtest.TestHost(t, func(t *testing.T, h tyg.Handler) tygtest.Subject {
		far := &remote{app: h}
		d := tyg.Describe(h)
		router := &functions.Router{
			Integrations: make(map[string]functions.Integration), RouteSelection: d.RouteSelection,
		}
		for _, r := range d.Routes {
			router.Integrations[r.Key] = far
			if r.Response {
				router.RouteResponses = append(router.RouteResponses, r.Key)
			}
		}
		f := serveGateway(t, &gateway.Server{Handler: router})
		far.sender = f
		tyg.Bind(h, f) // as package lambda does
		return f.subject(t)
	})
}

// subject is a gateway as the suites want it.
func (f *front) subject(t *testing.T) tygtest.Subject {
	return tygtest.Subject{Sender: f, Dial: func(ctx context.Context, d tygtest.Dial) (tygtest.Socket, error) {
		return wstest.Dial(ctx, t, f.url+"/", d, nil)
	}}
}
