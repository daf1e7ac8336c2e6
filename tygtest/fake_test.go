package tygtest_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

// A fakeT records what a Host reports, and keeps its cleanups.
type fakeT struct {
	testing.TB
	mu       sync.Mutex
	reports  []string
	cleanups []func()
}

func (f *fakeT) Helper()          {}
func (f *fakeT) Cleanup(c func()) { f.cleanups = append(f.cleanups, c) }

func (f *fakeT) Errorf(format string, args ...any) { f.note("error: "+format, args...) }
func (f *fakeT) Logf(format string, args ...any)   { f.note("log: "+format, args...) }

func (f *fakeT) Fatalf(format string, args ...any) {
	f.note("fatal: "+format, args...)
	panic(stopped{})
}

type stopped struct{}

func (f *fakeT) note(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reports = append(f.reports, fmt.Sprintf(format, args...))
}

// run calls a function that may end the test.
func (f *fakeT) run(call func()) {
	defer func() {
		if v := recover(); v != nil && v != (stopped{}) {
			panic(v)
		}
	}()
	call()
}

// wantReport checks that there is one report, which begins with want.
func (f *fakeT) wantReport(t *testing.T, want string) {
	t.Helper()
	if len(f.reports) != 1 || !strings.HasPrefix(f.reports[0], want) {
		t.Errorf("reports are %q, want one that begins with %q", f.reports, want)
	}
	f.reports = nil
}
