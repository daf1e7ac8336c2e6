package probelib

import (
	"context"

	"github.com/tyg-dev/tyg"
)

// New returns the application.
func New() *tyg.App {
	app := tyg.New("probe")
	app.Use(withEvent, status)
	app.OnAuthorize(authorize, "route.request.querystring.probe")
	app.OnConnect(connect)
	app.OnDisconnect(disconnect)
	app.OnMessage(tellFirst(report))
	for key, fn := range actions() {
		app.OnRoute(key, tellFirst(fn))
	}
	app.OnRouteResponse("answer", answer)
	return app
}

// NewBare returns an application that has only routes of its own, without $connect, $disconnect,
// $default and authorizer. Its route selection expression has literal text, an escaped "$", two
// variables, and one that messages lack.
func NewBare() *tyg.App {
	app := tyg.New("probe")
	app.RouteSelection = `pick\$${request.body.service}/${request.body.action}-${request.body.nope}`
	app.Use(withEvent)
	for _, key := range []string{"pick$chat/join-", "pick$/join-", "pick$chat/-", "pick$/-"} {
		app.OnRoute(key, report)
	}
	return app
}

// actions returns the routes without a route response.
func actions() map[string]tyg.MessageFunc {
	return map[string]tyg.MessageFunc{
		"report": report, "quiet": quiet, "sleep": sleep,
		"fail": fail, "panic": doPanic, "reject": reject,
		"send": send, "close": closeOther, "info": info, "say": say,
		// Values that the route selection expression converts to text.
		"5": report, "true": report, "[a, b]": report,
	}
}

// eventKey is the key of the event in a context.
type eventKey struct{}

// withEvent adds the event to the context of the handlers.
func withEvent(next tyg.Handler) tyg.Handler {
	return tyg.HandlerFunc(func(ctx context.Context, e tyg.Event) (tyg.Reply, error) {
		return next.Handle(context.WithValue(ctx, eventKey{}, e), e)
	})
}

// status sets the status of the reply to the one that the client asks for.
func status(next tyg.Handler) tyg.Handler {
	return tyg.HandlerFunc(func(ctx context.Context, e tyg.Event) (tyg.Reply, error) {
		reply, err := next.Handle(ctx, e)
		switch e.Type {
		case tyg.EventConnect:
			if n := wantedStatus(e.Request); n != 0 {
				reply.Status, reply.Body = n, []byte("a body that is not sent")
			}
		case tyg.EventMessage:
			reply.Status = parse(e.Message).Status
		}
		return reply, err
	})
}
