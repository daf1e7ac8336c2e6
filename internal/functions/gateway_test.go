package functions_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/functions"
	"github.com/tyg-dev/tyg/internal/ws"
	"github.com/tyg-dev/tyg/internal/wsclient"
)

// A testGateway is a gateway in front of functions.
type testGateway struct {
	*gateway.Server
	url string
}

// serveGateway serves srv until the test ends.
func serveGateway(t testing.TB, srv *gateway.Server) *testGateway {
	t.Helper()
	srv.Logger = slog.New(slog.DiscardHandler)
	if err := srv.Start(); err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(srv)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := srv.Shutdown(ctx); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
		web.Close()
	})
	return &testGateway{srv, web.URL + "/api"}
}

func (f *testGateway) dial(t testing.TB, query string) (*wsclient.Conn, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	c, _, err := wsclient.Dial(ctx, f.url+"/"+query, nil)
	if err == nil {
		t.Cleanup(func() { _ = c.CloseNow() })
	}
	return c, err
}

// expectReply sends a message and expects that the next one received begins with want.
func expectReply(t testing.TB, c *wsclient.Conn, text, want string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := c.Write(ctx, ws.OpText, []byte(text)); err != nil {
		t.Fatal(err)
	}
	_, got, err := c.Read(ctx)
	if err != nil || !strings.HasPrefix(string(got), want) {
		t.Errorf("to %q the answer was %q, %v, want %q", text, got, err, want)
	}
}

const (
	failedFrame  = `{"message": "Internal server error", "connectionId":"`
	timeoutFrame = `{"message": "Endpoint request timed out", "connectionId":"`
)

// TestScripts runs functions in Python and JavaScript behind a gateway, over sockets.
func TestScripts(t *testing.T) {
	for name, command := range map[string][]string{
		"python": {"python3", "testdata/echo.py"},
		"node":   {"node", "testdata/echo.mjs"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := exec.LookPath(command[0]); err != nil {
				t.Skipf("functions in %s were not run: %v", name, err)
			}
			testScript(t, name, command)
		})
	}
}

func testScript(t *testing.T, name string, command []string) {
	credentials := functions.Credentials{
		AccessKeyID: "AKIDFUNCTION", SecretAccessKey: "secret", SessionToken: "token",
	}
	lines := make(chan functions.Line, 100)
	// The host needs the gateway's address, and the gateway's handler needs the host.
	handler := &lateHandler{}
	f := serveGateway(t, &gateway.Server{
		Handler: handler, Description: &tyg.Description{Routes: []tyg.Route{
			{Key: "$connect"}, {Key: "$disconnect"}, {Key: "$default", Response: true}, {Key: "post"},
		}},
		Secrets: map[string]string{credentials.AccessKeyID: credentials.SecretAccessKey},
	})
	h := start(t, &functions.Host{
		ManagementEndpoint: f.url, Credentials: credentials,
		Output: func(l functions.Line) { lines <- l },
	}, functions.Function{Name: "f", Command: command, Timeout: 20 * time.Second})
	to := h.Integration("f")
	handler.Handler = &functions.Router{Integrations: map[string]functions.Integration{
		tyg.RouteConnect: to, tyg.RouteDisconnect: to, tyg.RouteDefault: to, "post": to,
	}}

	_, err := f.dial(t, "")
	if rej, ok := errors.AsType[*wsclient.RefusedError](err); !ok || rej.Status != 403 ||
		string(rej.Body) != "no token" {
		t.Errorf("without a token: %v, want 403 and the function's words", err)
	}
	c, err := f.dial(t, "?token=t")
	if err != nil {
		t.Fatal(err)
	}
	expectReply(t, c, "hello", name+": hello")
	expectReply(t, c, `{"action":"post","text":"by way of @connections"}`, "by way of @connections")
	expectReply(t, c, "fail", failedFrame)
	expectReply(t, c, "crash", failedFrame)
	expectReply(t, c, "again", name+": again")
	if err := c.Close(4001, "enough"); err != nil {
		t.Error(err)
	}
	for l := range lines {
		if l.Text == "bye 4001" {
			break
		}
	}
}

// A lateHandler is a Handler that is set after its gateway is served.
type lateHandler struct{ tyg.Handler }

// TestClientGetsErrorFrameOfFailure expects API Gateway's frames for each failure of a function.
func TestClientGetsErrorFrameOfFailure(t *testing.T) {
	t.Parallel()
	slow := self("orders")
	slow.Timeout = 300 * time.Millisecond
	patient := self("orders")
	patient.Name = "patient"
	order, release := orderUntil(t)
	defer release()
	h := start(t, &functions.Host{}, slow, patient)
	router := &functions.Router{
		Integrations: map[string]functions.Integration{
			tyg.RouteDefault: replies(`{"statusCode":200,"body":"fine"}`),
			"f":              h.Integration("f"), // its replies are not proxy replies
			"patient": integration(func(ctx context.Context, _ []byte) ([]byte, error) {
				return h.Integration("patient").Invoke(ctx, order)
			}),
		},
		RouteResponses: []string{tyg.RouteDefault},
	}
	f := serveGateway(t, &gateway.Server{
		Handler: router, Limits: gateway.Limits{Integration: time.Second},
	})
	c, err := f.dial(t, "")
	if err != nil {
		t.Fatal(err)
	}
	expectReply(t, c, "x", "fine")
	expectReply(t, c, `{"action":"f","Exit":3}`, failedFrame)
	expectReply(t, c, `{"action":"f","Sleep":5000}`, failedFrame)
	expectReply(t, c, `{"action":"f","Fail":"x"}`, failedFrame)
	expectReply(t, c, `{"action":"f"}`, failedFrame)
	expectReply(t, c, `{"action":"patient"}`, timeoutFrame)
	expectReply(t, c, "x", "fine")
}

func TestConnectReplySetsStatus(t *testing.T) {
	tests := []struct {
		name   string
		to     functions.Integration
		status int // 101: accepted
	}{
		{"200", replies(`{"statusCode":200}`), 101},
		{"201", replies(`{"statusCode":201}`), 101},
		{"301", replies(`{"statusCode":301}`), 301},
		{"401", replies(`{"statusCode":401,"body":"who?"}`), 401},
		{"malformed", replies(`"fine"`), 502},
		{"failure", fails(&functions.ExitError{}), 502},
		{"function's timeout", fails(&functions.TimeoutError{}), 502},
		{"gateway's timeout", integration(func(ctx context.Context, _ []byte) ([]byte, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}), 504},
	}
	for _, tt := range tests {
		f := serveGateway(t, &gateway.Server{
			Handler: &functions.Router{
				Integrations: map[string]functions.Integration{tyg.RouteConnect: tt.to},
			},
			Limits: gateway.Limits{Integration: 200 * time.Millisecond},
		})
		status := 101
		_, err := f.dial(t, "")
		if rej, ok := errors.AsType[*wsclient.RefusedError](err); ok {
			status = rej.Status
		} else if err != nil {
			t.Fatal(err)
		}
		if status != tt.status {
			t.Errorf("%s: status %d, want %d", tt.name, status, tt.status)
		}
	}
}
