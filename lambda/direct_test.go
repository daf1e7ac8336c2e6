package lambda_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/functions"
	"github.com/tyg-dev/tyg/internal/wstest"
	"github.com/tyg-dev/tyg/lambda"
	"github.com/tyg-dev/tyg/tygtest"
)

// TestDirectSender and TestDirectGroups run the suites over the way that a gateway of tyg offers to
// its own functions. No call may take another one.
func TestDirectSender(t *testing.T) {
	t.Parallel()
	tygtest.TestSender(t, directly)
}

func TestDirectGroups(t *testing.T) {
	t.Parallel()
	tygtest.TestGroups(t, directly)
}

// directly serves the gateway, and what a function finds at its Runtime API.
func directly(t *testing.T, h tyg.Handler) tygtest.Subject {
	t.Helper()
	f := &function{app: h}
	srv := &gateway.Server{
		Handler: f, Logger: quiet, Secrets: map[string]string{"none": "none"}, // no signature is valid
		DrainWindow: -1,
	}
	web := httptest.NewServer(srv)
	own := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer token" {
			t.Errorf("%s %s has no token", r.Method, r.URL)
		}
		srv.ServeFunction(w, r)
	}))
	cfg := fromEnvironment(t, web.URL+"/api",
		"http://function:token@"+own.Listener.Addr().String()+"/api")
	sender := newSender(t, cfg.SenderConfig)
	cfg.Self = func(_ context.Context, payload []byte) error {
		_, err := f.host.Invoke(t.Context(), payload)
		return err
	}
	f.host = newHost(t, informed{h}, cfg)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := srv.Shutdown(ctx); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
		web.Close()
		own.CloseClientConnections() // those that the Sender keeps
		own.Close()
	})
	return tygtest.Subject{
		Sender:   sender,
		LateOpen: true,
		Dial: func(ctx context.Context, d tygtest.Dial) (tygtest.Socket, error) {
			return wstest.Dial(ctx, t, web.URL+"/api/", d, nil)
		},
	}
}

// fromEnvironment returns what a function of a gateway finds.
func fromEnvironment(t *testing.T, endpoint, direct string) lambda.Config {
	t.Helper()
	env := map[string]string{
		"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b",
		"AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI": endpoint, "TYG_GROUPS_ENDPOINT": endpoint,
		"TYG_DIRECT_ENDPOINT": direct,
	}
	cfg, err := lambda.FromEnvironment(func(name string) string { return env[name] })
	if err != nil {
		t.Fatal(err)
	}
	cfg.Logger = quiet
	return cfg
}

// TestDirectIsForItsEndpointOnly has programs that change what they found in the environment.
func TestDirectIsForItsEndpointOnly(t *testing.T) {
	web := roundTrip(func(r *request) (*response, error) {
		return nil, errors.New("over the client, to " + r.URL.Host)
	})
	type config = lambda.SenderConfig
	for name, change := range map[string]func(*config){
		"over the client, to 127.0.0.1:1": func(c *config) { c.HTTPClient = web.client() },
		"over the client, to own.example.com": func(c *config) {
			c.Endpoint, c.HTTPClient = "https://own.example.com/x", web.client()
		},
		"call 127.0.0.1:3": func(c *config) { c.Endpoint = "http://127.0.0.1:3/api" },
		"call 127.0.0.1:2": func(*config) {},
	} {
		cfg := fromEnvironment(t, "http://127.0.0.1:1/api",
			"http://function:token@127.0.0.1:2/api").SenderConfig
		cfg.RetryFor = -1
		change(&cfg)
		err := newSender(t, cfg).Send(t.Context(), id, []byte("x"))
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%v, want %q", err, name)
		}
	}
}

