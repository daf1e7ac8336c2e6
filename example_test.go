package tyg_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/tygtest"
)

// demo stands in for the *testing.T of a real test.
type demo struct{ testing.TB }

func (demo) Helper()                           {}
func (demo) Cleanup(func())                    {}
func (demo) Logf(string, ...any)               {}
func (demo) Errorf(format string, args ...any) { fmt.Printf(format+"\n", args...) }
func (demo) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

func ExampleApp() {
	app := tyg.New("echo-server")
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		return c.Send(ctx, m.Data)
	})

	client := tygtest.NewHost(demo{}, app).Dial()
	client.Send("hello")
	fmt.Println(client.Receive())
	// Output: hello
}

func ExampleApp_OnRoute() {
	app := tyg.New("rooms")
	app.OnRoute("join", func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		var msg struct{ Room string }
		if err := m.JSON(&msg); err != nil {
			return err
		}
		return c.SendString(ctx, "welcome to the "+msg.Room)
	})
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		return c.SendString(ctx, "what is "+m.Text()+"?")
	})

	client := tygtest.NewHost(demo{}, app).Dial()
	client.Send(`{"action":"join","room":"kitchen"}`)
	client.Send("tea")
	fmt.Println(client.Receive())
	fmt.Println(client.Receive())
	// Output:
	// welcome to the kitchen
	// what is tea?
}

func ExampleApp_Use() {
	app := tyg.New("logged")
	app.Use(func(next tyg.Handler) tyg.Handler {
		return tyg.HandlerFunc(func(ctx context.Context, e tyg.Event) (tyg.Reply, error) {
			fmt.Println(e.Type, e.Route)
			return next.Handle(ctx, e)
		})
	})
	app.OnMessage(func(context.Context, *tyg.Conn, tyg.Message) error { return nil })
	app.OnRoute("join", func(context.Context, *tyg.Conn, tyg.Message) error { return nil })

	client := tygtest.NewHost(demo{}, app).Dial()
	client.Send("hello")
	client.Send(`{"action":"join"}`)
	// Output:
	// CONNECT $connect
	// MESSAGE $default
	// MESSAGE join
}

func ExampleApp_Sender() {
	app := tyg.New("clock")
	client := tygtest.NewHost(demo{}, app).Dial()

	// Anywhere in the program, such as in a timer:
	err := app.Sender().Send(context.Background(), client.ID(), []byte("it is noon"))
	fmt.Println(err, client.Receive())
	// Output: <nil> it is noon
}

func ExampleReject() {
	app := tyg.New("private")
	app.OnConnect(func(_ context.Context, _ *tyg.Conn, r *tyg.Request) error {
		if r.Query.Get("token") != "sesame" {
			return tyg.Reject(401, "the token is wrong")
		}
		return nil
	})

	host := tygtest.NewHost(demo{}, app)
	_, err := host.Try(tygtest.Dial{})
	fmt.Println(err)
	_, err = host.Try(tygtest.Dial{Query: url.Values{"token": {"sesame"}}})
	fmt.Println(err)
	// Output:
	// handshake refused with status 401: the token is wrong
	// <nil>
}

func ExampleFailures() {
	var sender tygtest.Recorder
	sender.Fail("jenny", tyg.ErrGone)
	sender.Fail("jack", tyg.ErrThrottled)

	members := []tyg.ConnID{"john", "jenny", "jack"}
	err := sender.SendMany(context.Background(), members, []byte("news"))
	for id, err := range tyg.Failures(err) {
		if errors.Is(err, tyg.ErrGone) {
			fmt.Println("forget", id)
			continue
		}
		fmt.Println(id, "missed it:", err)
	}
	// Output:
	// forget jenny
	// jack missed it: too much is waiting for the connection
}

func ExampleRequest_SelectSubprotocol() {
	app := tyg.New("versions")
	app.OnConnect(func(_ context.Context, _ *tyg.Conn, r *tyg.Request) error {
		if _, ok := r.SelectSubprotocol("chat.v2", "chat.v1"); !ok {
			return tyg.Reject(400, "this server speaks chat.v1 and chat.v2")
		}
		return nil
	})

	host := tygtest.NewHost(demo{}, app)
	client, err := host.Try(tygtest.Dial{Subprotocols: []string{"chat.v1", "chat.v0"}})
	fmt.Println(client.Subprotocol(), err)
	_, err = host.Try(tygtest.Dial{Subprotocols: []string{"chat.v0"}})
	fmt.Println(err)
	// Output:
	// chat.v1 <nil>
	// handshake refused with status 400: this server speaks chat.v1 and chat.v2
}

// An echo answers in the type of the message. On a gateway, binary messages are a switch that is
// off by default (gateway.Extensions, or the flag -binary).
func ExampleConn_Send_binary() {
	app := tyg.New("echo")
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		return c.Send(ctx, m.Data, m.Type)
	})
	app.OnRoute("picture", func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		return c.Send(ctx, []byte{0x89, 'P', 'N', 'G'}, tyg.Binary)
	})
}
