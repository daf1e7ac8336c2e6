package functions_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/apigw"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/functions"
	"github.com/tyg-dev/tyg/internal/wstest"
	"github.com/tyg-dev/tyg/tygtest"
)

// A lambdaApp is an application behind an Integration: it gets JSON and replies with JSON, and runs
// the open handler by itself, as package lambda does.
type lambdaApp struct {
	app       tyg.Handler
	sender    tyg.Sender
	protocols sync.Map // by tyg.ConnID: API Gateway's events do not have the subprotocol
	opens     sync.WaitGroup
	ctx       context.Context // of the test; bounds opens
}

func (r *lambdaApp) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	e, err := apigw.UnmarshalEvent(payload, r.sender)
	if err != nil {
		return nil, err
	}
	if e.Type == tyg.EventConnect {
		e.Conn.Sender = connectSender{r.sender, e.Conn.ID}
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
		if tyg.Describe(r.app).Open && (reply.Status == 0 || reply.Status/100 == 2) {
			r.opens.Go(func() { r.open(e) })
		}
	}
	return apigw.MarshalReply(reply), nil
}

// open waits until the client of a connect event has its 101, and handles the open event.
func (r *lambdaApp) open(e tyg.Event) {
	conn := *e.Conn
	conn.Sender = r.sender
	for {
		if _, err := r.sender.Info(r.ctx, conn.ID); err == nil {
			break
		}
		if r.ctx.Err() != nil {
			return
		}
		time.Sleep(time.Millisecond)
	}
	defer func() { _ = recover() }() // as a function's panic ends its invocation only
	e.Type, e.Route, e.RequestID = tyg.EventOpen, tyg.RouteOpen, functions.NewRequestID()
	e.Conn, e.Request = &conn, nil
	_, _ = r.app.Handle(r.ctx, e) // a failure would be logged
}

// A connectSender is the Sender in a connect event: nothing can be sent yet to that connection.
type connectSender struct {
	tyg.Sender
	id tyg.ConnID
}

func (s connectSender) Send(
	ctx context.Context, id tyg.ConnID, data []byte, opts ...tyg.SendOption,
) error {
	err := s.Sender.Send(ctx, id, data, opts...)
	if e, ok := errors.AsType[*tyg.ConnError](err); ok && id == s.id && errors.Is(err, tyg.ErrGone) {
		return &tyg.ConnError{Op: e.Op, ID: id, Err: tyg.ErrNotOpen}
	}
	return err
}

// TestRouterPassesHostSuite runs the suite for hosts with the Router, and so API Gateway's JSON,
// between host and application.
func TestRouterPassesHostSuite(t *testing.T) {
	tygtest.TestHost(t, func(t *testing.T, h tyg.Handler) tygtest.Subject {
		far := &lambdaApp{app: h, ctx: t.Context()}
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
		t.Cleanup(far.opens.Wait)
		tyg.Bind(h, f) // as package lambda does
		return f.subject(t)
	})
}

// subject returns f as the suites need it.
func (f *testGateway) subject(t *testing.T) tygtest.Subject {
	dial := func(ctx context.Context, d tygtest.Dial) (tygtest.Socket, error) {
		return wstest.Dial(ctx, t, f.url+"/", d, nil)
	}
	return tygtest.Subject{Sender: f, Dial: dial, LateOpen: true}
}
