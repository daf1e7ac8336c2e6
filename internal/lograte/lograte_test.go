package lograte_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/internal/lograte"
)

func TestLinesOfAKindAreLimited(t *testing.T) {
	l := lograte.Limiter{Lines: 2, Window: time.Second}
	now := time.Now()
	passed := func(kind string, n int) (ok int, left int64) {
		for range n {
			pass, before := l.Allow(kind, now)
			if pass {
				ok++
			}
			left += before
		}
		return ok, left
	}
	if ok, _ := passed("a", 100); ok != 2 {
		t.Errorf("%d lines passed, want 2", ok)
	}
	if ok, _ := passed("b", 100); ok != 2 {
		t.Errorf("%d lines of another kind passed, want 2", ok)
	}
	now = now.Add(time.Second)
	if ok, left := passed("a", 1); ok != 1 || left != 98 {
		t.Errorf("%d lines passed after %d left out, want 1 after 98", ok, left)
	}
	flushed := make(map[string]int64)
	l.Flush(now, func(kind string, left int64) { flushed[kind] += left })
	l.Flush(now, func(kind string, left int64) { flushed[kind] += left })
	if len(flushed) != 1 || flushed["b"] != 98 {
		t.Errorf("flushed %v, want 98 of b", flushed)
	}
}

func TestKindsAreBounded(t *testing.T) {
	l := lograte.Limiter{Lines: 1, Window: time.Hour}
	passed := 0
	for i := range 10_000 {
		if ok, _ := l.Allow(fmt.Sprint(i), time.Now()); ok {
			passed++
		}
	}
	if passed > 1025 {
		t.Errorf("%d kinds are remembered", passed)
	}
}
