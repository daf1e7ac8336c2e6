package lambda_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/lambda"
)

// greeter returns an application that greets, and the channel of what its OnOpen was called with.
func greeter() (*tyg.App, <-chan tyg.ConnID) {
	opened := make(chan tyg.ConnID, 10)
	app := tyg.New("greeter")
	app.OnOpen(func(ctx context.Context, c *tyg.Conn) error {
		opened <- c.ID
		return c.SendString(ctx, "welcome")
	})
	return app, opened
}

// connections answers for @connections: gone until ready, then alive; messages are counted.
type connections struct {
	ready atomic.Bool
	looks atomic.Int64
	posts atomic.Int64
}

func (c *connections) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet && c.looks.Add(1) == 3 {
		c.ready.Store(true)
	}
	if !c.ready.Load() {
		w.WriteHeader(http.StatusGone)
		return
	}
	if r.Method == http.MethodPost {
		c.posts.Add(1)
		return
	}
	_, _ = w.Write(
		[]byte(`{"connectedAt":"2026-11-30T00:00:00Z","identity":{"sourceIp":"192.0.2.1"},` +
			`"lastActiveAt":"2026-11-30T00:00:00Z"}`),
	)
}

func openConfig(t *testing.T, h http.Handler) lambda.Config {
	web := httptest.NewServer(h)
	t.Cleanup(web.Close)
	return lambda.Config{SenderConfig: lambda.SenderConfig{
		Endpoint: web.URL + "/api", Region: "eu-central-1", Credentials: key, RetryFor: -1,
	}}
}

func TestOpenWaitsUntilTheConnectionAnswers(t *testing.T) {
	app, opened := greeter()
	var conns connections
	cfg := openConfig(t, &conns)
	scheduled := make(chan []byte, 1)
	cfg.Self = func(_ context.Context, payload []byte) error {
		scheduled <- append([]byte(nil), payload...)
		return nil
	}
	host := newHost(t, app, cfg)
	if _, err := host.Invoke(t.Context(), payload(t, "connect")); err != nil {
		t.Fatal(err)
	}
	sealed := <-scheduled
	if !json.Valid(sealed) {
		t.Errorf("the function invokes itself with %s, which is not JSON", sealed)
	}
	got, err := host.Invoke(t.Context(), sealed)
	if err != nil || string(got) != "null" {
		t.Fatalf("the invocation for open returned %s, %v", got, err)
	}
	if len(opened) != 1 || conns.looks.Load() != 3 || conns.posts.Load() != 1 {
		t.Errorf("OnOpen ran %d times after %d looks and sent %d messages, want 1, 3, 1",
			len(opened), conns.looks.Load(), conns.posts.Load())
	}
}

// A client that is refused, or whose function cannot invoke itself, is not opened; it connects or
// not all the same.
func TestOpenIsNotScheduled(t *testing.T) {
	app, opened := greeter()
	app.OnConnect(func(_ context.Context, _ *tyg.Conn, r *tyg.Request) error {
		if strings.Contains(r.UserAgent(), "Refused") {
			return tyg.Reject(http.StatusForbidden, "no")
		}
		return nil
	})
	var conns connections
	cfg := openConfig(t, &conns)
	calls := 0
	cfg.Self = func(context.Context, []byte) error {
		calls++
		return errors.New("AccessDeniedException")
	}
	host := newHost(t, app, cfg)
	got, err := host.Invoke(t.Context(), payload(t, "connect"))
	if err != nil || string(got) != `{"statusCode":200}` || calls != 1 {
		t.Errorf("connect returned %s, %v after %d calls", got, err, calls)
	}
	if len(opened) != 0 {
		t.Error("OnOpen ran")
	}
}

func TestOpenGivesUpWhenTheInvocationEnds(t *testing.T) {
	app, opened := greeter()
	cfg := openConfig(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusGone)
	}))
	cfg.Self = func(context.Context, []byte) error { return nil }
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	sealed := `{"tyg":"open","connect":` + string(payload(t, "connect")) + `}`
	got, err := newHost(t, app, cfg).Invoke(ctx, []byte(sealed))
	if err != nil || string(got) != "null" || len(opened) != 0 {
		t.Errorf("got %s, %v, and OnOpen ran %d times", got, err, len(opened))
	}
}

