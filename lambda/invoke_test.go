package lambda_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/lambda"
)

const (
	queryT      = `"token": "t"`
	manyT       = `"token": [` + "\n      " + `"t"`
	reasonEmpty = `"disconnectReason": "Client-side close frame status not set"`
)

// connect is a connect event whose query has this token.
func connect(t testing.TB, name, token string) []byte {
	t.Helper()
	return payload(t, name, queryT, `"token": "`+token+`"`, manyT, `"token": ["`+token+`"`)
}

func TestInvoke(t *testing.T) {
	const accepted = `{"statusCode":200}`
	tests := []struct {
		name    string
		payload []byte
		want    string // the reply, or empty
		err     string // in the error
	}{
		{"connect", payload(t, "connect"), accepted, ""},
		{"connect without a query", payload(t, "connect-bare"), accepted, ""},
		{
			"subprotocol", payload(t, "connect-authorizer", `"chat.v1"`, `"a, chat"`),
			`{"statusCode":200,"headers":{"Sec-WebSocket-Protocol":"chat"}}`, "",
		},
		{"reject", connect(t, "connect", "reject"), `{"statusCode":418,"body":"I am a <teapot>"}`, ""},
		{"reject with 200", connect(t, "connect", "reject-200"), "", "status 200"},
		{"connect fails", connect(t, "connect", "error"), "", "a secret"},
		{"connect panics", connect(t, "connect", "panic"), "", "panic: a secret"},

		{"message", payload(t, "message"), accepted, ""},
		{"message of 2019", payload(t, "old-message"), accepted, ""},
		{"binary message", payload(t, "message-binary"), accepted, ""},
		{"message fails", message(t, "error"), "", "a secret"},
		{"message panics", message(t, "panic"), "", "panic: a secret"},
		{"message is rejected", message(t, "reject"), "", "refused with status 418"},

		{"route response", on(t, "answer", "yes"), `{"statusCode":200,"body":"yes"}`, ""},
		{"empty route response", on(t, "answer", ""), accepted, ""},
		{"route response over 6 MB", on(t, "answer", "large"), "", "message is too large"},
		{"route response that is not text", on(t, "answer", "binary"), "", "not valid UTF-8"},
		{"a route that is gone", on(t, "gone", "error"), accepted, ""},

		{"disconnect", payload(t, "disconnect"), accepted, ""},
		{"disconnect without a reason", payload(t, "disconnect-empty"), accepted, ""},
		{
			"disconnect fails",
			payload(t, "disconnect", reasonEmpty, `"disconnectReason": "error"`),
			"",
			"a secret",
		},

		{"nothing", nil, "", "decode event"},
		{"no object", []byte(`"warm up"`), "", "decode event"},
		{"no event", []byte(`{"source":"warmer"}`), "", "is this an event of a WebSocket API?"},
		{
			"an event of an HTTP API",
			[]byte(`{"version":"2.0","requestContext":{"http":{}}}`),
			"",
			"connectionId",
		},
		{"half an event", payload(t, "message")[:300], "", "decode event"},
	}
	host := newHost(t, program(), lambda.Config{})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := host.Invoke(t.Context(), tt.payload)
			if string(got) != tt.want {
				t.Errorf("reply %s, want %s", got, tt.want)
			}
			if (err != nil) != (tt.err != "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("error %v, want %q", err, tt.err)
			}
		})
	}
}

// TestReplies has replies that no App gives.
func TestReplies(t *testing.T) {
	tests := []struct {
		event string
		reply tyg.Reply
		want  string // empty: an error
	}{
		{"connect", tyg.Reply{Status: 204}, `{"statusCode":204}`},
		{"connect", tyg.Reply{Status: 401, Body: []byte("who?")}, `{"statusCode":401,"body":"who?"}`},
		{"connect", tyg.Reply{Status: 101}, ""},
		{"connect", tyg.Reply{Status: 600}, ""},
		{"connect", tyg.Reply{Status: -1}, ""},
		{"message", tyg.Reply{Status: 500}, `{"statusCode":500}`},
		{"message", tyg.Reply{Status: 7}, `{"statusCode":200}`},
		{"disconnect", tyg.Reply{Status: 1000}, `{"statusCode":200}`},
	}
	for _, tt := range tests {
		h := tyg.HandlerFunc(func(context.Context, tyg.Event) (tyg.Reply, error) {
			return tt.reply, nil
		})
		got, err := newHost(t, h, lambda.Config{}).Invoke(t.Context(), payload(t, tt.event))
		if string(got) != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("%s with %+v: %s, %v, want %s", tt.event, tt.reply, got, err, tt.want)
		}
	}
}

