package local

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/functions"
	"github.com/tyg-dev/tyg/internal/ws"
	"github.com/tyg-dev/tyg/internal/wsclient"
)

// TestFailureIsPrintedOnce has each kind of event fail in each mode. The error is in one line, with
// the route that the functions see.
func TestFailureIsPrintedOnce(t *testing.T) {
	stack := &functions.FunctionError{
		Function: "f", Type: "ValueError", Message: "no table", Stack: []string{"a.py:1"},
	}
	logged := *stack
	logged.Logged = true
	tests := []struct {
		name string
		cfg  Config
		err  error
		want string // of the text behind the time, with ROUTE
	}{
		{"text", Config{}, errors.New("no table"), "ROUTE MS  failed: no table\n"},
		{
			"stack",
			Config{},
			stack,
			"ROUTE MS  failed: function \"f\" failed: ValueError: no table\n\ta.py:1\n",
		},
		{"printed by the function", Config{}, &logged, "ROUTE MS  failed\n"},
		{"quiet", Config{Quiet: true}, errors.New("no table"), "ROUTE MS  failed: no table\n"},
		{"JSON", Config{JSON: true}, errors.New("no table"), `"route":"ROUTE"`},
	}
	duration := regexp.MustCompile(`  \d+\.\d ms`)
	for _, tt := range tests {
		for _, route := range []string{tyg.RouteConnect, "list", tyg.RouteDisconnect} {
			t.Run(tt.name+" "+route, func(t *testing.T) {
				out := play(t, tt.cfg, failing(route, tt.err))
				want := strings.ReplaceAll(tt.want, "ROUTE", route)
				if !strings.Contains(duration.ReplaceAllString(out, " MS"), want) {
					t.Errorf("printed:\n%swant %q", out, want)
				}
				if n := strings.Count(out, "no table"); n > 1 || strings.Count(out, "failed") > 2 {
					t.Errorf("printed %d times:\n%s", n, out)
				}
			})
		}
	}
}

// failing returns an App whose handler of one route fails.
func failing(route string, err error) *tyg.App {
	app := tyg.New("app")
	if route == tyg.RouteConnect {
		app.OnConnect(func(context.Context, *tyg.Conn, *tyg.Request) error { return err })
	}
	app.OnRoute("list", func(context.Context, *tyg.Conn, tyg.Message) error {
		if route == "list" {
			return err
		}
		return nil
	})
	if route == tyg.RouteDisconnect {
		app.OnDisconnect(func(context.Context, *tyg.Conn, tyg.Disconnect) error { return err })
	}
	return app
}

// play serves app as tyg local would serve functions, sends a message, and returns all output.
func play(t *testing.T, cfg Config, app *tyg.App) string {
	t.Helper()
	var out bytes.Buffer
	cfg.Stdout, cfg.Stderr, cfg.Environ = &out, &out, os.Environ()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{cfg: cfg, out: newPrinter(cfg), plan: Plan{Stage: "api"}}
	s.project.Temp = t.TempDir()
	if err := s.lead(l); err != nil {
		t.Fatal(err)
	}
	s.open(l)
	defer s.close()
	if err := s.handlers.Set(app); err != nil {
		t.Fatal(err)
	}
	if err := s.gateway.Start(); err != nil {
		t.Fatal(err)
	}
	s.serving.Store(true)
	served := make(chan error, 1) // drain ends it
	go func() { served <- s.web.Serve(l) }()
	if c, _, err := wsclient.Dial(t.Context(), s.url(l.Addr()), nil); err == nil {
		if err := c.Write(t.Context(), ws.OpText, []byte(`{"action":"list"}`)); err != nil {
			t.Error(err)
		}
		_ = c.Close(1000, "") // the gateway handles the message first
	}
	if err := s.drain(); err != nil {
		t.Error(err)
	}
	<-served
	return out.String()
}
