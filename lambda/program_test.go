package lambda_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/lambda"
)

// messageBody is what the message of apigw/testdata says.
const messageBody = `"body": "{\r\n\t\"a\": 1\r\n}"`

var errSecret = errors.New("a secret of the application")

// program does what it is told: by the query, and by the text of messages.
func program() *tyg.App {
	app := tyg.New("program")
	app.OnConnect(func(_ context.Context, _ *tyg.Conn, r *tyg.Request) error {
		r.SelectSubprotocol("chat")
		return do(r.Query.Get("token"))
	})
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		switch text := m.Text(); text {
		case "raw":
			return c.Send(ctx, lambda.Raw(ctx))
		case "wait":
			<-ctx.Done()
			return ctx.Err()
		case "deaf":
			select {} // Lambda ends it
		case "echo":
			return c.SendString(ctx, text)
		default:
			return do(text)
		}
	})
	app.OnRouteResponse("answer", func(_ context.Context, _ *tyg.Conn, m tyg.Message) ([]byte, error) {
		switch text := m.Text(); text {
		case "large":
			return bytes.Repeat([]byte("x"), 7<<20), nil
		case "binary":
			return []byte{0xff}, nil
		default:
			return []byte(text), nil
		}
	})
	app.OnDisconnect(
		func(_ context.Context, _ *tyg.Conn, d tyg.Disconnect) error { return do(d.Reason) },
	)
	app.OnAuthorize(func(_ context.Context, r *tyg.Request) (tyg.Identity, error) {
		token := r.Query.Get("token")
		switch token {
		case "deny":
			return tyg.Identity{}, tyg.ErrForbidden
		case "unknown":
			return tyg.Identity{}, errors.Join(tyg.ErrUnauthorized, errSecret)
		case "large":
			return tyg.Identity{Principal: strings.Repeat("x", 9<<10)}, nil
		}
		return tyg.Identity{
			Principal: "john",
			Context:   map[string]any{"token": token, "number": 7, "flag": true},
		}, do(token)
	}, "route.request.querystring.token")
	return app
}

// do fails as it is told.
func do(what string) error {
	switch what {
	case "error":
		return errSecret
	case "panic":
		panic(errSecret)
	case "reject":
		return tyg.Reject(418, "I am a <teapot>")
	case "reject-200":
		return tyg.Reject(200, "what?")
	}
	return nil
}

// payload is a file of API Gateway's events, with some of it replaced.
func payload(t testing.TB, name string, oldnew ...string) []byte {
	t.Helper()
	data, err := os.ReadFile("../apigw/testdata/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(oldnew); i += 2 {
		if !strings.Contains(string(data), oldnew[i]) {
			t.Fatalf("%s.json does not contain %s", name, oldnew[i])
		}
	}
	return []byte(strings.NewReplacer(oldnew...).Replace(string(data)))
}

// message is a message event with a text that needs no escape.
func message(t testing.TB, text string) []byte {
	t.Helper()
	return on(t, tyg.RouteDefault, text)
}

func on(t testing.TB, route, text string) []byte {
	t.Helper()
	return payload(t, "message", `"$default"`, `"`+route+`"`, messageBody, `"body": "`+text+`"`)
}
