package tyg

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// DefaultRouteSelection is the route selection expression of an App that names no other: the value
// of "action" in a message that is a JSON object.
const DefaultRouteSelection = "$request.body.action"

// A ConnectFunc decides whether a client may connect: nil lets it in, [Reject] refuses it with a
// status, any other error refuses it with 502. Nothing can be sent to c until it has returned; an
// [OpenFunc] can.
type ConnectFunc func(ctx context.Context, c *Conn, r *Request) error

// An OpenFunc greets a client that has just connected: unlike a [ConnectFunc] it can send to c.
type OpenFunc func(ctx context.Context, c *Conn) error

// A MessageFunc handles one message of a client. m.Data is valid until it returns.
type MessageFunc func(ctx context.Context, c *Conn, m Message) error

// A ReplyFunc handles one message of a client and returns the answer to it, for routes with a route
// response. The host is done with the answer when it asks for the next message.
type ReplyFunc func(ctx context.Context, c *Conn, m Message) ([]byte, error)

// A DisconnectFunc learns that a connection has ended. It runs once for each connection that was
// accepted, after its last message. At API Gateway it is best effort and may never run
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-keys-connect-disconnect.html).
type DisconnectFunc func(ctx context.Context, c *Conn, d Disconnect) error

// An App is the handlers of an application, and its routes. It is a [Handler], so a host can
// run it. The zero App is ready to use and has no name; [New] gives it one.
//
// Register everything before a host runs the App: registering is not safe beside Handle, and comes
// too late for it.
type App struct {
	// RouteSelection is the route selection expression by which a host picks the route of a
	// message. Empty means [DefaultRouteSelection]. Its grammar is API Gateway's
	// (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-selection-expressions.html).
	RouteSelection string

	name       string
	connect    ConnectFunc
	open       OpenFunc
	disconnect DisconnectFunc
	join       PresenceFunc
	leave      PresenceFunc
	messages   map[string]ReplyFunc // by route key, RouteDefault included
	fallback   ReplyFunc            // messages[RouteDefault]
	replies    map[string]bool      // the route keys whose replies go to the client
	authorizer *Authorizer
	middleware []Middleware
	wraps      []func(Host) Host
	pages      fs.FS
	triggers   map[string]TriggerFunc

	once  sync.Once
	chain Handler // the middleware around dispatch, built by the first Handle
	host  atomic.Pointer[Host]
}

var _ Handler = (*App)(nil)

// New returns an App without handlers. The name is that of the project: log lines and, on AWS, the
// names of resources begin with it.
func New(name string) *App {
	return &App{RouteSelection: DefaultRouteSelection, name: name}
}

// Name returns the name given to [New].
func (a *App) Name() string { return a.name }

// OnConnect registers the handler of new connections. Without one, every handshake is accepted.
// A second registration panics.
func (a *App) OnConnect(fn ConnectFunc) {
	checkHandler(fn == nil, RouteConnect)
	if a.connect != nil {
		panicDuplicate(RouteConnect)
	}
	a.connect = fn
}

// OnOpen registers the handler of connections that are open: it runs once for each, after the
// client's handshake was answered and before its first message is handled. Its errors are logged;
// the client does not see them. A second registration panics.
//
// API Gateway has no such event. On AWS the function that handled connect invokes itself
// asynchronously, waits until the connection answers, and then calls fn: some 100 milliseconds
// later, at the price of a second invocation, and possibly after the first messages or, rarely,
// twice. Package lambda says more. Without an OpenFunc none of this happens.
func (a *App) OnOpen(fn OpenFunc) {
	checkHandler(fn == nil, RouteOpen)
	if a.open != nil {
		panicDuplicate(RouteOpen)
	}
	a.open = fn
}

// OnMessage registers the handler of messages that no route of [App.OnRoute] selects. Without one,
// such a message is answered with API Gateway's Forbidden frame. A second registration panics.
func (a *App) OnMessage(fn MessageFunc) {
	checkHandler(fn == nil, RouteDefault)
	a.route(RouteDefault, fn.silently)
}

// OnRoute registers the handler of the messages for which the route selection expression gives key:
// by default, JSON objects like {"action":"key"}. Keys are compared exactly. A second registration
// of a key panics, and so does a key that is empty or begins with "$", which API Gateway reserves.
func (a *App) OnRoute(key string, fn MessageFunc) {
	checkKey(key)
	checkHandler(fn == nil, key)
	a.route(key, fn.silently)
}

// OnRouteResponse registers the handler of a route that answers: what it returns is sent to the
// client as one message, an empty one if it is empty. The key is as for [App.OnRoute], or
// [RouteDefault].
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-response.html)
func (a *App) OnRouteResponse(key string, fn ReplyFunc) {
	if key != RouteDefault {
		checkKey(key)
	}
	checkHandler(fn == nil, key)
	a.route(key, fn)
	if a.replies == nil {
		a.replies = make(map[string]bool)
	}
	a.replies[key] = true
}

