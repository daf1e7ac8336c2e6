package lambda_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/internal/sigv4"
)

// runtimeAPI stands for Lambda's Runtime API.
// (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html)
type runtimeAPI struct {
	events chan event
	asked  chan struct{} // gets a value for each call of next
	done   chan result
}

type event struct {
	payload  []byte
	deadline time.Duration
}

// result is what a function said, to /response or to /error.
type result struct{ how, body string }

func newRuntimeAPI() *runtimeAPI {
	return &runtimeAPI{make(chan event), make(chan struct{}, 100), make(chan result, 1)}
}

func (a *runtimeAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	const base = "/2018-06-01/runtime/invocation/"
	how, ok := strings.CutPrefix(r.URL.Path, base)
	switch {
	case ok && how == "next":
		a.next(w, r)
	case ok && (how == "lambdas-id/response" || how == "lambdas-id/error"):
		body, err := io.ReadAll(r.Body)
		if err != nil {
			body = []byte(err.Error())
		}
		w.WriteHeader(http.StatusAccepted)
		a.done <- result{strings.TrimPrefix(how, "lambdas-id/"), string(body)}
	default:
		http.Error(w, r.URL.Path, http.StatusNotFound)
	}
}

func (a *runtimeAPI) next(w http.ResponseWriter, r *http.Request) {
	a.asked <- struct{}{}
	select {
	case e := <-a.events:
		w.Header().Set("Lambda-Runtime-Aws-Request-Id", "lambdas-id")
		deadline := time.Now().Add(e.deadline).UnixMilli()
		w.Header().Set("Lambda-Runtime-Deadline-Ms", fmt.Sprint(deadline))
		w.Header().Set("Lambda-Runtime-Invoked-Function-Arn", arn)
		_, _ = w.Write(e.payload)
	case <-r.Context().Done(): // the process has ended
	}
}

// process is the test binary as a function.
type process struct {
	api            *runtimeAPI
	stdout, stderr output
}

// output is a file, which has everything that a process wrote before it said anything else.
type output struct{ *os.File }

func newOutput(t *testing.T) output {
	t.Helper()
	f, err := os.OpenFile(
		filepath.Join(t.TempDir(), "output"),
		os.O_CREATE|os.O_RDWR|os.O_APPEND,
		0o600,
	)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return output{f}
}

// take returns what was written since the last time.
func (o output) take(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(o.Name())
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Truncate(0); err != nil { // the process appends
		t.Fatal(err)
	}
	return string(data)
}

func start(t *testing.T, env ...string) *process {
	t.Helper()
	p := &process{newRuntimeAPI(), newOutput(t), newOutput(t)}
	web := httptest.NewServer(p.api)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append([]string{
		asFunction + "=" + withRun, "AWS_LAMBDA_RUNTIME_API=" + web.Listener.Addr().String(),
		"AWS_REGION=us-east-1",
		"AWS_ACCESS_KEY_ID=" + key.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + key.SecretAccessKey,
		"AWS_SESSION_TOKEN=" + key.SessionToken,
	}, env...)
	cmd.Stdout, cmd.Stderr = p.stdout.File, p.stderr.File
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()
		web.CloseClientConnections()
		web.Close()
	})
	return p
}

// invoke hands the function an event and waits for what it says.
func (p *process) invoke(t *testing.T, payload []byte) result {
	t.Helper()
	return p.invokeWithin(t, payload, 10*time.Second)
}

func (p *process) invokeWithin(t *testing.T, payload []byte, deadline time.Duration) result {
	t.Helper()
	timeout := time.After(patience)
	select {
	case p.api.events <- event{payload, deadline}:
	case <-timeout:
		t.Fatalf("the function asks for nothing: %s", p.stderr.take(t))
	}
	select {
	case r := <-p.api.done:
		return r
	case <-timeout:
		t.Fatalf("the function does not answer: %s", p.stderr.take(t))
		return result{}
	}
}

