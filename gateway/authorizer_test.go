package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
)

// ann is the Identity of a client that may come in.
var ann = tyg.Identity{
	Principal: "ann",
	Context:   map[string]any{"team": "red", "admin": true, "level": 7, "big": int64(8), "share": 0.5},
}

// answers returns an AuthorizeFunc that always returns id and err.
func answers(id tyg.Identity, err error) tyg.AuthorizeFunc {
	return func(context.Context, *tyg.Request) (tyg.Identity, error) { return id, err }
}

// TestAuthorizerDecidesWhoConnects shows what a client gets for what an authorizer says. There is
// one connection only, so that one that is not released would show.
func TestAuthorizerDecidesWhoConnects(t *testing.T) {
	const unauthorized = `{"message":"Unauthorized"}`
	const denied = `{"message":"User is not authorized to access this resource"}`
	const failed = `{"message":"Internal Server Error"}`
	tests := []struct {
		name   string
		fn     tyg.AuthorizeFunc
		status int
		body   string
	}{
		{"identity", answers(ann, nil), 101, ""},
		{"principal only", answers(tyg.Identity{Principal: "ann"}, nil), 101, ""},
		{"unauthorized", answers(ann, tyg.ErrUnauthorized), 401, unauthorized},
		{"denied", answers(ann, fmt.Errorf("secret: %w", tyg.ErrForbidden)), 403, denied},
		{"error", answers(ann, errors.New("secret")), 500, failed},
		{"rejection", answers(ann, tyg.Reject(418, "secret")), 500, failed},
		{"panic", func(context.Context, *tyg.Request) (tyg.Identity, error) {
			panic("secret")
		}, 500, failed},
		{"no identity", answers(tyg.Identity{}, nil), 500, failed},
		{"bad identity", answers(tyg.Identity{
			Principal: "ann", Context: map[string]any{"secret": []int{1}},
		}, nil), 500, failed},
		{"too much", answers(tyg.Identity{
			Principal: "ann", Context: map[string]any{"secret": strings.Repeat("x", 8<<10)},
		}, nil), 500, failed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var log logBuffer
			app := echo()
			l := follow(app)
			app.OnAuthorize(tt.fn)
			r := start(t, &gateway.Server{
				Handler: app, Limits: gateway.Limits{Conns: 1},
				Logger: slog.New(slog.NewTextHandler(&log, nil)),
			})
			for range 2 {
				res, body := r.ask(t, r.handshake())
				if res.StatusCode != tt.status || body != tt.body {
					t.Errorf("status %d, body %s; want %d, %s", res.StatusCode, body, tt.status, tt.body)
				}
				if tt.status == 101 {
					next(t, l.disconnects)
					return
				}
				if res.Header.Get("X-Amzn-Requestid") == "" {
					t.Errorf("no request id: %v", res.Header)
				}
			}
			if len(l.connects) != 0 || len(l.disconnects) != 0 || r.Stats().Refusals != 2 {
				t.Errorf("%d connects, %d disconnects, %+v", len(l.connects), len(l.disconnects), r.Stats())
			}
			logged := strings.Contains(strings.Join(log.lines(), "\n"),
				`level=ERROR msg="authorizer failed"`)
			if logged != (tt.status == 500) {
				t.Errorf("log: %q", log.lines())
			}
		})
	}
}

// TestMissingIdentitySourceIsUnauthorized checks that the authorizer is not called for a client
// without the identity source.
func TestMissingIdentitySourceIsUnauthorized(t *testing.T) {
	asked := make(chan *tyg.Request, 10)
	app := echo()
	app.OnAuthorize(func(_ context.Context, r *tyg.Request) (tyg.Identity, error) {
		asked <- r
		return ann, nil
	}, "route.request.header.X-Token", "route.request.querystring.user", "stageVariables.realm")
	r := start(t, &gateway.Server{
		Handler: app, StageVariables: map[string]string{"realm": "chat"},
	})
	tests := []struct {
		name, query, header string
		want                int
	}{
		{"all", "?user=ann", "x-token: 1", 101},
		{"no header", "?user=ann", "X-Other: 1", 401},
		{"empty header", "?user=ann", "X-Token:", 401},
		{"no query", "", "X-Token: 1", 401},
		{"empty query", "?user=", "X-Token: 1", 401},
	}
	for _, tt := range tests {
		request := strings.Replace(r.handshake(tt.header), "/api/", "/api/"+tt.query, 1)
		res, _ := r.ask(t, request)
		if res.StatusCode != tt.want || (len(asked) == 1) != (tt.want == 101) {
			t.Errorf("%s: status %d, want %d; asked %d times", tt.name, res.StatusCode, tt.want, len(asked))
		}
		if len(asked) == 1 {
			if got := <-asked; got.Query.Get("user") != "ann" || got.Header.Get("X-Token") != "1" ||
				got.SourceIP != "127.0.0.1" || got.Host != r.host() {
				t.Errorf("%s: the authorizer sees %+v", tt.name, got)
			}
		}
	}
}

