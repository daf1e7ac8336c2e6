package functions_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/internal/functions"
	"github.com/tyg-dev/tyg/internal/sampletest"
)

func TestInvokeRunsFunction(t *testing.T) {
	h := start(t, &functions.Host{Region: "eu-central-1", AccountID: "123456789012"}, self("orders"))
	res, err := h.Invoke(t.Context(), functions.Invocation{
		Function: "f", Payload: []byte(`{"Env":"AWS_LAMBDA_FUNCTION_NAME"}`),
		ClientContext: []byte("{\"custom\":\n{\"k\":\"v\"}}"),
	})
	if err != nil {
		t.Fatal(err)
	}
	var r report
	if err := json.Unmarshal(res.Payload, &r); err != nil {
		t.Fatal(err)
	}
	if r.ID != res.RequestID || len(r.ID) != 36 {
		t.Errorf("the function saw the id %q, Invoke returned %q", r.ID, res.RequestID)
	}
	if want := "arn:aws:lambda:eu-central-1:123456789012:function:f"; r.ARN != want {
		t.Errorf("the function saw the ARN %q, want %q", r.ARN, want)
	}
	if r.Env != "f" || r.Custom != "v" {
		t.Errorf("the function saw the name %q and the client context %q", r.Env, r.Custom)
	}
	if r.Left < 20_000 || r.Left > 30_000 {
		t.Errorf("the function had %d ms left, want almost 30000", r.Left)
	}
	if res.Init == 0 || res.Duration == 0 {
		t.Errorf("Init %v, Duration %v: the first event had a cold start", res.Init, res.Duration)
	}
	again := mustDo(t, h, order{})
	if again.PID != r.PID {
		t.Errorf("the second event went to process %d, the first to %d, which was idle", again.PID, r.PID)
	}
}

