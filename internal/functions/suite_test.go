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

// A lambdaApp is an application behind an Integration: it gets JSON and replies with JSON.
type lambdaApp struct {
	app       tyg.Handler
	sender    tyg.Sender
	protocols sync.Map // by tyg.ConnID: API Gateway's events do not have the subprotocol
}

func (r *lambdaApp) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	e, err := apigw.UnmarshalEvent(payload, r.sender)
	if err != nil {
		return nil, err
	}
	if protocol, ok := r.protocols.Load(e.Conn.ID); ok {
		e.Conn.Subprotocol = protocol.(string)
	}
	reply, err := r.app.Handle(ctx, e)
	rej, ok := errors.AsType[*tyg.Rejection](err)
	if ok && e.Type == tyg.EventConnect && rej.Status >= 300 && rej.Status <= 599 {
		return apigw.MarshalReply(tyg.Reply{Status: rej.Status, Body: []byte(rej.Reason)}), nil
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

// TestRouterPassesHostSuite runs the suite for hosts with the Router, and so API Gateway's JSON,
// between host and application.
func TestRouterPassesHostSuite(t *testing.T) {
	tygtest.TestHost(t, func(t *testing.T, h tyg.Handler) tygtest.Subject {
		far := &lambdaApp{app: h}
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

// subject returns f as the suites need it.
func (f *testGateway) subject(t *testing.T) tygtest.Subject {
	dial := func(ctx context.Context, d tygtest.Dial) (tygtest.Socket, error) {
		return wstest.Dial(ctx, t, f.url+"/", d, nil)
	}
	return tygtest.Subject{Sender: f, Dial: dial}
}
