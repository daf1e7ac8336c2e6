package functions_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/host"
	"github.com/tyg-dev/tyg/internal/functions"
	"github.com/tyg-dev/tyg/internal/ws"
	"github.com/tyg-dev/tyg/internal/wsclient"
)

// runCounter is the function "counter": it tells all clients the number of each message. It counts
// the members of a group that have left, and in whose state it finds their name.
func runCounter() {
	app := tyg.New("counter")
	count, left := tyg.NewValue[int](app, "count"), tyg.NewValue[[]string](app, "left")
	name := tyg.NewState[string](app)
	app.OnConnect(func(ctx context.Context, c *tyg.Conn, r *tyg.Request) error {
		if err := name.Set(ctx, c.ID, r.Query.Get("name")); err != nil {
			return err
		}
		return app.Group("readers").Add(ctx, c.ID)
	})
	app.OnMessage(func(ctx context.Context, _ *tyg.Conn, _ tyg.Message) error {
		n, err := count.Update(ctx, func(n int) (int, error) { return n + 1, nil })
		if err != nil {
			return err
		}
		return app.Group("readers").SendString(ctx, strconv.Itoa(n))
	})
	app.OnLeave(func(ctx context.Context, g *tyg.Group, m tyg.Member) error {
		who, err := name.Get(ctx, m.ID)
		if err != nil {
			return err
		}
		_, err = left.Update(ctx, func(names []string) ([]string, error) {
			return append(names, g.Name()+" "+who), nil
		})
		return err
	})
	if err := host.Run(app); err != nil {
		panic(err)
	}
}

// serveCounter serves the counter with up to so many processes.
func serveCounter(t *testing.T, processes int) (*testGateway, *functions.Host, functions.Function) {
	t.Helper()
	handler := &lateHandler{}
	routes := []tyg.Route{{Key: "$connect"}, {Key: "$default"}, {Key: "$disconnect"}}
	f := serveGateway(t, &gateway.Server{
		Handler: handler, Description: &tyg.Description{Routes: routes, Leave: true},
	})
	fn := self("counter")
	fn.Concurrency = processes
	h := start(t, &functions.Host{
		ManagementEndpoint: f.url, API: http.HandlerFunc(f.ServeFunction),
		Credentials: functions.Credentials{AccessKeyID: "AKIDFUNCTION", SecretAccessKey: "secret"},
	}, fn)
	router := &functions.Router{
		Integrations: make(map[string]functions.Integration), Leave: h.Integration("f"),
	}
	for _, r := range routes {
		router.Integrations[r.Key] = h.Integration("f")
	}
	handler.Handler = router
	return f, h, fn
}

// TestProcessesShareGroupsAndValues has three clients send five messages each. Each gets all 15,
// however many processes handle them, and while the processes are replaced.
func TestProcessesShareGroupsAndValues(t *testing.T) {
	for name, tt := range map[string]struct{ processes, reloads int }{
		"1 process": {1, 0}, "10 processes": {10, 0}, "5 reloads": {10, 5},
	} {
		t.Run(name, func(t *testing.T) {
			f, h, fn := serveCounter(t, tt.processes)
			clients := make(map[string]*wsclient.Conn)
			for _, name := range []string{"John", "Jenny", "Joe"} {
				c, err := f.dial(t, "?name="+name)
				if err != nil {
					t.Fatal(err)
				}
				clients[name] = c
			}
			var busy sync.WaitGroup
			reload := func() {
				for range tt.reloads {
					if err := h.Deploy(t.Context(), fn); err != nil {
						t.Error(err)
					}
				}
			}
			busy.Go(reload)
			for name, c := range clients {
				busy.Go(func() { sendAndCount(t, name, c, 5, 15) })
			}
			busy.Wait()
			busy.Go(reload)
			for _, c := range clients {
				_ = c.CloseNow()
			}
			expectLeft(t, f, 3)
			busy.Wait()
		})
	}
}

// sendAndCount sends some messages and expects so many numbers, each once.
func sendAndCount(t *testing.T, name string, c *wsclient.Conn, send, want int) {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for range send {
		if err := c.Write(ctx, ws.OpText, []byte("+1")); err != nil {
			t.Error(err)
			return
		}
	}
	seen := make(map[string]bool)
	for range want {
		_, data, err := c.Read(ctx)
		if n, e := strconv.Atoi(string(data)); err != nil || e != nil || n < 1 || n > want {
			t.Errorf("%s got %q, %v", name, data, err)
			return
		}
		seen[string(data)] = true
	}
	if len(seen) != want {
		t.Errorf("%s got %v", name, seen)
	}
}

// expectLeft waits until OnLeave has run for each connection, and checks that it has once.
func expectLeft(t *testing.T, f *testGateway, want int) {
	t.Helper()
	var names []string
	for deadline := time.Now().Add(30 * time.Second); len(names) < want; {
		data, _, err := f.LoadValue(t.Context(), tyg.ValueKey{Name: "left"})
		if err == nil && data != nil {
			err = json.Unmarshal(data, &names)
		}
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("left are %q, %v, want %d", names, err, want)
		}
		time.Sleep(time.Millisecond)
	}
	seen := make(map[string]bool)
	for _, name := range names {
		seen[name] = true
	}
	if len(seen) != want || !seen["readers John"] {
		t.Errorf("left are %q", names)
	}
}