func TestInvokeRefusesBadInvocation(t *testing.T) {
	h := start(t, &functions.Host{}, self("orders"))
	tests := []struct {
		name string
		inv  functions.Invocation
		want error
	}{
		{"unknown function", functions.Invocation{Function: "g"}, functions.ErrNotFound},
		{
			"over 6 MB",
			functions.Invocation{Function: "f", Payload: make([]byte, 6<<20+1)},
			functions.ErrTooLarge,
		},
		{
			"large context",
			functions.Invocation{
				Function: "f", ClientContext: []byte(`"` + strings.Repeat("x", 4000) + `"`),
			},
			functions.ErrTooLarge,
		},
		{"id that is not a path element", functions.Invocation{Function: "f", RequestID: "a/b"}, nil},
		{"id with a line feed", functions.Invocation{Function: "f", RequestID: "a\r\nb"}, nil},
		{
			"context that is not JSON",
			functions.Invocation{Function: "f", ClientContext: []byte("a\r\nb: c")},
			nil,
		},
	}
	for _, tt := range tests {
		_, err := h.Invoke(t.Context(), tt.inv)
		if err == nil || tt.want != nil && !errors.Is(err, tt.want) {
			t.Errorf("%s: error %v, want %v", tt.name, err, tt.want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := h.Invoke(ctx, functions.Invocation{Function: "f"})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("ended context: error %v", err)
	}
}

func TestReportedErrorKeepsProcess(t *testing.T) {
	h := start(t, &functions.Host{}, self("orders"))
	pid := mustDo(t, h, order{}).PID
	_, res, err := do(t, h, order{Fail: "no such table"})
	e, ok := errors.AsType[*functions.FunctionError](err)
	if !ok {
		t.Fatalf("error %v is not a FunctionError", err)
	}
	if e.Message != "no such table" || e.Type != "errorString" || e.Function != "f" {
		t.Errorf("got %+v", e)
	}
	if string(res.Payload) != `{"errorMessage":"no such table","errorType":"errorString"}` {
		t.Errorf("payload %s", res.Payload)
	}
	if again := mustDo(t, h, order{}); again.PID != pid {
		t.Error("a process that reported an error was replaced")
	}
}

func TestPanicReplacesProcess(t *testing.T) {
	h := start(t, &functions.Host{}, self("orders"))
	pid := mustDo(t, h, order{}).PID
	_, _, err := do(t, h, order{Panic: "no way"})
	e, ok := errors.AsType[*functions.FunctionError](err)
	if !ok || e.Message != "no way" || len(e.Stack) == 0 || !strings.Contains(e.Stack[0], ".go:") {
		t.Errorf("error %#v: want the panic and its stack", err)
	}
	if again := mustDo(t, h, order{}); again.PID == pid {
		t.Error("the process lives after a panic")
	}
}

func TestStreamedReplyFailsByTrailer(t *testing.T) {
	h := start(t, &functions.Host{}, self("orders"))
	_, _, err := do(t, h, order{Stream: true})
	if e, ok := errors.AsType[*functions.FunctionError](err); !ok || e.Message != "disk on fire" {
		t.Errorf("error %v, want the trailer's", err)
	}
	mustDo(t, h, order{})
}

func TestExitDuringEventIsExitError(t *testing.T) {
	h := start(t, &functions.Host{}, self("orders"))
	_, res, err := do(t, h, order{Exit: 7})
	e, ok := errors.AsType[*functions.ExitError](err)
	if !ok || e.Code != 7 || e.Init || strings.Join(e.Stderr, "|") != "exiting with 7" {
		t.Errorf("error %#v", err)
	}
	want := `{"errorMessage":"RequestId: ` + res.RequestID +
		` Error: Runtime exited with error: exit status 7","errorType":"Runtime.ExitError"}`
	if string(res.Payload) != want {
		t.Errorf("payload %s, want %s", res.Payload, want)
	}
	mustDo(t, h, order{})
}

func TestKillDuringEventIsExitError(t *testing.T) {
	begun := make(chan functions.Line, 1)
	h := start(t, &functions.Host{Output: func(l functions.Line) { begun <- l }}, self("orders"))
	failed := make(chan error)
	go func() {
		_, _, err := do(t, h, order{Print: "begun\n", Sleep: 20_000})
		failed <- err
	}()
	pid := (<-begun).PID
	victim, err := os.FindProcess(pid)
	if err != nil || victim.Kill() != nil {
		t.Fatalf("kill %d: %v", pid, err)
	}
	e, ok := errors.AsType[*functions.ExitError](<-failed)
	if !ok || e.Status != "signal: killed" || e.Code != -1 {
		t.Errorf("error %#v", e)
	}
	if again := mustDo(t, h, order{}); again.PID == pid {
		t.Error("the process lives after SIGKILL")
	}
}

func TestTimeoutKillsProcess(t *testing.T) {
	t.Parallel()
	fn := self("orders")
	fn.Timeout = 300 * time.Millisecond
	h := start(t, &functions.Host{}, fn)
	pid := mustDo(t, h, order{}).PID
	_, res, err := do(t, h, order{Sleep: 20_000})
	e, ok := errors.AsType[*functions.TimeoutError](err)
	if !ok || e.Limit != fn.Timeout || e.Init {
		t.Fatalf("error %#v", err)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		t.Error("the function's timeout looks like the caller's")
	}
	want := `{"errorMessage":"RequestId: ` + res.RequestID +
		` Error: Task timed out after 0.30 seconds","errorType":"Sandbox.Timedout"}`
	if string(res.Payload) != want {
		t.Errorf("payload %s, want %s", res.Payload, want)
	}
	if again := mustDo(t, h, order{}); again.PID == pid {
		t.Error("the process lives after its timeout")
	}
	if alive(pid) {
		t.Error("there is still a process, or a zombie")
	}
}

func TestAbandonedReplyKeepsProcess(t *testing.T) {
	t.Parallel()
	warned := make(chan functions.Warning, 1)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	h := start(t, &functions.Host{
		Warn:   func(w functions.Warning) { warned <- w },
		Output: func(functions.Line) { cancel() }, // the function has the event
	}, self("orders"))
	pid := mustDo(t, h, order{}).PID
	reply := filepath.Join(t.TempDir(), "reply")
	payload := fmt.Appendf(nil, `{"Print":"begun\n","Until":%q}`, reply)
	res, err := h.Invoke(ctx, functions.Invocation{Function: "f", Payload: payload})
	if !errors.Is(err, context.Canceled) || errors.Is(err, functions.ErrThrottled) {
		t.Errorf("error %v, want the context's", err)
	}
	if err := os.WriteFile(reply, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if w := <-warned; w.Kind != functions.WarnReplyDiscarded || w.RequestID != res.RequestID {
		t.Errorf("warning %v", w)
	}
	if again := mustDo(t, h, order{}); again.PID != pid {
		t.Error("the process was replaced although its own timeout had not passed")
	}
}

func TestTooLargeReplyIsDiscarded(t *testing.T) {
	warned := make(chan functions.Warning, 1)
	h := start(t, &functions.Host{Warn: func(w functions.Warning) { warned <- w }}, self("orders"))
	_, _, err := do(t, h, order{Size: 6<<20 + 1000})
	e, ok := errors.AsType[*functions.FunctionError](err)
	if !ok || e.Type != "Function.ResponseSizeTooLarge" {
		t.Errorf("error %v", err)
	}
	if w := <-warned; w.Kind != functions.WarnReplyTooLarge {
		t.Errorf("warning %v", w)
	}
	if r := mustDo(t, h, order{Size: 6<<20 - 1000}); len(r.Text) != 6<<20-1000 {
		t.Errorf("a reply below the limit came with %d bytes", len(r.Text))
	}
}

func TestConcurrencyLimitsProcesses(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{1, 3, 100} {
		fn := self("echo")
		fn.Concurrency = limit
		h := start(t, &functions.Host{}, fn)
		const clients = 100
		each := 5
		if sampletest.Exhaustive() {
			each = 20
		}
		var all sync.WaitGroup
		for i := range clients {
			all.Go(func() {
				for j := range each {
					payload, _ := json.Marshal([]int{i, j})
					res, err := h.Invoke(t.Context(), functions.Invocation{Function: "f", Payload: payload})
					if err != nil || string(res.Payload) != string(payload) {
						t.Errorf("sent %s, got %s, %v", payload, res.Payload, err)
					}
				}
			})
		}
		all.Wait()
		s, _ := h.Stats("f")
		if s.Starts > limit || s.Busy != 0 && s.Busy > limit || s.Waiting != 0 {
			t.Errorf("Concurrency %d: %+v", limit, s)
		}
	}
}

// A function whose limit is not its own lets the events of an Invoke wait.
func TestQueueLetsEventsWait(t *testing.T) {
	fn := self("orders")
	fn.Concurrency, fn.Queue = 1, true
	order, release := orderUntil(t)
	h := start(t, &functions.Host{}, fn)
	failed := make(chan error, 2)
	for n, payload := range [][]byte{order, []byte("{}")} {
		go func() { // both end with release
			inv := functions.Invocation{Function: "f", Payload: payload, NoWait: true}
			_, err := h.Invoke(t.Context(), inv)
			failed <- err
		}()
		waitFor(t, "it is busy and events wait", func() bool {
			s, _ := h.Stats("f")
			return s.Busy == 1 && s.Waiting == n
		})
	}
	release()
	for range 2 {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
}

func TestBusyFunctionThrottles(t *testing.T) {
	fn := self("orders")
	fn.Concurrency = 1
	order, release := orderUntil(t)
	h := start(t, &functions.Host{Queue: 1}, fn)
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	defer all.Wait()
	defer cancel()
	defer release()
	hold := func(why string, ok func(functions.Stats) bool) {
		all.Go(func() {
			_, _ = h.Invoke(ctx, functions.Invocation{Function: "f", Payload: order})
		})
		waitFor(t, why, func() bool { s, _ := h.Stats("f"); return ok(s) })
	}
	hold("it is busy", func(s functions.Stats) bool { return s.Busy == 1 })
	inv := functions.Invocation{Function: "f", Payload: []byte("{}"), NoWait: true}
	if _, err := h.Invoke(t.Context(), inv); !errors.Is(err, functions.ErrThrottled) {
		t.Errorf("NoWait while busy: %v", err)
	}
	if !functions.HasCapacity(1) {
		t.Error("a process that has replied, and not asked again yet, counts as busy")
	}
	short, end := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer end()
	inv.NoWait = false
	_, err := h.Invoke(short, inv)
	if !errors.Is(err, functions.ErrThrottled) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("waited until the context ended: %v", err)
	}
	hold("an event waits", func(s functions.Stats) bool { return s.Waiting == 1 })
	if _, err := h.Invoke(t.Context(), inv); !errors.Is(err, functions.ErrThrottled) {
		t.Errorf("full queue: %v", err)
	}
}

func TestColdStartsProcessForEachEvent(t *testing.T) {
	fn := self("orders")
	fn.Cold = true
	h := start(t, &functions.Host{}, fn)
	seen := make(map[int]bool)
	for range 3 {
		seen[mustDo(t, h, order{}).PID] = true
	}
	if len(seen) != 3 {
		t.Errorf("3 events had %d processes", len(seen))
	}
}

func TestIdleProcessesAreEnded(t *testing.T) {
	t.Parallel()
	fn := self("orders")
	fn.IdleTimeout = 100 * time.Millisecond
	fn.Concurrency = 4
	h := start(t, &functions.Host{}, fn)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() { mustDo(t, h, order{Sleep: 300}) })
	}
	all.Wait()
	if s, _ := h.Stats("f"); s.Starts < 2 {
		t.Fatalf("only %d processes were started", s.Starts)
	}
	waitFor(t, "one process is left", func() bool {
		s, _ := h.Stats("f")
		return s == functions.Stats{Idle: 1, Starts: s.Starts}
	})
	mustDo(t, h, order{})
}

func TestFreezeStopsIdleProcess(t *testing.T) {
	fn := self("orders")
	fn.Freeze = true
	lines := make(chan functions.Line, 10)
	h := start(t, &functions.Host{Output: func(l functions.Line) { lines <- l }}, fn)
	first := mustDo(t, h, order{Late: "tick"})
	waitFor(t, "the process is stopped", func() bool { return state(t, first.PID) == "T" })
	select {
	case l := <-lines:
		t.Errorf("a frozen process wrote %q", l.Text)
	default:
	}
	if again := mustDo(t, h, order{Sleep: 200}); again.PID != first.PID {
		t.Error("the frozen process did not get the next event")
	}
	if l := <-lines; l.Text != "tick" {
		t.Errorf("line %q, want the timer's", l.Text)
	}
}

// state returns the state of a process (proc_pid_stat(5)).
func state(t *testing.T, pid int) string {
	t.Helper()
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(b), ") ")
	return rest[:1]
}
