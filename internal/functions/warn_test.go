package functions_test

import (
	"sync"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/internal/functions"
)

// warnings returns a Host that sends its warnings.
func warnings(t *testing.T, fn functions.Function) (*functions.Host, chan functions.Warning) {
	t.Helper()
	warned := make(chan functions.Warning, 10)
	return start(t, &functions.Host{Warn: func(w functions.Warning) { warned <- w }}, fn), warned
}

// untilBusy waits until n processes have an event.
func untilBusy(t *testing.T, h *functions.Host, n int) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		s, _ := h.Stats("f")
		if s.Busy == n {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the processes are %+v, want %d busy", s, n)
		}
	}
}

func TestSecondProcessWarnsOnce(t *testing.T) {
	t.Parallel()
	for _, cold := range []bool{false, true} {
		fn := self("orders")
		fn.Concurrency, fn.Cold = 3, cold
		h, warned := warnings(t, fn)
		var running sync.WaitGroup
		for starts := 0; starts < 3; time.Sleep(10 * time.Millisecond) {
			running.Go(func() { mustDo(t, h, order{Sleep: 100}) })
			s, _ := h.Stats("f")
			starts = s.Starts
		}
		running.Wait()
		if cold {
			if len(warned) > 0 {
				t.Errorf("a process for each event: %v", <-warned)
			}
			continue
		}
		w := <-warned
		const want = `function "f": a second process has started, and processes share no memory: keep ` +
			`what handlers share in groups, tyg.Value or a store, or run one process`
		if w.Kind != functions.WarnSecondProcess || w.Kind.String() != "second-process" ||
			w.String() != want || len(warned) > 0 {
			t.Errorf("warning %v, and %d more", w, len(warned))
		}
	}
}

func TestLongWaitWarnsOnce(t *testing.T) {
	t.Parallel()
	fn := self("orders")
	fn.Concurrency = 1
	h, warned := warnings(t, fn)
	var running sync.WaitGroup
	sleep := order{Sleep: int(functions.SlowWait/time.Millisecond) + 100}
	running.Go(func() { mustDo(t, h, sleep) })
	untilBusy(t, h, 1)
	for range 2 {
		running.Go(func() { mustDo(t, h, order{}) })
	}
	running.Wait()
	w := <-warned
	if w.Kind != functions.WarnWaited || w.Kind.String() != "waited" || w.Function != "f" ||
		w.RequestID == "" || len(warned) > 0 {
		t.Errorf("warning %v, and %d more", w, len(warned))
	}
}
