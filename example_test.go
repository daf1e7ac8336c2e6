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

func ExampleGroup() {
	app := tyg.New("rooms")
	room := app.Group("room:42")
	app.OnOpen(func(ctx context.Context, c *tyg.Conn) error { return room.Add(ctx, c.ID) })
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		return room.Send(ctx, m.Data, tyg.Except(c.ID))
	})

	host := tygtest.NewHost(demo{}, app)
	john, jenny, jack := host.Dial(), host.Dial(), host.Dial()
	jack.Drop() // leaves the group by itself
	john.Send("hello")
	fmt.Println(jenny.Receive())
	fmt.Println(room.Count(context.Background()))
	// Output:
	// hello
	// 2 <nil>
}

func ExampleApp_Everyone() {
	app := tyg.New("broadcast")
	app.OnMessage(func(ctx context.Context, _ *tyg.Conn, m tyg.Message) error {
		return app.Everyone().Send(ctx, m.Data)
	})

	host := tygtest.NewHost(demo{}, app)
	john, jenny := host.Dial(), host.Dial()
	john.Send("hello")
	fmt.Println(john.Receive(), jenny.Receive())
	// Output: hello hello
}

func ExampleReport() {
	app := tyg.New("news")
	host := tygtest.NewHost(demo{}, app)
	host.Dial()
	host.Dial()

	var d tyg.Delivery
	err := app.Everyone().SendString(context.Background(), "it is noon", tyg.Report(&d))
	fmt.Println(d.Reached, len(d.Gone), len(d.Slow), err)
	// Output: 2 0 0 <nil>
}

func ExampleApp_OnJoin() {
	app := tyg.New("presence")
	here := app.Group("here")
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		return here.AddAs(ctx, c.ID, m.Text()) // the message is a name
	})
	app.OnJoin(func(ctx context.Context, g *tyg.Group, m tyg.Member) error {
		return g.SendString(ctx, m.Name()+" has come", tyg.Except(m.ID))
	})
	app.OnLeave(func(ctx context.Context, g *tyg.Group, m tyg.Member) error {
		return g.SendString(ctx, m.Name()+" has gone")
	})

	host := tygtest.NewHost(demo{}, app)
	john, jenny := host.Dial(), host.Dial()
	john.Send("John")
	jenny.Send("Jenny")
	jenny.Drop() // like a phone in a tunnel
	fmt.Println(john.Receive())
	fmt.Println(john.Receive())
	// Output:
	// Jenny has come
	// Jenny has gone
}

func ExampleValue() {
	app := tyg.New("counter")
	clicks := tyg.NewValue[int](app, "clicks")
	app.OnMessage(func(ctx context.Context, _ *tyg.Conn, _ tyg.Message) error {
		n, err := clicks.Update(ctx, func(n int) (int, error) { return n + 1, nil })
		if err != nil {
			return err
		}
		return app.Everyone().SendJSON(ctx, n)
	})

	host := tygtest.NewHost(demo{}, app)
	john, jenny := host.Dial(), host.Dial()
	john.Send("press")
	jenny.Send("press")
	fmt.Println(john.Receive(), john.Receive())
	// Output: 1 2
}

func ExampleValue_CompareAndSet() {
	app := tyg.New("notes")
	note := tyg.NewValue[string](app, "note")
	tygtest.NewHost(demo{}, app)

	ctx := context.Background()
	_, rev, _ := note.Load(ctx)
	_, err := note.CompareAndSet(ctx, rev, "from John")
	fmt.Println(err)
	_, err = note.CompareAndSet(ctx, rev, "from Jenny, who read what John read")
	fmt.Println(errors.Is(err, tyg.ErrConflict))
	// Output:
	// <nil>
	// true
}

func ExampleState() {
	app := tyg.New("greeter")
	names := tyg.NewState[string](app)
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		name, err := names.Get(ctx, c.ID)
		if err != nil {
			return err
		}
		if name == "" { // the first message is a name
			return names.Set(ctx, c.ID, m.Text())
		}
		return c.SendString(ctx, name+" says "+m.Text())
	})

	client := tygtest.NewHost(demo{}, app).Dial()
	client.Send("John")
	client.Send("hello")
	fmt.Println(client.Receive())
	// Output: John says hello
}
