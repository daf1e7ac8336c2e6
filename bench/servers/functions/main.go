// functions is a gateway that passes events to functions in processes of their own, which answer
// through its @connections API. The function is this program with -function, a tyg.App inside the
// runtime for Lambda; with -node FOLDER it is the handler.mjs in that folder, in the loop that
// tyg has for Node.js.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/bench/internal/serve"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/functions"
	"github.com/tyg-dev/tyg/internal/functions/runtimes"
	"github.com/tyg-dev/tyg/lambda"
)

func main() {
	function := flag.Bool("function", false, "be the function")
	node := flag.String("node", "", "run the handler.mjs of `folder`")
	o := serve.Parse()
	if *function {
		cfg, err := lambda.FromEnvironment(os.Getenv)
		serve.Check(err)
		serve.Check(lambda.Run(application(), cfg))
		return
	}
	router := &functions.Router{}
	g := &gateway.Server{Handler: router}
	host, err := start(o.Addr, *node, g)
	serve.Check(err)
	router.Integrations = map[string]functions.Integration{"echo": host.Integration("echo")}
	serve.Check(g.Serve(o.ListenPlain()))
}

// start starts the function. Its processes end with this one.
func start(addr, node string, g *gateway.Server) (*functions.Host, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	fn := functions.Function{
		Name:        "echo",
		Command:     []string{self, "-function"},
		Concurrency: 1, Queue: true, // one process, as "tyg local" has by default
	}
	if node != "" {
		if err := runNode(&fn, node); err != nil {
			return nil, err
		}
	}
	host := &functions.Host{
		ManagementEndpoint: "http://" + addr + "/api", API: http.HandlerFunc(g.ServeFunction),
		Credentials: functions.Credentials{AccessKeyID: "bench", SecretAccessKey: "bench"},
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	return host, host.Deploy(ctx, fn)
}

// runNode has fn run the handler in a folder, as "tyg local" does.
func runNode(fn *functions.Function, folder string) (err error) {
	if fn.Dir, err = filepath.Abs(folder); err != nil {
		return err
	}
	kind, err := runtimes.Parse("nodejs")
	if err != nil {
		return err
	}
	fn.Handler = "handler.handler"
	fn.Command, err = kind.Command(fn.Dir)
	return err
}

func application() *tyg.App {
	app := tyg.New("bench")
	app.OnRoute("echo", func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		var msg struct{ Data string }
		if err := json.Unmarshal(m.Data, &msg); err != nil {
			return err
		}
		return c.Send(ctx, []byte(msg.Data))
	})
	return app
}