func TestRawReturnsPayload(t *testing.T) {
	app := tyg.New("raw")
	var got string
	app.OnConnect(func(ctx context.Context, _ *tyg.Conn, _ *tyg.Request) error {
		got = string(lambda.Raw(ctx))
		return nil
	})
	want := payload(t, "connect")
	if _, err := newHost(t, app, lambda.Config{}).Invoke(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the handler saw %s, want %s", got, want)
	}
	if raw := lambda.Raw(t.Context()); raw != nil {
		t.Errorf("outside of an event Raw is %s", raw)
	}
}

// TestDeadline has handlers that wait until their context ends.
func TestDeadline(t *testing.T) {
	tests := []struct {
		name    string
		timeout time.Duration // of the Config
		lambdas time.Duration // until Lambda ends the process; 0: not inside Lambda
		want    time.Duration
	}{
		{"API Gateway's", 0, time.Minute, 29 * time.Second},
		{"Lambda's", 0, 10 * time.Second, 9500 * time.Millisecond},
		{"Lambda's, short", 0, time.Second, 900 * time.Millisecond},
		{"own", 2 * time.Second, time.Minute, 2 * time.Second},
		{"none but Lambda's", -1, time.Minute, 59500 * time.Millisecond},
		{"outside of Lambda", 0, 0, 29 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := t.Context(), context.CancelFunc(func() {})
				if tt.lambdas > 0 {
					ctx, cancel = context.WithTimeout(ctx, tt.lambdas)
				}
				defer cancel()
				start := time.Now()
				host := newHost(t, program(), lambda.Config{Timeout: tt.timeout})
				_, err := host.Invoke(ctx, message(t, "wait"))
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("error %v", err)
				}
				if got := time.Since(start); got != tt.want {
					t.Errorf("it took %v, want %v", got, tt.want)
				}
			})
		})
	}
}

// TestHandlerIgnoringItsDeadlineIsLogged has a handler that Lambda would have to end.
func TestHandlerIgnoringItsDeadlineIsLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		release := make(chan struct{})
		app := tyg.New("deaf")
		app.OnMessage(func(context.Context, *tyg.Conn, tyg.Message) error {
			<-release
			return nil
		})
		host := newHost(t, app, lambda.Config{Logger: slog.New(slog.NewTextHandler(&out, nil))})
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		time.AfterFunc(3*time.Second-time.Millisecond, func() { close(release) })
		if _, err := host.Invoke(ctx, message(t, "x")); err != nil {
			t.Errorf("error %v", err)
		}
		synctest.Wait() // for the log
		if got := out.String(); strings.Count(got, "\n") != 1 ||
			!strings.Contains(got, "Lambda ends the process") || !strings.Contains(got, "R1kmxc2VNjMCFIA=") {
			t.Errorf("log %q", got)
		}
	})
}

