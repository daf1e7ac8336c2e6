package functions_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/internal/functions"
)

// version returns the function "orders" in version n.
func version(n int) functions.Function {
	fn := self("orders")
	fn.Env["VERSION"] = strconv.Itoa(n)
	return fn
}

func TestDeployReplacesVersion(t *testing.T) {
	t.Parallel()
	h := start(t, &functions.Host{}, version(1))
	if r := mustDo(t, h, order{}); r.Version != "1" {
		t.Fatalf("version %q", r.Version)
	}
	old := make(chan report)
	go func() { old <- mustDo(t, h, order{Sleep: 500}) }()
	waitFor(t, "the old version is busy", func() bool {
		s, _ := h.Stats("f")
		return s.Busy == 1 && s.Idle == 0
	})
	if err := h.Deploy(t.Context(), version(2)); err != nil {
		t.Fatal(err)
	}
	if r := mustDo(t, h, order{}); r.Version != "2" {
		t.Errorf("after Deploy, version %q handles events", r.Version)
	}
	r := <-old
	if r.Version != "1" {
		t.Errorf("what was under way finished on version %q", r.Version)
	}
	waitFor(t, "the old process is gone", func() bool { return !alive(r.PID) })
}

// TestDeployUnderLoadLosesNoEvent sends events from many clients while versions are deployed: each
// event is handled once, and no client gets a reply of an older version after one of a newer.
func TestDeployUnderLoadLosesNoEvent(t *testing.T) {
	h := start(t, &functions.Host{}, version(0))
	const deploys = 10
	ctx, stop := context.WithCancel(t.Context())
	var all sync.WaitGroup
	var mu sync.Mutex
	count := make(map[string]int)
	for range 8 {
		all.Go(func() {
			for last := 0; ctx.Err() == nil; {
				r, res, err := do(t, h, order{})
				if err != nil {
					t.Errorf("event lost: %v", err)
					return
				}
				n, _ := strconv.Atoi(r.Version)
				if n < last || r.ID != res.RequestID {
					t.Errorf("version %d after version %d, reply to %s for %s", n, last, r.ID, res.RequestID)
				}
				last = n
				mu.Lock()
				count[r.ID]++
				mu.Unlock()
			}
		})
	}
	for n := 1; n <= deploys; n++ {
		if err := h.Deploy(t.Context(), version(n)); err != nil {
			t.Error(err)
		}
		if r := mustDo(t, h, order{}); r.Version != strconv.Itoa(n) {
			t.Errorf("version %s handles events after Deploy of %d", r.Version, n)
		}
	}
	stop()
	all.Wait()
	for id, n := range count {
		if n != 1 {
			t.Errorf("event %s was replied to %d times", id, n)
		}
	}
	if len(count) < deploys {
		t.Errorf("only %d events were sent", len(count))
	}
}

func TestFailedDeployChangesNothing(t *testing.T) {
	t.Parallel()
	notProgram := filepath.Join(t.TempDir(), "data")
	if err := os.WriteFile(notProgram, []byte("data"), 0o600); err != nil {
		t.Fatal(err)
	}
	slow := self("silent")
	slow.InitTimeout = 300 * time.Millisecond
	h := start(t, &functions.Host{}, version(1))
	command := func(name ...string) functions.Function {
		return functions.Function{Name: "f", Command: name}
	}
	tests := []struct {
		name string
		fn   functions.Function
		want []string // parts of the error
		is   error
	}{
		{"exits", self("exit"), []string{"exit status 3", "first line\n\tmissing TABLE"}, nil},
		{"hangs", slow, []string{"300ms", "still loading"}, nil},
		{
			"no such command", command("no-such-program"),
			[]string{"no-such-program", "PATH"},
			exec.ErrNotFound,
		},
		{"no such file", command("./no-such-program"), []string{"build"}, fs.ErrNotExist},
		{"not a program", command(notProgram), []string{"executable"}, fs.ErrPermission},
		{"no command", command(), []string{"no command"}, nil},
		{"bad name", functions.Function{Name: "a b", Command: []string{"x"}}, []string{`"a b"`}, nil},
	}
	for _, tt := range tests {
		good := version(2)
		good.Name = "other"
		err := h.Deploy(t.Context(), good, tt.fn)
		if err == nil || tt.is != nil && !errors.Is(err, tt.is) {
			t.Errorf("%s: error %v, want %v", tt.name, err, tt.is)
			continue
		}
		for _, part := range tt.want {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: error %q does not say %q", tt.name, err, part)
			}
		}
		if r := mustDo(t, h, order{}); r.Version != "1" {
			t.Errorf("%s: version %q took over", tt.name, r.Version)
		}
		if names := h.Names(); len(names) != 1 {
			t.Errorf("%s: functions %q, one of which failed to start", tt.name, names)
		}
	}
	if err := h.Deploy(t.Context(), version(2), version(3)); err == nil {
		t.Error("the same name twice was accepted")
	}
}

