package tygtest

import (
	"context"
	"strings"

	"github.com/tyg-dev/tyg"
)

func routePromises() []promise {
	return []promise{
		{
			"the route selection expression selects the route",
			"a message takes the route whose key equals the expression's value, else $default",
			checkRoutes,
		},
		{
			"no message reaches connect or disconnect",
			"what a client writes never selects $connect or $disconnect", checkReservedRoutes,
		},
		{
			"an expression of the application's own selects",
			"a host uses App.RouteSelection", checkSelection,
		},
		{
			"a message without a route is answered Forbidden",
			"if no route matches and there is no $default, the client gets API Gateway's Forbidden " +
				"frame and stays connected", checkForbidden,
		},
	}
}

// tell returns a message handler that tells the client which route it is.
func tell(route string) tyg.MessageFunc {
	return func(ctx context.Context, c *tyg.Conn, _ tyg.Message) error {
		return c.SendString(ctx, route)
	}
}

func checkRoutes(r *rig) {
	r.app.OnRoute("join", tell("join"))
	r.app.OnRoute("leave", tell("leave"))
	r.message = tell(tyg.RouteDefault)
	r.run()
	p := r.join(Dial{})
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
		p.write(text)
		if got := p.read(); got != want {
			r.broken("%s took the route %q, want %q", text, got, want)
		}
	}
}

func checkReservedRoutes(r *rig) {
	r.app.OnRoute("join", tell("join")) // so that there is something to select
	r.run()
	p := r.join(Dial{})
	for _, key := range []string{tyg.RouteConnect, tyg.RouteDisconnect, tyg.RouteDefault} {
		text := `{"action":"` + key + `"}`
		p.write(text)
		p.expect(text)
	}
	for _, e := range r.journal.of(p.id())[1:] {
		if e.Type != tyg.EventMessage || e.Route != tyg.RouteDefault {
			r.broken("a message caused %v on route %q", e.Type, e.Route)
		}
	}
}

func checkSelection(r *rig) {
	r.app.RouteSelection = "${request.body.service}/${request.body.action}"
	r.app.OnRoute("chat/join", tell("chat/join"))
	r.message = tell(tyg.RouteDefault)
	r.run()
	p := r.join(Dial{})
	p.write(`{"action":"join","service":"chat"}`)
	p.expect("chat/join")
	p.write(`{"action":"join"}`)
	p.expect(tyg.RouteDefault)
}

func checkForbidden(r *rig) {
	r.app.Use(r.journal.keep)
	r.app.OnConnect(func(context.Context, *tyg.Conn, *tyg.Request) error { return nil })
	r.app.OnRoute("join", tell("join"))
	r.runHandler(r.app)
	p := r.join(Dial{})
	seen := make(map[string]bool)
	for _, text := range []string{`{"action":"nobody"}`, `{}`, `no JSON`, `{"action":"$connect"}`} {
		p.write(text)
		id := r.forbidden(p, p.read())
		if seen[id] {
			r.broken("request id %q is there twice", id)
		}
		seen[id] = true
	}
	p.write(`{"action":"join"}`)
	p.expect("join")
}

// forbidden checks the Forbidden frame and returns the request id in it.
func (r *rig) forbidden(p *peer, got string) string {
	r.t.Helper()
	want := frame("Forbidden", tyg.Event{Conn: p.conn, RequestID: "?"})
	before, after, _ := strings.Cut(want, "?")
	id, ok := strings.CutPrefix(got, before)
	id, ok2 := strings.CutSuffix(id, after)
	if !ok || !ok2 || id == "" {
		r.broken("client received %s, want %s…%s", brief(got), before, after)
	}
	return id
}
