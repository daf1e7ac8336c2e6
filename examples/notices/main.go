// Command notices tells all who are connected what comes from a queue, a schedule and HTTP.
package main

import (
	"context"
	"io"
	"log"
	"net/http"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/host"
	"github.com/tyg-dev/tyg/trigger"
)

func main() {
	if err := host.Run(newApp()); err != nil {
		log.Fatal(err)
	}
}

func newApp() *tyg.App {
	app := tyg.New("notices")
	tell := func(ctx context.Context, text string) error {
		return app.Everyone().Send(ctx, []byte(text))
	}
	app.OnMessage(func(ctx context.Context, _ *tyg.Conn, m tyg.Message) error {
		return tell(ctx, "client: "+m.Text())
	})
	app.OnTrigger("jobs", trigger.SQS(func(ctx context.Context, m trigger.Message) error {
		return tell(ctx, "queue: "+m.Body)
	}))
	app.OnTrigger("clock", trigger.Schedule(func(ctx context.Context, at time.Time) error {
		return tell(ctx, "clock: "+at.UTC().Format(time.TimeOnly))
	}))
	app.OnTrigger("hook", trigger.HTTP(http.HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) {
			text, err := io.ReadAll(r.Body)
			if err == nil {
				err = tell(r.Context(), "hook: "+string(text))
			}
			if err != nil {
				log.Print(err)
				http.Error(w, "not sent", http.StatusBadGateway)
			}
		})))
	return app
}
