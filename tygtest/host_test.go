package tygtest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/tygtest"
)

func echoApp() *tyg.App {
	app := tyg.New("echo")
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		return c.Send(ctx, m.Data)
	})
	return app
}

func TestConversation(t *testing.T) {
	app := tyg.New("relay")
	var last tyg.ConnID
	app.OnConnect(func(ctx context.Context, c *tyg.Conn, _ *tyg.Request) error {
		defer func() { last = c.ID }()
		if last == "" {
			return nil
		}
		return c.Sender.Send(ctx, last, []byte("another came"))
	})
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		return c.Sender.Send(ctx, last, m.Data)
	})
	host := tygtest.NewHost(t, app)
	john := host.Dial()
	john.ExpectNone()
	jenny := host.Dial()
	john.Expect("another came")
	john.Send("hello")
	john.Send("are you there?")
	john.ExpectNone()
	if got := jenny.Receive(); got != "hello" {
		t.Errorf("received %q, want hello", got)
	}
	if got := jenny.Received(); !slices.Equal(got, []string{"are you there?"}) {
		t.Errorf("received %q", got)
	}
	if errs := host.Errors(); len(errs) > 0 {
		t.Errorf("Errors: %v", errs)
	}
}

func TestExpectFails(t *testing.T) {
	fake := new(fakeT)
	host := tygtest.NewHost(fake, echoApp())
	host.Wait = time.Millisecond
	john := host.Dial()
	for _, test := range []struct {
		name, want string
		call       func()
	}{
		{"wrong text", `error: received "b", want "a"`, func() { john.Send("b"); john.Expect("a") }},
		{"nothing", `fatal: expect "a": nothing came within 1ms`, func() { john.Expect("a") }},
		{"nothing to receive", "fatal: receive: nothing came", func() { john.Receive() }},
		{"something", `error: received "c", want nothing`, func() { john.Send("c"); john.ExpectNone() }},
		{"closed", `fatal: expect "a": connection is closed with code 1000 ""`, func() {
			john.Close(1000, "")
			john.Expect("a")
		}},
		{"send when closed", `error: send "d": connection is closed`, func() { john.Send("d") }},
	} {
		t.Run(test.name, func(t *testing.T) {
			fake.run(test.call)
			fake.wantReport(t, test.want)
		})
	}
}

func TestDialFails(t *testing.T) {
	app := tyg.New("closed")
	app.OnConnect(func(context.Context, *tyg.Conn, *tyg.Request) error {
		return tyg.Reject(403, "go away")
	})
	fake := new(fakeT)
	host := tygtest.NewHost(fake, app)
	fake.run(func() { host.Dial() })
	fake.wantReport(t, "fatal: dial: handshake refused with status 403: go away")
	if errs := host.Errors(); len(errs) > 0 {
		t.Errorf("a refusal is among the failures: %v", errs)
	}
}

func TestNewHostRefusesBadExpression(t *testing.T) {
	app := echoApp()
	app.RouteSelection = "$request.none"
	fake := new(fakeT)
	fake.run(func() { tygtest.NewHost(fake, app) })
	fake.wantReport(t, "fatal: start host: parse route selection expression")
}

func TestErrors(t *testing.T) {
	oops := errors.New("oops")
	app := tyg.New("broken")
	app.OnMessage(func(_ context.Context, _ *tyg.Conn, m tyg.Message) error {
		if m.Text() == "panic" {
			panic(oops)
		}
		return oops
	})
	fake := new(fakeT)
	host := tygtest.NewHost(fake, app)
	john := host.Dial()
	john.Send("x")
	fake.wantReport(t, "log: handle $default of "+string(john.ID()))
	john.Send("panic")
	errs := host.Errors()
	if len(errs) != 2 || errs[0] != oops || !errors.Is(errs[1], oops) {
		t.Fatalf("Errors are %v, want oops and a panic of it", errs)
	}
	if p, ok := errors.AsType[*tyg.PanicError](errs[1]); !ok || len(p.Stack) == 0 {
		t.Errorf("second error is a %T, want a *tyg.PanicError with its stack", errs[1])
	}
	for _, text := range john.Received() {
		if !strings.HasPrefix(text, `{"message": "Internal server error", "connectionId":"`) {
			t.Errorf("received %q", text)
		}
	}
}

