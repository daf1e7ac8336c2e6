package leaktest_test

import (
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/internal/leaktest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

func waitFor(started, stop, done chan struct{}) {
	close(started)
	<-stop
	close(done)
}

func TestLeftFindsAGoroutine(t *testing.T) {
	if left := leaktest.Left(); left != "" {
		t.Fatalf("left before the test: %s", left)
	}
	started, stop, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go waitFor(started, stop, done)
	<-started
	if left := leaktest.Left(); !strings.Contains(left, "waitFor") {
		t.Errorf("the goroutine is not among those left: %q", left)
	}
	close(stop)
	<-done
}
