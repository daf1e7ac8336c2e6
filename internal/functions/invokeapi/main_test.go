package invokeapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/internal/functions"
	"github.com/tyg-dev/tyg/internal/functions/invokeapi"
	"github.com/tyg-dev/tyg/internal/leaktest"
)

// childMode is the variable that makes the test program a function.
const childMode = "TYG_TEST_FUNCTION"

func TestMain(m *testing.M) {
	if os.Getenv(childMode) != "" {
		runFunction()
		return
	}
	leaktest.Main(m)
}

// runFunction is a function that does what its event says, and replies with the event.
func runFunction() {
	base := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/invocation/"
	for {
		next, err := http.Get(base + "next")
		if err != nil {
			os.Exit(1)
		}
		event, err := io.ReadAll(next.Body)
		next.Body.Close()
		if err != nil {
			os.Exit(1)
		}
		verb, reply := handle(event, next.Header.Get("Lambda-Runtime-Trace-Id"))
		id := next.Header.Get("Lambda-Runtime-Aws-Request-Id")
		resp, err := http.Post(base+id+verb, "application/json", bytes.NewReader(reply))
		if err != nil {
			os.Exit(1)
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
}

func handle(event []byte, trace string) (verb string, reply []byte) {
	var order struct {
		Print, Fail string
		Trace       bool // reply with the trace id
		Sleep       int  // ms
		Exit        int
	}
	_ = json.Unmarshal(event, &order) // an event that is not an object is only echoed
	if order.Trace {
		return "/response", fmt.Appendf(nil, "%q", trace)
	}
	fmt.Print(order.Print)
	time.Sleep(time.Duration(order.Sleep) * time.Millisecond)
	if order.Exit != 0 {
		os.Exit(order.Exit)
	}
	if order.Fail != "" {
		return "/error", fmt.Appendf(nil, `{"errorMessage":%q,"errorType":"errorString"}`, order.Fail)
	}
	return "/response", event
}

// start runs the function "f" until the test ends. A concurrency of 0 is the default.
func start(t *testing.T, concurrency int) *functions.Host {
	t.Helper()
	h := &functions.Host{}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := h.Shutdown(ctx); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
	})
	err := h.Deploy(t.Context(), functions.Function{
		Name: "f", Command: []string{os.Args[0]}, Env: map[string]string{childMode: "1"},
		Timeout: 30 * time.Second, Concurrency: concurrency,
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// serve serves the Invoke API until the test ends, and returns its URL.
func serve(t *testing.T, h *invokeapi.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// waitFor waits until a condition holds.
func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("timed out waiting until %s", what)
		}
	}
}
