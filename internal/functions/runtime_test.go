package functions_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/functions"
)

// A fakeProcess is a process that does nothing while the test speaks the Runtime API for it.
type fakeProcess struct {
	base     string
	addr     string
	deployed chan error
}

const runtimePath = "/2018-06-01/runtime/"

func newFakeProcess(t *testing.T, h *functions.Host, fn functions.Function) *fakeProcess {
	t.Helper()
	lines := make(chan functions.Line, 100)
	h.Output = func(l functions.Line) { lines <- l }
	p := &fakeProcess{deployed: make(chan error, 1)}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := h.Shutdown(ctx); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
	})
	go func() { p.deployed <- h.Deploy(context.Background(), fn) }()
	p.addr = (<-lines).Text
	p.base = "http://" + p.addr + runtimePath
	return p
}

// ask sends a request on a connection of its own, as a shell script would.
func (p *fakeProcess) ask(t *testing.T, method, path, body string, header ...string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, p.base+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Close = true
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return resp.StatusCode, string(b)
}

// expect sends a request and expects a status, and an answer that begins with that text.
func (p *fakeProcess) expect(
	t *testing.T, status int, answer, method, path, body string, header ...string,
) {
	t.Helper()
	got, text := p.ask(t, method, path, body, header...)
	if got != status || !strings.HasPrefix(text, answer) {
		t.Errorf("%s %s: %d %s, want %d %s", method, path, got, text, status, answer)
	}
}

