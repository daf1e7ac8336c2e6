package functions_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/tyg-dev/tyg/internal/functions"
	"github.com/tyg-dev/tyg/internal/leaktest"
	"github.com/tyg-dev/tyg/internal/paralleltest"
)

// childMode is the variable that makes the test program a function.
const childMode = "TYG_TEST_FUNCTION"

func TestMain(m *testing.M) {
	if mode := os.Getenv(childMode); mode != "" {
		runFunction(mode)
		return
	}
	paralleltest.AtOnce(8)
	leaktest.Main(m)
}

// An order is an event of the function "orders". It does what the fields say, in their order.
type order struct {
	Print  string `json:",omitempty"`
	Late   string `json:",omitempty"` // printed after the reply
	Sleep  int    `json:",omitempty"` // ms
	Until  string `json:",omitempty"` // wait for this file
	Fail   string `json:",omitempty"`
	Panic  string `json:",omitempty"`
	Exit   int    `json:",omitempty"`
	Size   int    `json:",omitempty"` // of the reply
	Stream bool   `json:",omitempty"` // reply with a stream that fails while it is sent
	Env    string `json:",omitempty"`
}

// A report is its reply.
type report struct {
	PID     int
	Version string
	Env     string
	ID      string
	ARN     string
	Custom  string
	Left    int // ms until the deadline
	Text    string
}

// runFunction runs the function of that mode.
func runFunction(mode string) {
	switch mode {
	case "orders":
		lambda.Start(handleOrder)
	case "exit":
		fmt.Fprintln(os.Stderr, "first line\nmissing TABLE")
		os.Exit(3)
	case "silent": // it never asks for an event
		fmt.Fprintln(os.Stderr, "still loading")
		time.Sleep(time.Hour)
	case "address": // the test speaks the Runtime API for it
		fmt.Println(os.Getenv("AWS_LAMBDA_RUNTIME_API"))
		time.Sleep(time.Hour)
	case "stubborn":
		signal.Ignore(syscall.SIGTERM)
		lambda.Start(handleOrder)
	case "parent": // it has a child, which writes to the same pipe
		fmt.Println(grandchild())
		lambda.Start(handleOrder)
	case "echo":
		echoLoop("response")
	case "echo error": // a runtime that writes nothing by itself
		echoLoop("error")
	case "host":
		runHost()
	case "counter":
		runCounter()
	}
}

// runHost deploys a function, prints its process id, and waits to be killed.
func runHost() {
	h := &functions.Host{}
	if err := h.Deploy(context.Background(), self("stubborn")); err != nil {
		os.Exit(1)
	}
	inv := functions.Invocation{Function: "f", Payload: []byte("{}")}
	res, err := h.Invoke(context.Background(), inv)
	var r report
	if err != nil || json.Unmarshal(res.Payload, &r) != nil {
		os.Exit(1)
	}
	fmt.Println(r.PID)
	time.Sleep(time.Hour)
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// orderUntil returns the payload of an order that does not end before release. Call it before
// start, so that the file of release is removed after the function has ended.
func orderUntil(t *testing.T) (payload []byte, release func()) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "released")
	payload, err := json.Marshal(order{Until: file})
	if err != nil {
		t.Fatal(err)
	}
	return payload, func() {
		if err := os.WriteFile(file, nil, 0o666); err != nil {
			t.Error(err)
		}
	}
}

func handleOrder(ctx context.Context, o order) (any, error) {
	if o.Print != "" {
		fmt.Print(o.Print)
	}
	if o.Late != "" {
		time.AfterFunc(50*time.Millisecond, func() { fmt.Println(o.Late) })
	}
	time.Sleep(time.Duration(o.Sleep) * time.Millisecond)
	for o.Until != "" && !exists(o.Until) {
		time.Sleep(time.Millisecond)
	}
	switch {
	case o.Fail != "":
		return nil, errors.New(o.Fail)
	case o.Panic != "":
		panic(o.Panic)
	case o.Exit != 0:
		fmt.Fprintln(os.Stderr, "exiting with", o.Exit)
		os.Exit(o.Exit)
	case o.Stream:
		return io.MultiReader(strings.NewReader(`{"half":`), failing{}), nil
	}
	lc, _ := lambdacontext.FromContext(ctx)
	deadline, _ := ctx.Deadline()
	return report{
		PID: os.Getpid(), Version: os.Getenv("VERSION"), Env: os.Getenv(o.Env),
		ID: lc.AwsRequestID, ARN: lc.InvokedFunctionArn, Custom: lc.ClientContext.Custom["k"],
		Left: int(time.Until(deadline).Milliseconds()), Text: strings.Repeat("x", o.Size),
	}, nil
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("disk on fire") }

// echoLoop is the smallest runtime: it replies, or fails, with the event, and prints its "print".
func echoLoop(how string) {
	base := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/invocation/"
	for {
		next, err := http.Get(base + "next")
		if err != nil {
			os.Exit(1)
		}
		id := next.Header.Get("Lambda-Runtime-Aws-Request-Id")
		event, err := io.ReadAll(next.Body)
		next.Body.Close()
		if err != nil {
			os.Exit(1)
		}
		var print struct{ Print string }
		if json.Unmarshal(event, &print) == nil {
			fmt.Print(print.Print)
		}
		resp, err := http.Post(base+id+"/"+how, "application/json", strings.NewReader(string(event)))
		if err != nil {
			os.Exit(1)
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
}

// self returns a function whose command is this test program.
func self(mode string) functions.Function {
	return functions.Function{
		Name:    "f",
		Command: []string{os.Args[0]},
		Env:     map[string]string{childMode: mode},
		Timeout: 30 * time.Second,
	}
}

// start deploys fn on h, which ends with the test.
func start(t testing.TB, h *functions.Host, fns ...functions.Function) *functions.Host {
	t.Helper()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := h.Shutdown(ctx); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
	})
	if err := h.Deploy(t.Context(), fns...); err != nil {
		t.Fatal(err)
	}
	return h
}

// do has the function "f" handle an order.
func do(t testing.TB, h *functions.Host, o order) (report, functions.Result, error) {
	t.Helper()
	payload, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	res, err := h.Invoke(t.Context(), functions.Invocation{Function: "f", Payload: payload})
	var r report
	if err == nil {
		if err := json.Unmarshal(res.Payload, &r); err != nil {
			t.Fatalf("reply %q: %v", res.Payload, err)
		}
	}
	return r, res, err
}

// mustDo is do for an order that must succeed.
func mustDo(t testing.TB, h *functions.Host, o order) report {
	t.Helper()
	r, _, err := do(t, h, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// waitFor waits until a condition holds.
func waitFor(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("timed out waiting until %s", what)
		}
	}
}