// OnDisconnect registers the handler of connections that have ended. A second registration panics.
func (a *App) OnDisconnect(fn DisconnectFunc) {
	checkHandler(fn == nil, RouteDisconnect)
	if a.disconnect != nil {
		panicDuplicate(RouteDisconnect)
	}
	a.disconnect = fn
}

// Use adds middleware around all handlers. What is added first is outermost.
func (a *App) Use(mw ...Middleware) {
	for _, m := range mw {
		if m == nil {
			panic("tyg: nil middleware")
		}
	}
	a.middleware = append(a.middleware, mw...)
}

// Handle passes an event to the handler of its route. A route without a handler is fine with
// everything.
func (a *App) Handle(ctx context.Context, e Event) (Reply, error) {
	if len(a.middleware) == 0 {
		return a.dispatch(ctx, &e)
	}
	a.once.Do(a.build)
	return a.chain.Handle(ctx, e)
}

// Sender returns a Sender that works from anywhere in the program, at any time: from a timer, an
// HTTP handler, another goroutine. It reaches the connections of the host that runs the App; until
// one does, its methods return [ErrUnbound].
func (a *App) Sender() Sender { return appSender{a} }

func checkKey(key string) {
	if key == "" || strings.HasPrefix(key, "$") {
		panic(fmt.Sprintf("tyg: route key %q: keys must not be empty or begin with $; "+
			"use OnConnect, OnOpen, OnMessage and OnDisconnect", key))
	}
}

// checkHandler panics at the registration of a nil function, whose first call would panic instead.
func checkHandler(isNil bool, key string) {
	if isNil {
		panic(fmt.Sprintf("tyg: nil handler for route %q", key))
	}
}

// silently makes a ReplyFunc of f.
func (f MessageFunc) silently(ctx context.Context, c *Conn, m Message) ([]byte, error) {
	return nil, f(ctx, c, m)
}

func (a *App) route(key string, fn ReplyFunc) {
	if _, ok := a.messages[key]; ok {
		panicDuplicate(key)
	}
	if a.messages == nil {
		a.messages = make(map[string]ReplyFunc)
	}
	a.messages[key] = fn
	if key == RouteDefault {
		a.fallback = fn
	}
}

func (a *App) build() {
	h := Handler(HandlerFunc(func(ctx context.Context, e Event) (Reply, error) {
		return a.dispatch(ctx, &e)
	}))
	for _, mw := range slices.Backward(a.middleware) {
		h = mw(h)
	}
	a.chain = h
}

func (a *App) dispatch(ctx context.Context, e *Event) (Reply, error) {
	switch e.Type {
	case EventMessage:
		if fn := a.handler(e.Route); fn != nil {
			body, err := fn(ctx, e.Conn, e.Message)
			return Reply{Body: body}, err
		}
	case EventConnect:
		if a.connect != nil {
			return Reply{}, a.connect(ctx, e.Conn, e.Request)
		}
	case EventOpen:
		if a.open != nil {
			return Reply{}, a.open(ctx, e.Conn)
		}
	case EventDisconnect:
		if a.disconnect != nil {
			return Reply{}, a.disconnect(ctx, e.Conn, e.Disconnect)
		}
	case EventJoin:
		return Reply{}, a.present(ctx, a.join, e.Membership)
	case EventLeave:
		return Reply{}, a.present(ctx, a.leave, e.Membership)
	}
	return Reply{}, nil
}

// handler returns what is registered for a route, or nil. Most messages go to the default route,
// which is not looked up.
func (a *App) handler(route string) ReplyFunc {
	if route == RouteDefault {
		return a.fallback
	}
	return a.messages[route]
}

func panicDuplicate(key string) {
	panic(fmt.Sprintf("tyg: route %q has a handler already; an App has one for each route", key))
}

// appSender is the Sender of whichever host runs the App.
type appSender struct{ app *App }

var _ Sender = appSender{}

func (s appSender) Send(ctx context.Context, id ConnID, data []byte, opts ...SendOption) error {
	to, err := s.app.bound()
	if err != nil {
		return err
	}
	return to.Send(ctx, id, data, opts...)
}

func (s appSender) SendMany(
	ctx context.Context, ids []ConnID, data []byte, opts ...SendOption,
) error {
	to, err := s.app.bound()
	if err != nil {
		return err
	}
	return to.SendMany(ctx, ids, data, opts...)
}

func (s appSender) Close(ctx context.Context, id ConnID) error {
	to, err := s.app.bound()
	if err != nil {
		return err
	}
	return to.Close(ctx, id)
}

func (s appSender) Info(ctx context.Context, id ConnID) (Info, error) {
	to, err := s.app.bound()
	if err != nil {
		return Info{}, err
	}
	return to.Info(ctx, id)
}