// askNext asks for the next event on a connection of its own and returns the connection.
func (p *fakeProcess) askNext(t *testing.T) *waitingConn {
	t.Helper()
	c, err := net.Dial("tcp", p.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	fmt.Fprintf(c, "GET %sinvocation/next HTTP/1.1\r\nHost: x\r\n\r\n", runtimePath)
	return &waitingConn{c, bufio.NewReader(c)}
}

type waitingConn struct {
	net.Conn
	in *bufio.Reader
}

// event reads the event for which h waits.
func (h *waitingConn) event(t *testing.T) (http.Header, string) {
	t.Helper()
	resp, err := http.ReadResponse(h.in, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("event: %d %q, %v", resp.StatusCode, b, err)
	}
	return resp.Header, string(b)
}

type invoked struct {
	res functions.Result
	err error
}

// invoke has "f" handle an event, while the test goes on.
func invoke(h *functions.Host, inv functions.Invocation) chan invoked {
	done := make(chan invoked, 1)
	inv.Function = "f"
	go func() {
		res, err := h.Invoke(context.Background(), inv)
		done <- invoked{res, err}
	}()
	return done
}

// TestFunctionsGetTheTraceOfTheHandshake has a Router give an event to a function.
func TestFunctionsGetTheTraceOfTheHandshake(t *testing.T) {
	t.Parallel()
	h := new(functions.Host)
	p := newFakeProcess(t, h, self("address"))
	first := p.askNext(t)
	if err := <-p.deployed; err != nil {
		t.Fatal(err)
	}
	r := &functions.Router{Integrations: map[string]functions.Integration{
		tyg.RouteDefault: h.Integration("f"),
	}}
	ctx := tyg.WithCaller(context.Background(), http.Header{
		"Traceparent": {"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},
	})
	done := make(chan error, 1)
	go func() {
		_, err := r.Handle(ctx, message("hello"))
		done <- err
	}()
	header, _ := first.event(t)
	const want = "Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Parent=00f067aa0ba902b7;Sampled=1;Self=1-"
	if got := header.Get("Lambda-Runtime-Trace-Id"); !strings.HasPrefix(got, want) {
		t.Errorf("trace id %q, want %q…", got, want)
	}
	id := header.Get("Lambda-Runtime-Aws-Request-Id")
	p.expect(t, 202, `{"status":"OK"}`, "POST", "invocation/"+id+"/response", `{"statusCode":200}`)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestRuntimeAPI(t *testing.T) {
	t.Parallel()
	starts := make(chan functions.Start, 1)
	h := &functions.Host{Started: func(_ context.Context, s functions.Start) { starts <- s }}
	p := newFakeProcess(t, h, self("address"))
	first := p.askNext(t)
	if err := <-p.deployed; err != nil {
		t.Fatal(err)
	}
	done := invoke(h, functions.Invocation{
		Payload: []byte(`{"n":1}`), ClientContext: []byte(`{"a": 1}`),
	})
	header, event := first.event(t)
	id := header.Get("Lambda-Runtime-Aws-Request-Id")
	if event != `{"n":1}` || header.Get("Lambda-Runtime-Client-Context") != `{"a":1}` {
		t.Errorf("event %s with %v", event, header)
	}
	ms, err := strconv.ParseInt(header.Get("Lambda-Runtime-Deadline-Ms"), 10, 64)
	left := time.Until(time.UnixMilli(ms))
	if err != nil || left < 20*time.Second || left > 31*time.Second {
		t.Errorf("deadline in %v, %v", left, err)
	}
	const trace = "Root=1-01234567-012345678901234567890123;Parent=0123456789012345;Sampled=0"
	s := header.Get("Lambda-Runtime-Trace-Id")
	if !strings.HasPrefix(s, "Root=1-") || len(s) != len(trace) {
		t.Errorf("trace id %q", s)
	}
	want := functions.Start{Function: "f", RequestID: id, TraceID: s}
	if got := <-starts; got != want {
		t.Errorf("Started got %+v, want %+v", got, want)
	}

	const stale = `{"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"}`
	p.expect(t, 400, stale, "POST", "invocation/other/response", "{}")
	p.expect(t, 400, stale, "POST", "invocation/other/error", "{}")
	p.expect(t, 403,
		`{"errorMessage":"State transition is not allowed","errorType":"InvalidStateTransition"}`,
		"GET", "invocation/next", "")
	p.expect(t, 403, `{"errorMessage":"State`, "POST", "init/error", "{}")
	p.expect(t, 202, `{"status":"OK"}`, "POST", "invocation/"+id+"/response", `{"m":2}`)
	p.expect(t, 400, stale, "POST", "invocation/"+id+"/response", `{"m":3}`)
	if r := <-done; r.err != nil || string(r.res.Payload) != `{"m":2}` || r.res.RequestID != id {
		t.Errorf("result %s, %v", r.res.Payload, r.err)
	}
	for path, status := range map[string]int{
		"invocation/next":     405, // with POST
		"invocation/":         404,
		"invocation//error":   404,
		"invocation/x/y":      404,
		"restore/next":        404,
		"invocation/x/error/": 404,
	} {
		p.expect(t, status, `{"errorMessage":`, "POST", path, "")
	}
	p.expect(t, 405, `{"errorMessage":`, "GET", "init/error", "")
	p.expect(t, 403, `{"errorMessage":`, "GET", "invocation/next", "", "Origin", "https://example.com")
}

func TestRuntimeAPIErrors(t *testing.T) {
	t.Parallel()
	h := &functions.Host{}
	p := newFakeProcess(t, h, self("address"))
	tests := []struct {
		body, header string
		want         functions.FunctionError
	}{
		{
			`{"errorMessage":"m","errorType":"T","stackTrace":["a","b"]}`, "",
			functions.FunctionError{Type: "T", Message: "m", Stack: []string{"a", "b"}},
		},
		{
			`{"errorMessage":"m","stackTrace":[{"path":"p","line":3,"label":"l"},7]}`, "Runtime.X",
			functions.FunctionError{Type: "Runtime.X", Message: "m", Stack: []string{"l (p:3)", "7"}},
		},
		{ // of AWS's runtime for Node.js
			`{"errorMessage":"m","errorType":"T","trace":["T: m","    at f (a.js:1:2)"]}`, "",
			functions.FunctionError{Type: "T", Message: "m", Stack: []string{"    at f (a.js:1:2)"}},
		},
		{`"text"`, "T", functions.FunctionError{Type: "T"}},
		{
			`no JSON`, "T", functions.FunctionError{
				Type: "T", Message: "no JSON",
				Payload: []byte(`{"errorMessage":"no JSON","errorType":"T"}`),
			},
		},
	}
	for _, tt := range tests {
		next := p.askNext(t)
		done := invoke(h, functions.Invocation{Payload: []byte("{}")})
		if len(p.deployed) > 0 {
			if err := <-p.deployed; err != nil {
				t.Fatal(err)
			}
		}
		// The first event may come before the function is deployed.
		for r, ok := early(done); ok && errors.Is(r.err, functions.ErrNotFound); r, ok = early(done) {
			done = invoke(h, functions.Invocation{Payload: []byte("{}")})
		}
		header, _ := next.event(t)
		id := header.Get("Lambda-Runtime-Aws-Request-Id")
		p.expect(t, 202, "", "POST", "invocation/"+id+"/error", tt.body,
			"Lambda-Runtime-Function-Error-Type", tt.header)
		r := <-done
		e, ok := errors.AsType[*functions.FunctionError](r.err)
		if !ok {
			t.Fatalf("error %v", r.err)
		}
		if tt.want.Payload == nil {
			tt.want.Payload = []byte(tt.body)
		}
		if e.Type != tt.want.Type || e.Message != tt.want.Message ||
			fmt.Sprint(e.Stack) != fmt.Sprint(tt.want.Stack) ||
			!bytes.Equal(e.Payload, tt.want.Payload) {
			t.Errorf("%s: %+v", tt.body, e)
		}
	}
}

func early(done chan invoked) (invoked, bool) {
	select {
	case r := <-done:
		return r, true
	case <-time.After(50 * time.Millisecond):
		return invoked{}, false
	}
}

func TestInitErrorFailsDeploy(t *testing.T) {
	t.Parallel()
	h := &functions.Host{}
	p := newFakeProcess(t, h, self("address"))
	p.expect(t, 202, `{"status":"OK"}`, "POST", "init/error",
		`{"errorMessage":"no table","errorType":"Import"}`)
	e, ok := errors.AsType[*functions.FunctionError](<-p.deployed)
	if !ok || !e.Init || e.Type != "Import" || e.Message != "no table" {
		t.Errorf("error %+v", e)
	}
}

// TestRuntimeMayAskAgain has a runtime whose HTTP client times out: it asks again on a new
// connection.
func TestRuntimeMayAskAgain(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"closes first", "asks first"} {
		t.Run(name, func(t *testing.T) {
			h := &functions.Host{}
			p := newFakeProcess(t, h, self("address"))
			first := p.askNext(t)
			if err := <-p.deployed; err != nil {
				t.Fatal(err)
			}
			if name == "closes first" {
				first.Close()
				waitFor(t, "the host has noticed", func() bool { s, _ := h.Stats("f"); return s.Starting == 1 })
			}
			second := p.askNext(t)
			if name == "asks first" {
				if _, err := first.in.ReadByte(); !errors.Is(err, io.EOF) {
					t.Errorf("the first connection: %v, want EOF", err)
				}
			}
			waitFor(t, "it waits", func() bool { s, _ := h.Stats("f"); return s.Idle == 1 })
			done := invoke(h, functions.Invocation{Payload: []byte("{}")})
			header, _ := second.event(t)
			id := header.Get("Lambda-Runtime-Aws-Request-Id")
			p.expect(t, 202, "", "POST", "invocation/"+id+"/response", "{}")
			if r := <-done; r.err != nil {
				t.Error(r.err)
			}
		})
	}
}

// TestExpectContinueIsAnswered sends a reply as curl does if it is larger than 1 MB.
func TestExpectContinueIsAnswered(t *testing.T) {
	t.Parallel()
	h := &functions.Host{}
	p := newFakeProcess(t, h, self("address"))
	next := p.askNext(t)
	if err := <-p.deployed; err != nil {
		t.Fatal(err)
	}
	done := invoke(h, functions.Invocation{Payload: []byte("{}")})
	header, _ := next.event(t)
	fmt.Fprintf(next, "POST %sinvocation/%s/response HTTP/1.1\r\nHost: x\r\n"+
		"Content-Length: 4\r\nExpect: 100-continue\r\n\r\n",
		runtimePath, header.Get("Lambda-Runtime-Aws-Request-Id"))
	if line, err := next.in.ReadString('\n'); err != nil || line != "HTTP/1.1 100 Continue\r\n" {
		t.Fatalf("%q, %v", line, err)
	}
	if line, err := next.in.ReadString('\n'); err != nil || line != "\r\n" {
		t.Fatalf("%q, %v", line, err)
	}
	fmt.Fprint(next, "null")
	if resp, err := http.ReadResponse(next.in, nil); err != nil || resp.StatusCode != 202 {
		t.Errorf("%v, %v", resp, err)
	}
	if r := <-done; r.err != nil || string(r.res.Payload) != "null" {
		t.Errorf("%s, %v", r.res.Payload, r.err)
	}
}

func TestLargeEventRoundTrip(t *testing.T) {
	h := start(t, &functions.Host{}, self("echo"))
	payload, _ := json.Marshal(strings.Repeat("x", 6<<20-2))
	res, err := h.Invoke(t.Context(), functions.Invocation{Function: "f", Payload: payload})
	if err != nil || !bytes.Equal(res.Payload, payload) {
		t.Errorf("%d bytes came back of %d, %v", len(res.Payload), len(payload), err)
	}
}
