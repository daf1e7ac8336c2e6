package tyg_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/tygtest"
)

var errOops = errors.New("oops")

func onConnect(context.Context, *tyg.Conn, *tyg.Request) error      { return nil }
func onMessage(context.Context, *tyg.Conn, tyg.Message) error       { return nil }
func onDisconnect(context.Context, *tyg.Conn, tyg.Disconnect) error { return nil }

// register returns a call that registers a route.
func register(app *tyg.App, key string) func() {
	return func() { app.OnRoute(key, onMessage) }
}

// wantPanic checks that call panics with a text that has want in it.
func wantPanic(t *testing.T, want string, call func()) {
	t.Helper()
	defer func() {
		t.Helper()
		got := fmt.Sprint(recover())
		if !strings.HasPrefix(got, "tyg: ") || !strings.Contains(got, want) {
			t.Errorf("panic is %q, want tyg: and %q in it", got, want)
		}
	}()
	call()
}

func TestSecondHandlerPanics(t *testing.T) {
	app := tyg.New("twice")
	for want, again := range map[string]func(){
		`"$connect"`:    func() { app.OnConnect(onConnect) },
		`"$default"`:    func() { app.OnMessage(onMessage) },
		`"$disconnect"`: func() { app.OnDisconnect(onDisconnect) },
		`"join"`:        register(app, "join"),
	} {
		again()
		wantPanic(t, "route "+want+" has a handler already", again)
	}
}

func TestNilHandlerPanics(t *testing.T) {
	app := tyg.New("nil")
	for want, register := range map[string]func(){
		`nil handler for route "$connect"`:    func() { app.OnConnect(nil) },
		`nil handler for route "$open"`:       func() { app.OnOpen(nil) },
		`nil handler for route "$default"`:    func() { app.OnMessage(nil) },
		`nil handler for route "join"`:        func() { app.OnRoute("join", nil) },
		`nil handler for route "ask"`:         func() { app.OnRouteResponse("ask", nil) },
		`nil handler for route "$disconnect"`: func() { app.OnDisconnect(nil) },
		"nil middleware":                      func() { app.Use(tyg.Recover(), nil) },
		"nil authorizer":                      func() { app.OnAuthorize(nil) },
	} {
		wantPanic(t, want, register)
	}
}

func TestReservedRoutePanics(t *testing.T) {
	app := tyg.New("reserved")
	for _, key := range []string{"", "$", "$x", "$connect", "$default", "$disconnect"} {
		wantPanic(t, fmt.Sprintf("route key %q", key), register(app, key))
	}
	if got := app.Describe().Keys(); len(got) > 0 {
		t.Errorf("Routes are %q after nothing but panics", got)
	}
}

func TestRoutes(t *testing.T) {
	app := tyg.New("routes")
	app.OnRoute("leave", onMessage)
	app.OnDisconnect(onDisconnect)
	app.OnMessage(onMessage)
	app.OnRoute("join", onMessage)
	app.OnConnect(onConnect)
	want := []string{"$connect", "$default", "$disconnect", "join", "leave"}
	if got := app.Describe().Keys(); !slices.Equal(got, want) {
		t.Errorf("Routes are %q, want %q", got, want)
	}
	if d := app.Describe(); d.Name != "routes" || d.RouteSelection != "$request.body.action" {
		t.Errorf("Name is %q, RouteSelection %q", d.Name, d.RouteSelection)
	}
}