// A gateway of tyg says of a client that has left before its open that it will not come.
func TestOpenGivesUpWhenTheGatewayKnowsTheEnd(t *testing.T) {
	app, opened := greeter()
	var looks, states atomic.Int64
	cfg := openConfig(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/@state") {
			looks.Add(1)
			w.WriteHeader(http.StatusGone)
			return
		}
		if states.Add(1) == 1 { // it still connects, and has no state
			w.Header().Set("X-Amzn-Errortype", "NotFoundException")
			w.WriteHeader(http.StatusNotFound)
			return
		}
		w.WriteHeader(http.StatusGone)
	}))
	cfg.GroupsEndpoint = cfg.Endpoint
	var open []byte
	cfg.Self = func(_ context.Context, payload []byte) error {
		open = append(open, payload...)
		return nil
	}
	host := newHost(t, app, cfg)
	if _, err := host.Invoke(t.Context(), payload(t, "connect")); err != nil {
		t.Fatal(err)
	}
	if _, err := host.Invoke(t.Context(), open); err != nil {
		t.Fatal(err)
	}
	if looks.Load() != 2 || states.Load() != 2 || len(opened) != 0 {
		t.Errorf("%d looks, %d questions for the state, %d opens",
			looks.Load(), states.Load(), len(opened))
	}
}

func TestOpenOfGarbage(t *testing.T) {
	app, opened := greeter()
	cfg := openConfig(t, http.NotFoundHandler())
	cfg.Self = func(context.Context, []byte) error { return nil }
	host := newHost(t, app, cfg)
	for _, connect := range []string{"", "{}", "null", `{"requestContext":{"eventType":"MESSAGE"}}`} {
		payload := []byte(`{"tyg":"open","connect":` + connect + `}`)
		if _, err := host.Invoke(t.Context(), payload); err != nil {
			t.Errorf("%q: %v, for which Lambda would invoke the function again", connect, err)
		}
	}
	if len(opened) != 0 {
		t.Error("OnOpen ran")
	}
}

func TestOpenNeedsSelf(t *testing.T) {
	app, _ := greeter()
	if _, err := lambda.NewHost(app, lambda.Config{}); err == nil ||
		!strings.Contains(err.Error(), "Config.Self") {
		t.Errorf("NewHost returned %v", err)
	}
}

// TestSelfFromEnvironment has a function invoke itself where the environment says. A published
// version invokes that version.
func TestSelfFromEnvironment(t *testing.T) {
	for version, name := range map[string]string{
		"": "greeter-dev", "$LATEST": "greeter-dev", "7": "greeter-dev:7",
	} {
		testSelf(t, version, name)
	}
}

func testSelf(t *testing.T, version, name string) {
	t.Helper()
	var path, kind string
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path, kind = r.URL.Path, r.Header.Get("X-Amz-Invocation-Type")
		w.WriteHeader(http.StatusAccepted)
	}))
	t.Cleanup(web.Close)
	cfg, err := lambda.FromEnvironment(func(name string) string {
		return map[string]string{
			"AWS_REGION": "eu-central-1", "AWS_LAMBDA_FUNCTION_NAME": "greeter-dev",
			"AWS_LAMBDA_FUNCTION_VERSION": version,
			"AWS_ACCESS_KEY_ID":           "AKID",
			"AWS_SECRET_ACCESS_KEY":       "secret", "TYG_INVOKE_ENDPOINT": web.URL,
		}[name]
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := cfg.Self(t.Context(), []byte("{}")); err != nil {
		t.Fatal(err)
	}
	if path != "/2015-03-31/functions/"+name+"/invocations" || kind != "Event" {
		t.Errorf("invoked %s as %q", path, kind)
	}
}
