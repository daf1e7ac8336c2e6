package handlerswitch_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/cmd/internal/handlerswitch"
	"github.com/tyg-dev/tyg/tygtest"
)

// newApp returns an App that answers with its name, the message, and the identity of the client.
func newApp(name string) *tyg.App {
	app := tyg.New(name)
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		return c.SendString(ctx, fmt.Sprint(name, " ", m.Text(), " ",
			c.Identity.Principal, " ", c.Identity.Context["k"]))
	})
	return app
}

func setHandler(t *testing.T, s *handlerswitch.Switch, app *tyg.App) {
	t.Helper()
	if err := s.Set(app); err != nil {
		t.Fatal(err)
	}
}

func TestSetReplacesRoutesResponsesAndAuthorizer(t *testing.T) {
	var seen []string
	s := &handlerswitch.Switch{Routed: func(e tyg.Event) { seen = append(seen, e.Route) }}
	setHandler(t, s, newApp("one"))
	h := tygtest.NewHost(t, s)
	c := h.Dial()
	c.Send("hi")
	c.Expect("one hi  <nil>")

	two := tyg.New("two")
	two.OnRouteResponse("ask", func(context.Context, *tyg.Conn, tyg.Message) ([]byte, error) {
		return []byte("an answer"), nil
	})
	two.OnAuthorize(func(_ context.Context, r *tyg.Request) (tyg.Identity, error) {
		if r.Query.Get("token") != "good" {
			return tyg.Identity{}, tyg.ErrForbidden
		}
		return tyg.Identity{Principal: "ann", Context: map[string]any{"k": "v"}}, nil
	}, "route.request.querystring.token")
	setHandler(t, s, two)
	c.Send(`{"action":"ask"}`)
	c.Expect("an answer")
	c.Send("hi")
	if got := c.Receive(); !strings.HasPrefix(got, `{"message": "Forbidden", "connectionId":"`) {
		t.Errorf("without a route the client is told %q", got)
	}
	for token, want := range map[string]int{"": 401, "bad": 403} {
		_, err := h.Try(tygtest.Dial{Query: map[string][]string{"token": {token}}})
		if no, ok := err.(*tygtest.Refused); !ok || no.Status != want {
			t.Errorf("with token %q the client gets %v, want %d", token, err, want)
		}
	}
	ann, err := h.Try(tygtest.Dial{Query: map[string][]string{"token": {"good"}}})
	if err != nil {
		t.Fatal(err)
	}
	setHandler(t, s, newApp("three"))
	ann.Send("hi")
	ann.Expect("three hi ann v")
	want := "$connect $default ask  $connect $default"
	if got := strings.Join(seen, " "); got != want {
		t.Errorf("handled were the routes %q, want %q", got, want)
	}
}

func TestSetOfAnInvalidHandlerChangesNothing(t *testing.T) {
	s := &handlerswitch.Switch{}
	setHandler(t, s, newApp("one"))
	bad := newApp("two")
	bad.RouteSelection = "$request.nonsense"
	if err := s.Set(bad); err == nil {
		t.Error("a bad expression is accepted")
	}
	h := tygtest.NewHost(t, s)
	c := h.Dial()
	c.Send("hi")
	c.Expect("one hi  <nil>")
}

func TestSetReplacesOnLeave(t *testing.T) {
	var seen []string
	s := &handlerswitch.Switch{Routed: func(e tyg.Event) { seen = append(seen, e.Route) }}
	setHandler(t, s, newApp("one"))
	if !tyg.Describe(s).Leave {
		t.Error("the Switch does not ask for leaves")
	}
	e := tyg.Event{
		Type: tyg.EventLeave, Route: tyg.RouteLeave, Conn: &tyg.Conn{ID: "x"},
		Membership: &tyg.Membership{Group: "tea"},
	}
	leave := func() {
		t.Helper()
		if _, err := s.Handle(t.Context(), e); err != nil {
			t.Error(err)
		}
	}
	leave()
	left := 0
	two := tyg.New("two")
	two.OnLeave(func(context.Context, *tyg.Group, tyg.Member) error { left++; return nil })
	setHandler(t, s, two)
	leave()
	setHandler(t, s, newApp("three"))
	leave()
	if left != 1 || len(seen) != 1 || seen[0] != tyg.RouteLeave {
		t.Errorf("%d leaves were handled, and seen are %q", left, seen)
	}
}
