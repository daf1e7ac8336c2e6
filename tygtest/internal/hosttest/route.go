package hosttest

import (
	"context"
	"strings"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/tygtest/internal/suite"
)

func routeCases() []suite.Case {
	return []suite.Case{
		{
			Name:  "the route selection expression selects the route",
			Rule:  "a message takes the route whose key equals the expression's value, else $default",
			Check: checkRoutes,
		},
		{
			Name:  "no message reaches connect or disconnect",
			Rule:  "a message never selects $connect or $disconnect",
			Check: checkReservedRoutes,
		},
		{
			Name:  "the application's own expression selects the route",
			Rule:  "a host uses App.RouteSelection",
			Check: checkSelection,
		},
		{
			Name: "a message without a route is answered Forbidden",
			Rule: "if no route matches and there is no $default, the client gets API Gateway's " +
				"Forbidden frame and stays connected",
			Check: checkForbidden,
		},
	}
}

// tell returns a message handler that sends the client a route.
func tell(route string) tyg.MessageFunc {
	return func(ctx context.Context, c *tyg.Conn, _ tyg.Message) error {
		return c.SendString(ctx, route)
	}
}

func checkRoutes(t *suite.T) {
	t.App.OnRoute("join", tell("join"))
	t.App.OnRoute("leave", tell("leave"))
	t.OnMessage = tell(tyg.RouteDefault)
	t.Start()
	p := t.Connect(suite.Dial{})
	for text, want := range map[string]string{
		`{"action":"join"}`:                    "join",
		` { "x" : [1] , "action" : "leave" } `: "leave",
		`{"action":"\u006aoin"}`:               "join",
		`{"action":"leave","action":"join"}`:   "join",
		`{"action":"Join"}`:                    tyg.RouteDefault,
		`{"action":["join"]}`:                  tyg.RouteDefault,
		`{"a":{"action":"join"}}`:              tyg.RouteDefault,
		`{"action":"join"`:                     tyg.RouteDefault,
		`["join"]`:                             tyg.RouteDefault,
		`"join"`:                               tyg.RouteDefault,
		`join`:                                 tyg.RouteDefault,
		`{}`:                                   tyg.RouteDefault,
	} {
		p.WriteText(text)
		if got := p.ReadText(); got != want {
			t.Errorf("%s took the route %q, want %q", text, got, want)
		}
	}
}

func checkReservedRoutes(t *suite.T) {
	t.App.OnRoute("join", tell("join")) // a route that could be selected
	t.Start()
	p := t.Connect(suite.Dial{})
	for _, key := range []string{tyg.RouteConnect, tyg.RouteDisconnect, tyg.RouteDefault} {
		text := `{"action":"` + key + `"}`
		p.WriteText(text)
		p.Expect(text)
	}
	for _, e := range t.Events.Of(p.ID())[1:] {
		if e.Type != tyg.EventMessage || e.Route != tyg.RouteDefault {
			t.Errorf("a message caused %v on route %q", e.Type, e.Route)
		}
	}
}

func checkSelection(t *suite.T) {
	t.App.RouteSelection = "${request.body.service}/${request.body.action}"
	t.App.OnRoute("chat/join", tell("chat/join"))
	t.OnMessage = tell(tyg.RouteDefault)
	t.Start()
	p := t.Connect(suite.Dial{})
	p.WriteText(`{"action":"join","service":"chat"}`)
	p.Expect("chat/join")
	p.WriteText(`{"action":"join"}`)
	p.Expect(tyg.RouteDefault)
}

func checkForbidden(t *suite.T) {
	t.App.Use(t.Events.Record)
	t.App.OnConnect(func(context.Context, *tyg.Conn, *tyg.Request) error { return nil })
	t.App.OnRoute("join", tell("join"))
	t.StartHandler(t.App)
	p := t.Connect(suite.Dial{})
	seen := make(map[string]bool)
	for _, text := range []string{`{"action":"unknown"}`, `{}`, `no JSON`, `{"action":"$connect"}`} {
		p.WriteText(text)
		id := forbidden(t, p, p.ReadText())
		if seen[id] {
			t.Errorf("request id %q is used twice", id)
		}
		seen[id] = true
	}
	p.WriteText(`{"action":"join"}`)
	p.Expect("join")
}

// forbidden checks the Forbidden frame and returns the request id in it.
func forbidden(t *suite.T, p *suite.Client, got string) string {
	t.Helper()
	want := frame("Forbidden", tyg.Event{Conn: p.Conn, RequestID: "?"})
	before, after, _ := strings.Cut(want, "?")
	id, ok := strings.CutPrefix(got, before)
	id, ok2 := strings.CutSuffix(id, after)
	if !ok || !ok2 || id == "" {
		t.Errorf("client received %s, want %s…%s", suite.Brief(got), before, after)
	}
	return id
}