func TestDispatch(t *testing.T) {
	var got []string
	note := func(key string) tyg.MessageFunc {
		return func(_ context.Context, _ *tyg.Conn, m tyg.Message) error {
			got = append(got, key+" "+m.Text())
			return nil
		}
	}
	app := tyg.New("dispatch")
	app.OnConnect(func(_ context.Context, _ *tyg.Conn, r *tyg.Request) error {
		got = append(got, "$connect "+r.SourceIP)
		return nil
	})
	app.OnMessage(note("$default"))
	app.OnRoute("join", note("join"))
	app.OnDisconnect(func(_ context.Context, _ *tyg.Conn, d tyg.Disconnect) error {
		got = append(got, fmt.Sprintf("$disconnect %d", d.Code))
		return nil
	})
	john := tygtest.NewHost(t, app).Dial()
	john.Send("hello")
	john.Send(`{"action":"join"}`)
	john.Close(1000, "")
	want := []string{
		"$connect 192.0.2.1", "$default hello", `join {"action":"join"}`, "$disconnect 1000",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Events without a handler are fine, even those that no host would bring.
func TestNoHandlers(t *testing.T) {
	app := tyg.New("empty")
	for _, e := range []tyg.Event{
		{Type: tyg.EventConnect, Request: new(tyg.Request)},
		{Type: tyg.EventMessage, Route: "unknown"},
		{Type: tyg.EventDisconnect},
		{},
	} {
		reply, err := app.Handle(t.Context(), e)
		if err != nil || reply.Status != 0 || reply.Subprotocol != "" || reply.Body != nil {
			t.Errorf("%v: got %+v, %v, want nothing", e.Type, reply, err)
		}
	}
}

func TestHandlerErrorsAreReturned(t *testing.T) {
	app := tyg.New("errors")
	app.OnConnect(func(context.Context, *tyg.Conn, *tyg.Request) error { return errOops })
	app.OnMessage(func(context.Context, *tyg.Conn, tyg.Message) error { return errOops })
	app.OnDisconnect(func(context.Context, *tyg.Conn, tyg.Disconnect) error { return errOops })
	for _, e := range []tyg.Event{
		{Type: tyg.EventConnect, Request: new(tyg.Request)},
		{Type: tyg.EventMessage, Route: tyg.RouteDefault},
		{Type: tyg.EventDisconnect},
	} {
		if _, err := app.Handle(t.Context(), e); err != errOops {
			t.Errorf("%v: got error %v, want it as it was", e.Type, err)
		}
	}
}

func TestUseOrder(t *testing.T) {
	var got []string
	mark := func(name string) tyg.Middleware {
		return func(next tyg.Handler) tyg.Handler {
			return tyg.HandlerFunc(func(ctx context.Context, e tyg.Event) (tyg.Reply, error) {
				got = append(got, name+" in")
				defer func() { got = append(got, name+" out") }()
				return next.Handle(ctx, e)
			})
		}
	}
	app := tyg.New("order")
	app.OnMessage(func(context.Context, *tyg.Conn, tyg.Message) error {
		got = append(got, "handler")
		return nil
	})
	app.Use(mark("a"), mark("b"))
	app.Use(mark("c"))
	e := tyg.Event{Type: tyg.EventMessage, Route: tyg.RouteDefault}
	if _, err := app.Handle(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	want := []string{"a in", "b in", "c in", "handler", "c out", "b out", "a out"}
	if !slices.Equal(got, want) {
		t.Errorf("order is %q, want %q", got, want)
	}
}

func TestMiddlewareSeesEveryEvent(t *testing.T) {
	var got []tyg.EventType
	app := tyg.New("every")
	app.OnConnect(onConnect)
	app.OnMessage(onMessage)
	app.OnDisconnect(onDisconnect)
	app.Use(func(next tyg.Handler) tyg.Handler {
		return tyg.HandlerFunc(func(ctx context.Context, e tyg.Event) (tyg.Reply, error) {
			got = append(got, e.Type)
			return next.Handle(ctx, e)
		})
	})
	john := tygtest.NewHost(t, app).Dial()
	john.Send("x")
	john.Drop()
	want := []tyg.EventType{tyg.EventConnect, tyg.EventMessage, tyg.EventDisconnect}
	if !slices.Equal(got, want) {
		t.Errorf("events are %v, want %v", got, want)
	}
}

func TestSenderUnbound(t *testing.T) {
	s := tyg.New("unbound").Sender()
	_, infoErr := s.Info(t.Context(), "john")
	for call, err := range map[string]error{
		"Send":     s.Send(t.Context(), "john", nil),
		"SendMany": s.SendMany(t.Context(), []tyg.ConnID{"john"}, nil),
		"Close":    s.Close(t.Context(), "john"),
		"Info":     infoErr,
	} {
		if err != tyg.ErrUnbound {
			t.Errorf("%s returned %v, want ErrUnbound", call, err)
		}
	}
}

func TestSenderBound(t *testing.T) {
	app := tyg.New("bound")
	s := app.Sender() // before there is a host
	var r tygtest.Recorder
	app.Bind(&r)
	if err := s.Send(t.Context(), "john", []byte("one")); err != nil {
		t.Error(err)
	}
	if err := s.SendMany(t.Context(), []tyg.ConnID{"john", "jenny"}, []byte("two")); err != nil {
		t.Error(err)
	}
	if _, err := s.Info(t.Context(), "john"); err != nil {
		t.Error(err)
	}
	if err := s.Close(t.Context(), "john"); err != nil {
		t.Error(err)
	}
	want := []tygtest.Sent{
		{ID: "john", Text: "one"}, {ID: "john", Text: "two"}, {ID: "jenny", Text: "two"},
	}
	if got := r.All(); !slices.Equal(got, want) {
		t.Errorf("sent %v, want %v", got, want)
	}
	if got := r.Closed(); !slices.Equal(got, []tyg.ConnID{"john"}) {
		t.Errorf("closed %v, want john", got)
	}
}

func TestBindReplacesTheSender(t *testing.T) {
	app := tyg.New("late")
	var first, second tygtest.Recorder
	for _, r := range []*tygtest.Recorder{&first, &second} {
		app.Bind(r)
		if err := app.Sender().Send(t.Context(), "john", []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	if len(first.All()) != 1 || len(second.All()) != 1 {
		t.Errorf("the first host was sent %v, the second %v", first.All(), second.All())
	}
}

func TestZeroApp(t *testing.T) {
	var app tyg.App
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		return c.Send(ctx, m.Data)
	})
	app.OnRouteResponse("ask", func(context.Context, *tyg.Conn, tyg.Message) ([]byte, error) {
		return []byte("answer"), nil
	})
	app.Use(tyg.Recover())
	john := tygtest.NewHost(t, &app).Dial()
	john.Send("hello")
	john.Expect("hello")
	john.Send(`{"action":"ask"}`)
	john.Expect("answer")
	if err := app.Sender().Send(t.Context(), john.ID(), []byte("outside")); err != nil {
		t.Fatal(err)
	}
	john.Expect("outside")
	if d := app.Describe(); d.Name != "" || d.RouteSelection != tyg.DefaultRouteSelection {
		t.Errorf("the description is %+v", d)
	}
}

// Middleware that looks at connects must not depend on a connect handler being there.
func TestMiddlewareSeesConnects(t *testing.T) {
	app := tyg.New("guarded")
	app.Use(func(next tyg.Handler) tyg.Handler {
		return tyg.HandlerFunc(func(ctx context.Context, e tyg.Event) (tyg.Reply, error) {
			if e.Type == tyg.EventConnect && e.Request.Query.Get("token") == "" {
				return tyg.Reply{}, tyg.Reject(403, "no token")
			}
			return next.Handle(ctx, e)
		})
	})
	_, err := tygtest.NewHost(t, app).Try(tygtest.Dial{})
	if refused, ok := errors.AsType[*tygtest.Refused](err); !ok || refused.Status != 403 {
		t.Errorf("a client without token got %v, want status 403", err)
	}
}

func TestSecondAuthorizerPanics(t *testing.T) {
	app := tyg.New("guarded")
	app.OnAuthorize(authorizeAll)
	wantPanic(t, "authorizer", func() { app.OnAuthorize(authorizeAll) })
}

func authorizeAll(context.Context, *tyg.Request) (tyg.Identity, error) {
	return tyg.Identity{Principal: "john"}, nil
}