func TestCleanupDisconnects(t *testing.T) {
	app := echoApp()
	var ended []tyg.ConnID
	app.OnDisconnect(func(_ context.Context, c *tyg.Conn, d tyg.Disconnect) error {
		if d != (tyg.Disconnect{Code: 1001, Reason: "Going away"}) {
			t.Errorf("disconnect is %+v", d)
		}
		ended = append(ended, c.ID)
		return nil
	})
	fake := new(fakeT)
	host := tygtest.NewHost(fake, app)
	john, jenny := host.Dial(), host.Dial()
	for _, c := range fake.cleanups {
		c()
	}
	if want := []tyg.ConnID{john.ID(), jenny.ID()}; !slices.Equal(ended, want) {
		t.Errorf("disconnected %q, want %q", ended, want)
	}
	if end, ok := john.Closed(); !ok || end.Code != 1001 {
		t.Errorf("Closed is %v, %t", end, ok)
	}
	if _, err := host.Try(tygtest.Dial{}); err == nil {
		t.Error("a host that is over accepts connections")
	}
}

// As at API Gateway, a route that is not there is not run, by middleware either.
// routesOnly is a handler that is asked for messages only, and remembers what it was asked.
type routesOnly struct {
	*tyg.App
	got []tyg.EventType
}

func (r *routesOnly) Handle(ctx context.Context, e tyg.Event) (tyg.Reply, error) {
	r.got = append(r.got, e.Type)
	return r.App.Handle(ctx, e)
}

func TestRoutesThatAreNotThere(t *testing.T) {
	app := &routesOnly{App: echoApp()}
	john := tygtest.NewHost(t, app).Dial()
	john.Send("x")
	john.Expect("x")
	john.Drop()
	if want := []tyg.EventType{tyg.EventMessage}; !slices.Equal(app.got, want) {
		t.Errorf("events are %v, want %v", app.got, want)
	}
}

func TestRouteResponses(t *testing.T) {
	app := echoApp()
	app.OnRouteResponse("ask", func(_ context.Context, _ *tyg.Conn, m tyg.Message) ([]byte, error) {
		return []byte("answer to " + m.Text()), nil
	})
	app.OnRouteResponse("nothing", func(context.Context, *tyg.Conn, tyg.Message) ([]byte, error) {
		return nil, nil
	})
	app.OnRouteResponse("bytes", func(context.Context, *tyg.Conn, tyg.Message) ([]byte, error) {
		return []byte{0xFF}, nil
	})
	host := tygtest.NewHost(t, app)
	john := host.Dial()
	john.Send(`{"action":"ask"}`)
	john.Expect(`answer to {"action":"ask"}`)
	john.Send(`{"action":"nothing"}`)
	john.Expect("")
	john.Send(`{"action":"bytes"}`)
	if got := john.Receive(); !strings.Contains(got, "Internal server error") {
		t.Errorf("a reply that is not text was answered with %q", got)
	}
	if errs := host.Errors(); len(errs) != 1 || !errors.Is(errs[0], tyg.ErrNotText) {
		t.Errorf("errors are %v, want one that is ErrNotText", errs)
	}
}

func TestAuthorizer(t *testing.T) {
	app := echoApp()
	app.OnAuthorize(func(_ context.Context, r *tyg.Request) (tyg.Identity, error) {
		if r.Query.Get("token") != "secret" {
			return tyg.Identity{}, tyg.ErrForbidden
		}
		return tyg.Identity{Principal: "ann", Context: map[string]any{"admin": true}}, nil
	}, "route.request.querystring.token")
	app.OnRouteResponse("who", func(_ context.Context, c *tyg.Conn, _ tyg.Message) ([]byte, error) {
		return fmt.Appendf(nil, "%v %v", c.Identity.Principal, c.Identity.Context["admin"]), nil
	})
	host := tygtest.NewHost(t, app)
	for token, want := range map[string]int{"": 401, "wrong": 403} {
		_, err := host.Try(tygtest.Dial{Query: url.Values{"token": {token}}})
		if refused, ok := errors.AsType[*tygtest.Refused](err); !ok || refused.Status != want {
			t.Errorf("token %q: %v, want status %d", token, err, want)
		}
	}
	ann, err := host.Try(tygtest.Dial{Query: url.Values{"token": {"secret"}}})
	if err != nil {
		t.Fatal(err)
	}
	ann.Send(`{"action":"who"}`)
	ann.Expect("ann true")
}

