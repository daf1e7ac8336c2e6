package tygtest_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/tygtest"
)

// newGreeter returns the application that the examples test.
func newGreeter() *tyg.App {
	app := tyg.New("greeter")
	app.OnOpen(func(ctx context.Context, c *tyg.Conn) error { return c.SendString(ctx, "welcome") })
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		return c.SendString(ctx, "hello "+m.Text())
	})
	return app
}

// A test of a whole conversation, without ports and without sleeping.
func ExampleHost() {
	test := func(t *testing.T) {
		host := tygtest.NewHost(t, newGreeter())
		john := host.Dial()
		john.Expect("welcome")
		john.Send("John")
		john.Expect("hello John")
		john.ExpectNone()
		john.Close(tyg.CloseNormal, "bye")
	}
	_ = test // go test calls it
}

// A Recorder is for code that takes a Sender and needs no connections.
func ExampleRecorder() {
	var r tygtest.Recorder
	r.Fail("jenny", tyg.ErrGone)
	err := r.SendMany(context.Background(), []tyg.ConnID{"john", "jenny"}, []byte("news"))
	fmt.Println(r.Sent("john"), err)
	// Output: [news] send jenny: connection is gone
}

// A host passes the suite when it keeps what package tyg promises to applications.
func ExampleTestHost() {
	test := func(t *testing.T) {
		tygtest.TestHost(t, func(t *testing.T, h tyg.Handler) tygtest.Subject {
			return startMyHost(t, h)
		})
	}
	_ = test // go test calls it
}

// startMyHost stands for a host of one's own.
func startMyHost(t *testing.T, h tyg.Handler) tygtest.Subject { return startHost(t, h) }