// TestMissingStageVariableRefusesAllClients names a stage variable that does not exist as the
// identity source.
func TestMissingStageVariableRefusesAllClients(t *testing.T) {
	app := echo()
	app.OnAuthorize(answers(ann, nil), "stageVariables.realm")
	r := start(t, &gateway.Server{Handler: app})
	if res, _ := r.ask(t, r.handshake()); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("status %d, want 401", res.StatusCode)
	}
}

func TestIdentityIsInAllEvents(t *testing.T) {
	events := make(chan tyg.Event, 3)
	c := start(t, &gateway.Server{
		Handler:     forwardEvents(events),
		Description: guarded(forwardEvents(events), &tyg.Authorizer{Func: answers(ann, nil)}),
	}).dial(t)
	c.send(t, "hi")
	if err := c.Close(1000, ""); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []tyg.EventType{tyg.EventConnect, tyg.EventMessage, tyg.EventDisconnect} {
		e := next(t, events)
		got := e.Conn.Identity
		got.Context = maps.Clone(got.Context)
		delete(got.Context, "integrationLatency") // API Gateway has it too, and it is different each time
		if e.Type != kind || !reflect.DeepEqual(got, ann) {
			t.Errorf("%v: Identity is %v, want %v", e.Type, e.Conn.Identity, ann)
		}
	}
}

// TestAuthorizerOfServerTakesPrecedence has two of them: the Server's own counts.
func TestAuthorizerOfServerTakesPrecedence(t *testing.T) {
	app := echo()
	app.OnAuthorize(answers(ann, nil))
	app.OnConnect(func(_ context.Context, c *tyg.Conn, _ *tyg.Request) error {
		if c.Identity.Principal != "bob" {
			t.Errorf("Identity is %v", c.Identity)
		}
		return nil
	})
	bob := &tyg.Authorizer{Func: answers(tyg.Identity{Principal: "bob"}, nil)}
	start(t, &gateway.Server{Handler: app, Description: guarded(app, bob)}).dial(t)
}

func TestNoAuthorizerAcceptsAllClients(t *testing.T) {
	_, _, conn, _ := open(t, &gateway.Server{})
	if conn.Identity.Principal != "" || conn.Identity.Context != nil {
		t.Errorf("Identity is %v, want none", conn.Identity)
	}
}

func TestBadAuthorizerIsRefusedAtStart(t *testing.T) {
	for want, a := range map[string]*tyg.Authorizer{
		"has no function": {},
		`"header.X"`:      {Func: answers(ann, nil), IdentitySources: []string{"header.X"}},
	} {
		err := (&gateway.Server{Handler: echo(), Description: guarded(echo(), a)}).Start()
		text := fmt.Sprint(err)
		if !strings.HasPrefix(text, "gateway: ") || !strings.Contains(text, want) {
			t.Errorf("Start: %v, want %q", err, want)
		}
	}
}

// TestSlowAuthorizerIsRefused has an authorizer that takes as long as it may.
func TestSlowAuthorizerIsRefused(t *testing.T) {
	for scale, want := range map[float64]time.Duration{0: 29 * time.Second, 29: time.Second} {
		t.Run(fmt.Sprint(scale), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				app := echo()
				l := follow(app)
				app.OnAuthorize(func(ctx context.Context, _ *tyg.Request) (tyg.Identity, error) {
					<-ctx.Done()
					return tyg.Identity{}, ctx.Err()
				})
				r := startPipes(t, &gateway.Server{Handler: app, TimeScale: scale}, nil)
				start := time.Now()
				res, _ := r.ask(t, r.handshake())
				if d := time.Since(start); res.StatusCode != 500 || d != want {
					t.Errorf("status %d after %v, want 500 after %v", res.StatusCode, d, want)
				}
				if len(l.connects) != 0 {
					t.Error("connect has run")
				}
			})
		})
	}
}

// guarded returns the description of h with another authorizer.
func guarded(h tyg.Handler, a *tyg.Authorizer) *tyg.Description {
	d := tyg.Describe(h)
	d.Authorizer = a
	return &d
}