func TestSourceIP(t *testing.T) {
	host := tygtest.NewHost(t, echoApp())
	c, err := host.Try(tygtest.Dial{SourceIP: "203.0.113.7"})
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[tyg.ConnID]string{
		c.ID():           "203.0.113.7",
		host.Dial().ID(): "192.0.2.1",
	} {
		info, err := host.Info(t.Context(), id)
		if err != nil || info.SourceIP != want {
			t.Errorf("Info is %+v, %v, want address %s", info, err, want)
		}
	}
}

func TestMessageIsWiped(t *testing.T) {
	app := tyg.New("keeper")
	var kept []byte
	app.OnMessage(func(_ context.Context, _ *tyg.Conn, m tyg.Message) error {
		kept = m.Data
		return nil
	})
	tygtest.NewHost(t, app).Dial().Send("secret")
	if string(kept) != "\x00\x00\x00\x00\x00\x00" {
		t.Errorf("kept %q, want it wiped", kept)
	}
}

func TestEndedContextIsRefused(t *testing.T) {
	host := tygtest.NewHost(t, echoApp())
	john := host.Dial()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, infoErr := host.Info(ctx, john.ID())
	for call, err := range map[string]error{
		"Send":     host.Send(ctx, john.ID(), []byte("x")),
		"SendMany": host.SendMany(ctx, []tyg.ConnID{john.ID()}, []byte("x")),
		"Close":    host.Close(ctx, john.ID()),
		"Info":     infoErr,
	} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s returned %v, want context.Canceled", call, err)
		}
	}
	john.Send("still there")
	john.Expect("still there")
}

func TestBadMessagesEndTheConnection(t *testing.T) {
	host := tygtest.NewHost(t, echoApp())
	for text, want := range map[string]tyg.CloseCode{
		"\xff":                            1007,
		strings.Repeat("x", 128<<10+1):    1009,
		strings.Repeat("\xff", 128<<10+1): 1009,
	} {
		c := host.Dial()
		c.Send(text)
		if end, ok := c.Closed(); !ok || end.Code != want {
			t.Errorf("Closed is %v, %t, want code %d", end, ok, want)
		}
		c.ExpectNone()
	}
}

func TestBinaryMessages(t *testing.T) {
	app := tyg.New("binary")
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		return c.Send(ctx, m.Data, m.Type)
	})
	host := tygtest.NewHost(t, app)
	host.Binary = true
	john := host.Dial()
	john.SendBinary([]byte("text"))
	if got := john.ReceiveBinary(); string(got) != "text" {
		t.Errorf("received %q", got)
	}
	john.Send("text")
	john.Expect("text")
}

func TestBinaryMessagesEndTheConnection(t *testing.T) {
	host := tygtest.NewHost(t, echoApp())
	john := host.Dial()
	if err := host.Send(t.Context(), john.ID(), nil, tyg.Binary); !errors.Is(err, tyg.ErrBinary) {
		t.Errorf("Send returned %v, want ErrBinary", err)
	}
	john.SendBinary([]byte("text"))
	if end, ok := john.Closed(); !ok || end.Code != tyg.CloseUnsupportedData {
		t.Errorf("Closed is %v, %t, want code 1003", end, ok)
	}
}

// TestDialKeepsNamesOfHeaders connects with names that Go respells: handlers find them in any
// spelling, and know how they were spelt.
func TestDialKeepsNamesOfHeaders(t *testing.T) {
	var got *tyg.Request
	app := tyg.New("names")
	app.OnConnect(func(_ context.Context, c *tyg.Conn, r *tyg.Request) error {
		if got = r; c.UserAgent != "me" {
			t.Errorf("Conn.UserAgent is %q, want me", c.UserAgent)
		}
		return nil
	})
	_, err := tygtest.NewHost(t, app).Try(tygtest.Dial{
		Header: http.Header{"x-api-key": {"a"}, "X-API-KEY": {"b"}, "user-agent": {"me"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"X-API-KEY", "user-agent"}; !slices.Equal(got.HeaderNames, want) {
		t.Errorf("the names are %q, want %q", got.HeaderNames, want)
	}
	if all := got.Header.Values("x-Api-kEy"); !slices.Equal(all, []string{"b", "a"}) {
		t.Errorf("the values are %q, want b and a", all)
	}
}