// TestFailuresAreLoggedOnce reads the log as a program would.
func TestFailuresAreLoggedOnce(t *testing.T) {
	tests := []struct {
		payload []byte
		message string // empty: nothing is logged
		want    map[string]string
	}{
		{message(t, "echo?"), "", nil},
		{connect(t, "connect", "reject"), "", nil},
		{connect(t, "authorizer", "unknown"), "", nil},
		{connect(t, "authorizer", "deny"), "", nil},
		{message(t, "error"), "handler failed", map[string]string{
			"level": "ERROR", "request": "R1knPH17NjMFftw=", "event": "MESSAGE",
			"conn": "R1kmxc2VNjMCFIA=", "route": "$default", "err": errSecret.Error(), "stack": "",
		}},
		{message(t, "panic"), "handler failed", map[string]string{
			"err": "panic: " + errSecret.Error(), "stack": "program_test.go",
		}},
		{
			connect(t, "connect", "error"),
			"handler failed",
			map[string]string{"event": "CONNECT", "route": "$connect"},
		},
		{[]byte(`{}`), "event not understood", map[string]string{"level": "ERROR"}},
		{
			connect(t, "authorizer", "error"),
			"authorizer failed",
			map[string]string{"err": errSecret.Error()},
		},
	}
	for _, tt := range tests {
		var out bytes.Buffer
		host := newHost(t, program(), lambda.Config{Logger: lambda.NewLogger(&out, "JSON", "")})
		_, _ = host.Invoke(t.Context(), tt.payload) // TestInvoke looks at the outcome
		if tt.message == "" {
			if out.Len() > 0 {
				t.Errorf("%.40s: logged %s", tt.payload, out.String())
			}
			continue
		}
		var got map[string]any
		if err := json.Unmarshal(out.Bytes(), &got); err != nil { // also if there are two lines
			t.Errorf("%v: %s", err, out.String())
			continue
		}
		if got["message"] != tt.message {
			t.Errorf("message %q, want %q", got["message"], tt.message)
		}
		for name, want := range tt.want {
			value, _ := got[name].(string)
			if name == "stack" && !strings.Contains(value, want) || name != "stack" && value != want {
				t.Errorf("%s is %q, want %q", name, value, want)
			}
		}
	}
}

func TestNewHostErrors(t *testing.T) {
	guarded := tyg.New("guarded")
	guarded.OnAuthorize(func(context.Context, *tyg.Request) (tyg.Identity, error) {
		return tyg.Identity{}, nil
	}, "nonsense")
	tests := []struct {
		app  *tyg.App
		cfg  lambda.SenderConfig
		want string
	}{
		{guarded, lambda.SenderConfig{}, `identity source "nonsense"`},
		{tyg.New("x"), lambda.SenderConfig{Endpoint: "nonsense"}, `endpoint "nonsense"`},
		{tyg.New("x"), lambda.SenderConfig{Endpoint: "https://example.com/x"}, "set Region"},
		{
			tyg.New("x"),
			lambda.SenderConfig{Endpoint: "https://example.com/x", Region: "r"},
			"set Credentials",
		},
	}
	for _, tt := range tests {
		_, err := lambda.NewHost(tt.app, lambda.Config{SenderConfig: tt.cfg})
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: %v, want %q", tt.cfg, err, tt.want)
		}
		if err := lambda.Run(tt.app, lambda.Config{SenderConfig: tt.cfg}); err == nil {
			t.Errorf("Run with %+v gave no error", tt.cfg)
		}
	}
}

// FuzzInvoke feeds the host what a function may be invoked with.
func FuzzInvoke(f *testing.F) {
	for _, name := range []string{"connect", "message", "disconnect", "authorizer", "old-message"} {
		f.Add(payload(f, name))
	}
	app := tyg.New("fuzz")
	app.OnAuthorize(func(_ context.Context, r *tyg.Request) (tyg.Identity, error) {
		return tyg.Identity{Principal: r.Host}, nil
	}, "route.request.querystring.token", "stageVariables.x")
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, _ tyg.Message) error {
		_ = c.Send(ctx, nil) // nothing answers
		return nil
	})
	web := roundTrip(func(*request) (*response, error) { return nil, errSecret })
	host := newHost(f, app, lambda.Config{SenderConfig: lambda.SenderConfig{
		Region: "us-east-1", Credentials: key, HTTPClient: web.client(), RetryFor: -1,
	}})
	f.Fuzz(func(t *testing.T, data []byte) {
		reply, err := host.Invoke(t.Context(), data)
		if (err == nil) != json.Valid(reply) {
			t.Errorf("reply %q with error %v", reply, err)
		}
	})
}
