package tyg_test

import (
	"context"
	"encoding/json"
	"reflect"
	"testing"

	"github.com/tyg-dev/tyg"
)

func TestDescribeApp(t *testing.T) {
	app := tyg.New("all of it")
	app.RouteSelection = "$request.body.verb"
	app.OnConnect(func(context.Context, *tyg.Conn, *tyg.Request) error { return nil })
	app.OnRoute("say", func(context.Context, *tyg.Conn, tyg.Message) error { return nil })
	app.OnRouteResponse("ask", func(context.Context, *tyg.Conn, tyg.Message) ([]byte, error) {
		return nil, nil
	})
	app.OnAuthorize(func(context.Context, *tyg.Request) (tyg.Identity, error) {
		return tyg.Identity{}, nil
	}, "route.request.querystring.token")
	text, err := json.Marshal(tyg.Describe(app))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"name":"all of it","route_selection":"$request.body.verb",` +
		`"routes":[{"key":"$connect"},{"key":"ask","response":true},{"key":"say"}],` +
		`"authorizer":{"identity_sources":["route.request.querystring.token"]}}`
	if string(text) != want {
		t.Errorf("the description is %s, want %s", text, want)
	}
	var back tyg.Description
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if !back.Responds("ask") || back.Responds("say") || back.Responds("other") {
		t.Errorf("route responses are lost in %+v", back)
	}
}

func TestDescribeHandlerFunc(t *testing.T) {
	var h tyg.HandlerFunc
	want := tyg.Description{
		Routes: []tyg.Route{{Key: "$connect"}, {Key: "$default"}, {Key: "$disconnect"}},
	}
	if got := tyg.Describe(h); !reflect.DeepEqual(got, want) {
		t.Errorf("the description is %+v, want %+v", got, want)
	}
	if got := want.Selection(); got != tyg.DefaultRouteSelection {
		t.Errorf("the selection is %q", got)
	}
	tyg.Bind(h, nil) // must not panic
}

// On AWS, the function of $connect has the open handler run, so there must be one.
func TestDescribeOpen(t *testing.T) {
	app := tyg.New("greeter")
	app.OnOpen(func(context.Context, *tyg.Conn) error { return nil })
	d := app.Describe()
	if keys := d.Keys(); !d.Open || len(keys) != 1 || keys[0] != tyg.RouteConnect {
		t.Errorf("an App with OnOpen has open %t and the routes %q", d.Open, keys)
	}
}