// TestDirectEndpointErrors has values that no gateway sets. None may be told in the error.
func TestDirectEndpointErrors(t *testing.T) {
	for _, value := range []string{
		"http://127.0.0.1:2/api", "ftp://f:secret@127.0.0.1/api", "http://f:secret@%zz/",
	} {
		_, err := lambda.FromEnvironment(func(name string) string {
			switch name {
			case "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI":
				return "http://127.0.0.1:1/api"
			case "TYG_DIRECT_ENDPOINT":
				return value
			}
			return ""
		})
		if err == nil || !strings.Contains(err.Error(), "TYG_DIRECT_ENDPOINT") ||
			strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", value, err)
		}
	}
}

// TestDirectCallEndsWithItsContext calls a server that never answers.
func TestDirectCallEndsWithItsContext(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s := newSender(t, fromEnvironment(t, "http://127.0.0.1:1/api",
		"http://function:token@"+l.Addr().String()+"/api").SenderConfig)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	err = s.Send(ctx, id, []byte("x"))
	if !errors.Is(err, context.Canceled) || !errors.Is(err, lambda.ErrMaybeSent) {
		t.Errorf("Send returned %v", err)
	}
}

// TestDirectRuntime plays what TestRuntimesAgree plays, and a large reply, in a process that was
// offered the short way.
func TestDirectRuntime(t *testing.T) {
	host := &functions.Host{
		Environ:            []string{asFunction + "=" + withRun},
		ManagementEndpoint: "http://127.0.0.1:1/api",
		Credentials:        functions.Credentials{AccessKeyID: "a", SecretAccessKey: "b"},
		API:                http.NotFoundHandler(),
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := host.Shutdown(ctx); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
	})
	fn := functions.Function{Name: "f", Command: []string{os.Args[0]}, Concurrency: 1}
	if err := host.Deploy(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
	f := host.Integration("f")
	for i, text := range []string{"x", "error", "panic", "x", "reject", "x"} {
		reply, err := f.Invoke(t.Context(), message(t, text))
		if ok := text == "x"; ok != (err == nil) || ok && string(reply) != `{"statusCode":200}` {
			t.Errorf("%d, %s: %s, %v", i, text, reply, err)
		}
	}
	if s, _ := host.Stats("f"); s.Starts != 1 {
		t.Errorf("%d processes were started, want 1: %s", s.Starts, fmt.Sprint(s))
	}
}

// TestDirectAnswers sends over one connection, whose server answers in several ways.
func TestDirectAnswers(t *testing.T) {
	const plain = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
	answers := []string{
		plain, "HTTP/1.1 200 OK\r\nX: y\r\nContent-Length: 1\r\n\r\nz",
		"HTTP/1.1 410 Gone\r\nX-Amzn-Errortype: GoneException\r\nContent-Length: 0\r\n\r\n", plain,
		"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{} ", plain,
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	served := make(chan error, 1)
	go func() { served <- answerInTurn(l, answers) }() // ends with the last answer, or with l
	cfg := fromEnvironment(t, "http://127.0.0.1:1/api",
		"http://function:token@"+l.Addr().String()+"/api").SenderConfig
	cfg.RetryFor = -1
	s := newSender(t, cfg)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for i, answer := range answers {
		err := s.Send(ctx, id, []byte("x"))
		if gone := strings.Contains(answer, "410"); gone != errors.Is(err, tyg.ErrGone) ||
			!gone && err != nil {
			t.Errorf("send %d, answered with %q: %v", i, answer, err)
		}
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}

// answerInTurn answers the requests of one connection, every other time in two pieces.
func answerInTurn(l net.Listener, answers []string) error {
	nc, err := l.Accept()
	if err != nil {
		return err
	}
	defer nc.Close()
	in := bufio.NewReader(nc)
	for i, answer := range answers {
		r, err := http.ReadRequest(in)
		if err != nil {
			return err
		}
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return err
		}
		cut := i % 2 * len(answer) / 2
		for _, piece := range []string{answer[:cut], answer[cut:]} {
			if _, err := io.WriteString(nc, piece); err != nil {
				return err
			}
		}
	}
	return nil
}
