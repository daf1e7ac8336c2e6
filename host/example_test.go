//go:build !tyg.lambda

package host_test

import (
	"context"
	"log"
	"os"
	"os/signal"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/host"
)

// Run is all of main for most applications. Flags and environment variables say the rest: run the
// program with -help.
func ExampleRun() {
	app := tyg.New("echo-server")
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		return c.Send(ctx, m.Data)
	})
	if err := host.Run(app); err != nil {
		log.Fatal(err)
	}
}

// A main that reads a secret itself loads it first; handlers need nothing.
func ExampleLoadSecrets() {
	if err := host.LoadSecrets(context.Background()); err != nil {
		log.Fatal(err)
	}
	key := os.Getenv("API_KEY")
	log.Printf("the key has %d characters", len(key))
}

// A program with a command line of its own calls Serve.
func ExampleServe() {
	app := tyg.New("echo-server")
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	profile, err := gateway.NewProfile(gateway.ProfileServer)
	if err != nil {
		log.Fatal(err)
	}
	err = host.Serve(ctx, app, host.Config{Addr: ":8080", Profile: profile, Out: os.Stdout})
	if err != nil {
		log.Fatal(err)
	}
}
