package lambda_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/lambda"
)

// A script is a Runtime API that hands out these events and then answers with status 500. A request
// goes to the fault of its path first, which reports whether it has answered.
type script struct {
	events []event
	header http.Header // of the events
	fault  map[string]func(http.ResponseWriter) bool

	mu    sync.Mutex
	calls []posted
}

// posted is a request of the function.
type posted struct {
	path   string // without what all paths have
	header http.Header
	body   string
}

func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/2018-06-01/runtime/")
	body, err := io.ReadAll(r.Body)
	if err != nil {
		body = []byte(err.Error())
	}
	s.mu.Lock()
	s.calls = append(s.calls, posted{path, r.Header, string(body)})
	var next *event
	if path == "invocation/next" && len(s.events) > 0 {
		next, s.events = &s.events[0], s.events[1:]
	}
	s.mu.Unlock()
	if next != nil {
		deadline := time.Now().Add(next.deadline).UnixMilli()
		w.Header().Set("Lambda-Runtime-Aws-Request-Id", "lambdas-id")
		w.Header().Set("Lambda-Runtime-Deadline-Ms", fmt.Sprint(deadline))
		w.Header().Set("Lambda-Runtime-Trace-Id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700")
		for name, values := range s.header {
			w.Header()[name] = values
		}
	}
	if fault := s.fault[path]; fault != nil && fault(w) {
		return
	}
	switch {
	case next != nil:
		_, _ = w.Write(next.payload)
	case path == "invocation/next":
		http.Error(w, "no more events", http.StatusInternalServerError)
	default:
		w.WriteHeader(http.StatusAccepted)
	}
}

// paths are the requests so far.
func (s *script) paths() string {
	var all []string
	for _, c := range s.calls {
		all = append(all, strings.TrimPrefix(c.path, "invocation/"))
	}
	return strings.Join(all, " ")
}

// run runs an application over the script, in this process, until it ends.
func (s *script) run(t *testing.T, h tyg.Handler) error {
	t.Helper()
	web := httptest.NewServer(s)
	defer web.Close()
	t.Setenv("_X_AMZN_TRACE_ID", "")
	t.Setenv("AWS_LAMBDA_RUNTIME_API", web.Listener.Addr().String())
	return lambda.Run(h, lambda.Config{Logger: quiet})
}

func status(code int) func(http.ResponseWriter) bool {
	return func(w http.ResponseWriter) bool {
		http.Error(w, `{"errorMessage":"why not"}`, code)
		return true
	}
}

// cut closes the connection after a part of the answer.
func cut(w http.ResponseWriter) bool {
	w.Header().Set("Content-Length", "1000")
	_, _ = io.WriteString(w, "{")
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

func hangUpAtOnce(w http.ResponseWriter) bool {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		_ = conn.Close()
	}
	return true
}

// What fails at the Runtime API ends Run with an error that says so, and is not tried again.
func TestRunEndsWhenRuntimeAPIFails(t *testing.T) {
	const next, reply = "invocation/next", "invocation/lambdas-id/response"
	const failed = "invocation/lambdas-id/error"
	tests := []struct {
		name  string
		text  string // of the message
		path  string // of what fails
		fault func(http.ResponseWriter) bool
		want  string // in the error
		paths string // of all requests
	}{
		{"next 500", "x", next, status(500), "get event from Lambda: HTTP status 500", "next"},
		{"next 403", "x", next, status(403), `403 "{\"errorMessage\":\"why not\"}"`, "next"},
		{"next 202", "x", next, status(202), "get event from Lambda: HTTP status 202", "next"},
		{"next is cut", "x", next, cut, "read event from Lambda: unexpected EOF", "next"},
		{
			"response 400", "x", reply, status(400), "hand Lambda the reply to lambdas-id: HTTP status 400",
			"next lambdas-id/response",
		},
		{"response 413", "x", reply, status(413), "HTTP status 413", "next lambdas-id/response"},
		{"response 200", "x", reply, status(200), "HTTP status 200", "next lambdas-id/response"},
		{"response 307", "x", reply, func(w http.ResponseWriter) bool {
			w.Header().Set("Location", "http://127.0.0.1:1/")
			w.WriteHeader(http.StatusTemporaryRedirect)
			return true
		}, "HTTP status 307", "next lambdas-id/response"},
		{
			"response without an answer", "x", reply, hangUpAtOnce, "hand Lambda the reply to lambdas-id",
			"next lambdas-id/response",
		},
		{
			"error 500",
			"error",
			failed,
			status(500),
			"hand Lambda the failure of lambdas-id: HTTP status 500",
			"next lambdas-id/error",
		},
		{
			"error without an answer", "error", failed, hangUpAtOnce, "hand Lambda the failure",
			"next lambdas-id/error",
		},
		{"accepted and cut", "x", reply, func(w http.ResponseWriter) bool {
			w.WriteHeader(http.StatusAccepted)
			return cut(w)
		}, "no more events", "next lambdas-id/response next"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := &script{
				events: []event{{message(t, tt.text), time.Minute}},
				fault:  map[string]func(http.ResponseWriter) bool{tt.path: tt.fault},
			}
			if err := s.run(t, program()); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Run returned %v, want %q", err, tt.want)
			}
			if got := s.paths(); got != tt.paths {
				t.Errorf("requests %s, want %s", got, tt.paths)
			}
		})
	}
}

