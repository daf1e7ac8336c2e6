package board_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/cmd/internal/board"
	"github.com/tyg-dev/tyg/tygtest"
)

// newApp returns an App that says its name, whoever asks, and who asks.
func newApp(name string) *tyg.App {
	app := tyg.New(name)
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		return c.SendString(ctx, fmt.Sprint(name, " ", m.Text(), " ", c.Identity.Principal, " ", c.Identity.Context["k"]))
	})
	return app
}

func switchTo(t *testing.T, b *board.Board, app *tyg.App) {
	t.Helper()
	if err := b.Switch(app); err != nil {
		t.Fatal(err)
	}
}

// Routes, route responses and authorizers are those of the last Switch, for open connections, too.
func TestSwitch(t *testing.T) {
	var seen []string
	b := &board.Board{Handled: func(e tyg.Event, _ time.Duration, _ error) { seen = append(seen, e.Route) }}
	switchTo(t, b, newApp("one"))
	h := tygtest.NewHost(t, b)
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
	switchTo(t, b, two)
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
	switchTo(t, b, newApp("three"))
	ann.Send("hi")
	ann.Expect("three hi ann v")
	want := "$connect $default ask  $connect $default"
	if got := strings.Join(seen, " "); got != want {
		t.Errorf("handled were the routes %q, want %q", got, want)
	}
}

func TestSwitchToNonsense(t *testing.T) {
	b := &board.Board{}
	switchTo(t, b, newApp("one"))
	bad := newApp("two")
	bad.RouteSelection = "$request.nonsense"
	if err := b.Switch(bad); err == nil {
		t.Error("a bad expression is accepted")
	}
	h := tygtest.NewHost(t, b)
	c := h.Dial()
	c.Send("hi")
	c.Expect("one hi  <nil>")
}
