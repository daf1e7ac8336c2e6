package victim

import (
	"bytes"
	"context"
	"os"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/functions"
	"github.com/tyg-dev/tyg/lambda"
)

// The verb of messages for the function, and that of its answers.
const (
	Call   = "call "
	Called = "called "
)

// serveFunction is the function. It returns when its process has to end.
func serveFunction() error {
	cfg, err := lambda.FromEnvironment(os.Getenv)
	if err != nil {
		return err
	}
	app := tyg.New("function")
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		return c.Send(ctx, append([]byte(Called), bytes.TrimPrefix(m.Data, []byte(Call))...))
	})
	return lambda.Run(app, cfg)
}

// startFunction has messages that begin with Call handled by a function in processes of its own,
// which answers through the @connections API. The caller shuts the Host of the calls down.
func startFunction(addr string, srv *gateway.Server, app *tyg.App) (*calls, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	host := &functions.Host{
		ManagementEndpoint: "http://" + addr + "/api",
		Credentials:        functions.Credentials{AccessKeyID: "soak", SecretAccessKey: "soak"},
	}
	known := newCalls(host)
	host.Started = known.started
	srv.Observe(known)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	err = host.Deploy(ctx, functions.Function{
		Name: "call", Command: []string{program}, Env: map[string]string{variable: "function"},
		Concurrency: 2, Queue: true, InitTimeout: time.Minute,
	})
	if err != nil {
		return nil, err
	}
	router := &functions.Router{
		Integrations: map[string]functions.Integration{tyg.RouteDefault: host.Integration("call")},
	}
	app.Use(func(next tyg.Handler) tyg.Handler {
		return tyg.HandlerFunc(func(ctx context.Context, e tyg.Event) (tyg.Reply, error) {
			if e.Type == tyg.EventMessage && bytes.HasPrefix(e.Message.Data, []byte(Call)) {
				return known.handle(ctx, router, e)
			}
			return next.Handle(ctx, e)
		})
	})
	return known, nil
}