func TestRunWithoutRuntimeAPI(t *testing.T) {
	t.Setenv("AWS_LAMBDA_RUNTIME_API", "")
	if err := lambda.Run(program(), lambda.Config{Logger: quiet}); err == nil ||
		!strings.Contains(err.Error(), "AWS_LAMBDA_RUNTIME_API is not set") {
		t.Errorf("outside of Lambda: %v", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_LAMBDA_RUNTIME_API", l.Addr().String())
	_ = l.Close()
	if err := lambda.Run(program(), lambda.Config{Logger: quiet}); err == nil ||
		!strings.Contains(err.Error(), "get event from Lambda") {
		t.Errorf("without a server: %v", err)
	}
}

// Headers that make no sense cost the event, or the process, but are never taken for something
// else.
func TestRunWithGarbageHeaders(t *testing.T) {
	for name, deadline := range map[string]string{
		"none": "", "text": "soon", "huge": "99999999999999999999",
	} {
		s := &script{
			events: []event{{message(t, "x"), 0}, {message(t, "x"), 0}},
			header: http.Header{"Lambda-Runtime-Deadline-Ms": {deadline}},
		}
		err := s.run(t, program())
		if err == nil || s.paths() != "next lambdas-id/error next lambdas-id/error next" {
			t.Errorf("deadline %s: %v after %s", name, err, s.paths())
		}
		if body := s.calls[1].body; !strings.Contains(body, "deadline of event") {
			t.Errorf("deadline %s: failure %s", name, body)
		}
	}
	s := &script{
		events: []event{{message(t, "x"), time.Minute}},
		header: http.Header{"Lambda-Runtime-Aws-Request-Id": {""}},
	}
	if err := s.run(t, program()); err == nil || !strings.Contains(err.Error(), "no request id") {
		t.Errorf("no request id: %v", err)
	}
	s = &script{
		events: []event{{message(t, "x"), time.Minute}},
		header: http.Header{"Lambda-Runtime-Aws-Request-Id": {"../a?b#c %zz"}},
	}
	if err := s.run(t, program()); err == nil || s.paths() != "next ../a?b#c %zz/response next" {
		t.Errorf("a request id that needs escapes: %v after %s", err, s.paths())
	}
}

// What Lambda says about an event is where the logger, AWS SDKs and the X-Ray SDK look for it.
func TestRunTellsHandlersOfInvocation(t *testing.T) {
	const trace = "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700"
	var out bytes.Buffer
	log := lambda.NewLogger(&out, "JSON", "")
	app := tyg.New("app")
	app.OnMessage(func(ctx context.Context, _ *tyg.Conn, _ tyg.Message) error {
		log.InfoContext(ctx, "hello")
		if got := os.Getenv("_X_AMZN_TRACE_ID"); got != trace {
			t.Errorf("_X_AMZN_TRACE_ID is %q, want %q", got, trace)
		}
		if got := ctx.Value("x-amzn-trace-id"); got != trace {
			t.Errorf("the context has trace id %v, want %q", got, trace)
		}
		if at, ok := ctx.Deadline(); !ok || time.Until(at) < 8*time.Second ||
			time.Until(at) > 10*time.Second {
			t.Errorf("the deadline is %v, %v", at, ok)
		}
		return nil
	})
	s := &script{events: []event{{message(t, "x"), 10 * time.Second}}}
	if err := s.run(t, app); err == nil || s.paths() != "next lambdas-id/response next" {
		t.Errorf("%v after %s", err, s.paths())
	}
	if !strings.Contains(out.String(), `"requestId":"lambdas-id"`) {
		t.Errorf("log %s", out.String())
	}
}

type errOdd struct{ text string }

func (e errOdd) Error() string { return e.text }

// Any error can be handed in, however long it is and whatever is in it.
func TestRunReportsAnyError(t *testing.T) {
	long := strings.Repeat("long ", 1<<20)
	euros := strings.Repeat("€", 64<<10/len("€")) // as many as fit
	tests := []struct {
		err  error
		kind string
		text string
	}{
		{errSecret, "errorString", errSecret.Error()},
		{&errOdd{"pointer"}, "errOdd", "pointer"},
		{struct{ error }{errSecret}, "error", errSecret.Error()},
		{errOdd{"\x00\r\n\x7f\t\"\\ \xff é 🐈"}, "errOdd", "\x00\r\n\x7f\t\"\\ \ufffd é 🐈"},
		{errOdd{long}, "errOdd", long[:64<<10] + "..."},
		{errOdd{euros + "€€"}, "errOdd", euros + "..."},
		{errOdd{""}, "errOdd", ""},
	}
	for _, tt := range tests {
		h := tyg.HandlerFunc(func(context.Context, tyg.Event) (tyg.Reply, error) {
			return tyg.Reply{}, tt.err
		})
		s := &script{events: []event{{message(t, "x"), time.Minute}}}
		_ = s.run(t, h) // it ends when there are no more events
		if s.paths() != "next lambdas-id/error next" {
			t.Errorf("%.20q: requests %s", tt.err.Error(), s.paths())
			continue
		}
		var body struct{ ErrorMessage, ErrorType string }
		call := s.calls[1]
		if err := json.Unmarshal([]byte(call.body), &body); err != nil ||
			body.ErrorMessage != tt.text || body.ErrorType != tt.kind {
			t.Errorf("%.20q: failure %.200s, %v", tt.err.Error(), call.body, err)
		}
		if got := call.header.Get("Lambda-Runtime-Function-Error-Type"); got != tt.kind {
			t.Errorf("%.20q: type %q, want %q", tt.err.Error(), got, tt.kind)
		}
		var cause struct {
			Exceptions []struct{ Type, Message string }
		}
		text := call.header.Get("Lambda-Runtime-Function-Xray-Error-Cause")
		if err := json.Unmarshal([]byte(text), &cause); err != nil || len(cause.Exceptions) != 1 ||
			cause.Exceptions[0].Message != tt.text || cause.Exceptions[0].Type != tt.kind {
			t.Errorf("%.20q: cause %.200s, %v", tt.err.Error(), text, err)
		}
	}
}

func TestRunReportsInitError(t *testing.T) {
	bad := tyg.New("bad")
	bad.OnAuthorize(func(context.Context, *tyg.Request) (tyg.Identity, error) {
		return tyg.Identity{}, nil
	}, "nonsense")
	for name, fault := range map[string]func(http.ResponseWriter) bool{
		"accepted": nil, "refused": status(403), "without an answer": hangUpAtOnce,
	} {
		s := &script{fault: map[string]func(http.ResponseWriter) bool{"init/error": fault}}
		err := s.run(t, bad)
		if err == nil || !strings.Contains(err.Error(), `identity source "nonsense"`) {
			t.Errorf("%s: Run returned %v", name, err)
		}
		if s.paths() != "init/error" || !strings.Contains(s.calls[0].body, "nonsense") {
			t.Errorf("%s: %+v", name, s.calls)
		}
	}
}

// Lambda Managed Instances hand out several events at once.
func TestRunHandlesEventsAtOnce(t *testing.T) {
	const n = 4
	t.Setenv("AWS_LAMBDA_MAX_CONCURRENCY", fmt.Sprint(n))
	var inside sync.WaitGroup
	inside.Add(n)
	app := tyg.New("app")
	app.OnMessage(func(context.Context, *tyg.Conn, tyg.Message) error {
		inside.Done()
		inside.Wait() // for all of them
		if got := os.Getenv("_X_AMZN_TRACE_ID"); got != "" {
			return errors.New("_X_AMZN_TRACE_ID is that of one of several events: " + got)
		}
		return nil
	})
	s := new(script)
	for range n {
		s.events = append(s.events, event{message(t, "x"), time.Minute})
	}
	if err := s.run(t, app); err == nil || !strings.Contains(err.Error(), "no more events") {
		t.Errorf("Run returned %v", err)
	}
	if got := strings.Count(s.paths(), "lambdas-id/response"); got != n {
		t.Errorf("%d replies, want %d: %s", got, n, s.paths())
	}
}

func TestRunKeepsItsConnection(t *testing.T) {
	var mu sync.Mutex
	conns := 0
	s := new(script)
	for i := range 20 {
		text := "x"
		if i%2 == 0 {
			text = "error"
		}
		s.events = append(s.events, event{message(t, text), time.Minute})
	}
	web := httptest.NewUnstartedServer(s)
	web.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		mu.Lock()
		defer mu.Unlock()
		if state == http.StateNew {
			conns++
		}
	}
	web.Start()
	defer web.Close()
	t.Setenv("_X_AMZN_TRACE_ID", "")
	t.Setenv("AWS_LAMBDA_RUNTIME_API", web.Listener.Addr().String())
	if err := lambda.Run(program(), lambda.Config{Logger: quiet}); err == nil || len(s.calls) != 41 {
		t.Errorf("%v after %d requests", err, len(s.calls))
	}
	mu.Lock()
	defer mu.Unlock()
	if conns != 1 {
		t.Errorf("41 requests made %d connections", conns)
	}
}
