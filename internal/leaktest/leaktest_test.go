package leaktest_test

import (
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/internal/leaktest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

func waitFor(stop, done chan struct{}) {
	<-stop
	close(done)
}

func TestLeft(t *testing.T) {
	if left := leaktest.Left(); left != "" {
		t.Fatalf("left before the test: %s", left)
	}
	stop, done := make(chan struct{}), make(chan struct{})
	go waitFor(stop, done)
	if left := leaktest.Left(); !strings.Contains(left, "waitFor") {
		t.Errorf("the goroutine is not among those left: %q", left)
	}
	close(stop)
	<-done
}
