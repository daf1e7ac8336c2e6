package host_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/host"
)

func TestDescribe(t *testing.T) {
	app := tyg.New("all of it")
	app.RouteSelection = "$request.body.verb"
	app.OnConnect(func(context.Context, *tyg.Conn, *tyg.Request) error { return nil })
	app.OnRoute("say", func(context.Context, *tyg.Conn, tyg.Message) error { return nil })
	app.OnRouteResponse("ask", func(context.Context, *tyg.Conn, tyg.Message) ([]byte, error) { return nil, nil })
	app.OnAuthorize(func(context.Context, *tyg.Request) (tyg.Identity, error) { return tyg.Identity{}, nil },
		"route.request.querystring.token")
	want := host.Description{
		Name: "all of it", Routes: []string{"$connect", "ask", "say"}, Selection: "$request.body.verb",
		RouteResponses: []string{"ask"},
		Authorizer:     &host.Authorizer{IdentitySources: []string{"route.request.querystring.token"}},
	}
	if got := host.Describe(app); !reflect.DeepEqual(got, want) {
		t.Errorf("the description is %+v, want %+v", got, want)
	}
}

// TestRunDescribes asks programs of both kinds, wherever they believe to be.
func TestRunDescribes(t *testing.T) {
	for _, tags := range []string{"", "tyg.lambda"} {
		program := t.TempDir() + "/echo"
		build := exec.CommandContext(t.Context(), "go", "build", "-tags", tags, "-o", program, "../examples/echo")
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		cmd := exec.CommandContext(t.Context(), program, "-not-a-flag")
		cmd.Env = append(os.Environ(), host.DescribeVariable+"=1", "AWS_LAMBDA_RUNTIME_API=127.0.0.1:1")
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("with tags %q: %v", tags, err)
		}
		var got host.Description
		err = json.Unmarshal([]byte(strings.TrimSpace(string(out))), &got)
		want := host.Description{
			Name: "echo-server", Routes: []string{"$default"}, Selection: tyg.DefaultRouteSelection,
		}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("with tags %q the program says %s, %v", tags, out, err)
		}
	}
}
