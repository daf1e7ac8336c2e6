package probelib

import (
	"context"

	"github.com/tyg-dev/tyg"
)

// New returns the application.
func New() *tyg.App {
	app := tyg.New("probe")
	app.Use(remember, status)
	app.OnAuthorize(authorize, "route.request.querystring.probe")
	app.OnConnect(connect)
	app.OnDisconnect(disconnect)
	app.OnMessage(told(report))
	for key, fn := range actions() {
		app.OnRoute(key, told(fn))
	}
	app.OnRouteResponse("answer", answer)
	return app
}

// NewBare returns an application that has only routes of its own, and another route selection
// expression, of which each part is used: literal text, an escaped "$", two variables, and one that
// messages lack. Nobody may connect in a special way, and nobody is told of the end.
func NewBare() *tyg.App {
	app := tyg.New("probe")
	app.RouteSelection = `pick\$${request.body.service}/${request.body.action}-${request.body.nope}`
	app.Use(remember)
	for _, key := range []string{"pick$chat/join-", "pick$/join-", "pick$chat/-", "pick$/-"} {
		app.OnRoute(key, report)
	}
	return app
}

// actions are the routes that do not answer by themselves.
func actions() map[string]tyg.MessageFunc {
	return map[string]tyg.MessageFunc{
		"report": report, "quiet": quiet, "sleep": sleep,
		"fail": fail, "panic": doPanic, "reject": reject,
		"send": send, "close": closeOther, "info": info, "say": say,
		// What becomes text on the way through the route selection expression.
		"5": report, "true": report, "[a, b]": report,
	}
}

// eventKey is where remember keeps the event.
type eventKey struct{}

// remember lets handlers see the event that they are called for.
func remember(next tyg.Handler) tyg.Handler {
	return tyg.HandlerFunc(func(ctx context.Context, e tyg.Event) (tyg.Reply, error) {
		return next.Handle(context.WithValue(ctx, eventKey{}, e), e)
	})
}

// status returns the status that the client asks for.
func status(next tyg.Handler) tyg.Handler {
	return tyg.HandlerFunc(func(ctx context.Context, e tyg.Event) (tyg.Reply, error) {
		reply, err := next.Handle(ctx, e)
		switch e.Type {
		case tyg.EventConnect:
			if n := wantedStatus(e.Request); n != 0 {
				reply.Status, reply.Body = n, []byte("a body that nobody gets")
			}
		case tyg.EventMessage:
			reply.Status = parse(e.Message).Status
		}
		return reply, err
	})
}