func TestDeployEndsWithItsContext(t *testing.T) {
	h := start(t, &functions.Host{}, version(1))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := h.Deploy(ctx, self("silent")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	mustDo(t, h, order{})
}

// TestStartFailureFailsWaitingEvent has a function whose later processes cannot be started.
func TestStartFailureFailsWaitingEvent(t *testing.T) {
	program := filepath.Join(t.TempDir(), "bootstrap")
	if err := os.Symlink(os.Args[0], program); err != nil {
		t.Fatal(err)
	}
	fn := self("orders")
	fn.Command = []string{program}
	h := start(t, &functions.Host{}, fn)
	if err := os.Remove(program); err != nil {
		t.Fatal(err)
	}
	if _, _, err := do(t, h, order{Exit: 1}); err == nil {
		t.Fatal("the process did not exit")
	}
	for range 2 { // each event fails, and none stays in the queue
		_, res, err := do(t, h, order{})
		if _, ok := errors.AsType[*functions.StartError](err); !ok || !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("error %#v", err)
		}
		if !strings.Contains(string(res.Payload), "Runtime.InvalidEntrypoint") {
			t.Errorf("payload %s", res.Payload)
		}
	}
	if err := os.Symlink(os.Args[0], program); err != nil {
		t.Fatal(err)
	}
	mustDo(t, h, order{})
}

func TestRemoveFinishesEventsUnderWay(t *testing.T) {
	t.Parallel()
	fn := version(1)
	fn.Concurrency = 1
	h := start(t, &functions.Host{}, fn)
	busy, queued := make(chan error, 1), make(chan error, 1)
	invoke := func(to chan error) {
		_, _, err := do(t, h, order{Sleep: 300})
		to <- err
	}
	go invoke(busy)
	waitFor(t, "it is busy", func() bool { s, _ := h.Stats("f"); return s.Busy == 1 })
	go invoke(queued)
	waitFor(t, "an event waits", func() bool { s, _ := h.Stats("f"); return s.Waiting == 1 })
	h.Remove("f")
	h.Remove("f")
	if err := <-queued; !errors.Is(err, functions.ErrNotFound) {
		t.Errorf("what waited: %v", err)
	}
	if err := <-busy; err != nil {
		t.Errorf("what was under way: %v", err)
	}
	if _, _, err := do(t, h, order{}); !errors.Is(err, functions.ErrNotFound) {
		t.Errorf("afterwards: %v", err)
	}
	if err := h.Deploy(t.Context(), version(2)); err != nil {
		t.Fatal(err)
	}
	mustDo(t, h, order{})
}

func TestShutdownFinishesEventsUnderWay(t *testing.T) {
	t.Parallel()
	h := &functions.Host{}
	fn := self("stubborn") // it ignores SIGTERM
	if err := h.Deploy(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
	pid := mustDo(t, h, order{}).PID
	done := make(chan error, 1)
	go func() {
		_, _, err := do(t, h, order{Sleep: 300})
		done <- err
	}()
	waitFor(t, "it is busy", func() bool {
		s, _ := h.Stats("f")
		return s.Busy == 1 && s.Idle == 0
	})
	if err := h.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if err := <-done; err != nil {
		t.Errorf("what was under way: %v", err)
	}
	if alive(pid) {
		t.Error("a process is left")
	}
	if _, _, err := do(t, h, order{}); !errors.Is(err, functions.ErrShutdown) {
		t.Errorf("Invoke afterwards: %v", err)
	}
	if err := h.Deploy(t.Context(), fn); !errors.Is(err, functions.ErrShutdown) {
		t.Errorf("Deploy afterwards: %v", err)
	}
	_, err := h.Enqueue(functions.Invocation{Function: "f"})
	if !errors.Is(err, functions.ErrShutdown) {
		t.Errorf("Enqueue afterwards: %v", err)
	}
	if err := h.Shutdown(t.Context()); err != nil {
		t.Errorf("Shutdown again: %v", err)
	}
}

func TestShutdownKillsWhenContextEnds(t *testing.T) {
	h := &functions.Host{}
	if err := h.Deploy(t.Context(), self("orders")); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		_, _, err := do(t, h, order{Sleep: 20_000})
		done <- err
	}()
	waitFor(t, "it is busy", func() bool { s, _ := h.Stats("f"); return s.Busy == 1 })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := h.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Shutdown: %v", err)
	}
	if err := <-done; !errors.Is(err, functions.ErrShutdown) {
		t.Errorf("what was cut off: %v", err)
	}
}

// TestDescendantsDieWithProcess: a child of a function dies with it and does not delay the end of
// the output.
func TestDescendantsDieWithProcess(t *testing.T) {
	lines := make(chan functions.Line, 10)
	h := start(t, &functions.Host{Output: func(l functions.Line) { lines <- l }}, self("parent"))
	pid, err := strconv.Atoi((<-lines).Text)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := do(t, h, order{Exit: 1}); err == nil {
		t.Error("the process did not exit")
	}
	waitFor(t, "the grandchild is dead", func() bool {
		return !alive(pid) || state(t, pid) == "Z"
	})
}

// TestUnwrittenEventGoesToAnotherProcess breaks the connection on which a process waits.
func TestUnwrittenEventGoesToAnotherProcess(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{1, 5} {
		fn := self("orders")
		fn.Concurrency = limit
		h := start(t, &functions.Host{}, fn)
		pid := mustDo(t, h, order{}).PID
		waitFor(t, "it is idle", func() bool { return h.IdleProcesses("f") == 1 })
		h.BreakIdle("f")
		if r := mustDo(t, h, order{}); r.PID == pid {
			t.Error("a process replied to an event that did not reach it")
		}
	}
}