// TestProcess runs one process through all that a function sees, so it also lives through all.
func TestProcess(t *testing.T) {
	sent := make(chan string, 1)
	connections := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			body = []byte(err.Error())
		}
		v := sigv4.Verifier{Keys: func(string) (string, bool) { return key.SecretAccessKey, true }}
		_, err = v.Verify(r, body)
		sent <- fmt.Sprint(r.Method, " ", r.URL.Path, " ", err, " ", string(body))
	}))
	t.Cleanup(connections.Close)
	p := start(t, "TYG_ENDPOINT="+connections.URL+"/prod", "AWS_LAMBDA_LOG_FORMAT=JSON")

	const accepted, failed = `{"statusCode":200}`, "error"
	tests := []struct {
		name    string
		payload []byte
		how     string
		body    string // all of it, or for an error what is in it
		log     string // in standard error; empty: nothing is written
	}{
		{"connect", payload(t, "connect"), "response", accepted, ""},
		{
			"reject",
			connect(t, "connect", "reject"),
			"response",
			`{"statusCode":418,"body":"I am a <teapot>"}`,
			"",
		},
		{
			"connect fails",
			connect(t, "connect", "error"),
			failed,
			`"errorMessage":"` + errSecret.Error() + `"`,
			`"route":"$connect"`,
		},
		{"message", message(t, "x"), "response", accepted, ""},
		{
			"message fails",
			message(t, "error"),
			failed,
			`"errorMessage":"` + errSecret.Error() + `"`,
			`"requestId":"lambdas-id"`,
		},
		{"message panics", message(t, "panic"), failed, `"errorType":"PanicError"`, `"stack":"goroutine`},
		{"route response", on(t, "answer", "yes"), "response", `{"statusCode":200,"body":"yes"}`, ""},
		{"7 MB", on(t, "answer", "large"), failed, "message is too large", "message is too large"},
		{"authorizer", connect(t, "authorizer", "t"), "response", "", ""},
		{
			"authorizer refuses",
			connect(t, "authorizer", "unknown"),
			failed,
			`"errorMessage":"Unauthorized"`,
			"",
		},
		{"garbage", []byte("\x00garbage"), failed, "decode event", "event not understood"},
		{"nothing", nil, failed, "decode event", "event not understood"},
		{"disconnect", payload(t, "disconnect"), "response", accepted, ""},
	}
	for _, tt := range tests {
		got := p.invoke(t, tt.payload)
		if got.how != tt.how || tt.how == failed && !strings.Contains(got.body, tt.body) ||
			tt.how != failed && tt.body != "" && got.body != tt.body {
			t.Errorf("%s: %s with %s, want %s with %s", tt.name, got.how, got.body, tt.how, tt.body)
		}
		if log := p.stderr.take(t); (log == "") != (tt.log == "") || !strings.Contains(log, tt.log) {
			t.Errorf("%s: log %q, want %q", tt.name, log, tt.log)
		}
	}

	raw := message(t, "raw")
	if got := p.invoke(t, raw); got.how != "response" {
		t.Errorf("a message that sends: %+v, %s", got, p.stderr.take(t))
	}
	want := "POST /prod/@connections/R1kmxc2VNjMCFIA= <nil> " + string(raw)
	if got := <-sent; got != want {
		t.Errorf("sent %s, want %s", got, want)
	}
	if out := p.stdout.take(t); out != "" {
		t.Errorf("the function wrote to standard output: %q", out)
	}
}

// TestProcessDeadline has handlers that do not return by themselves.
func TestProcessDeadline(t *testing.T) {
	t.Parallel() // it mostly waits
	p := start(t)
	got := p.invokeWithin(t, message(t, "wait"), 4*time.Second)
	if got.how != "error" || !strings.Contains(got.body, "context deadline exceeded") {
		t.Errorf("a handler that looks at its context: %+v", got)
	}
	if log := p.stderr.take(t); !strings.Contains(log, "handler failed") ||
		strings.Contains(log, "does not return") {
		t.Errorf("log %q", log)
	}
	p.api.events <- event{message(t, "deaf"), time.Second}
	for timeout := time.After(patience); ; {
		select {
		case <-timeout:
			t.Fatal("nothing is logged of a handler that does not look at its context")
		case <-time.After(10 * time.Millisecond):
		}
		if strings.Contains(p.stderr.take(t), "handler does not return, and Lambda ends the process") {
			return
		}
	}
}

// TestProcessWithBadEnvironment ends at once, and says why.
func TestProcessWithBadEnvironment(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = []string{
		asFunction + "=" + withRun,
		"AWS_LAMBDA_RUNTIME_API=127.0.0.1:1",
		"TYG_ENDPOINT=nonsense",
	}
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), `endpoint "nonsense": want https://HOST/STAGE`) {
		t.Errorf("%v: %s", err, out)
	}
}
