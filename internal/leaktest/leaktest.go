// Package leaktest fails a package's tests if they leave goroutines behind.
//
//	func TestMain(m *testing.M) { leaktest.Main(m) }
package leaktest

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

const (
	patience = 5 * time.Second // for goroutines that are about to end
	interval = 10 * time.Millisecond
)

// Main runs the tests and exits. It fails if a goroutine is left that code of this module started
// or runs.
func Main(m *testing.M) {
	code := m.Run()
	if left := Await(); code == 0 && left != "" {
		fmt.Fprintf(os.Stderr, "goroutines are left after the tests:\n\n%s\n", left)
		code = 1
	}
	os.Exit(code)
}

// Await returns the stacks of the goroutines that are left after they had time to end.
func Await() string {
	for deadline := time.Now().Add(patience); ; time.Sleep(interval) {
		left := Left()
		if left == "" || time.Now().After(deadline) {
			return left
		}
	}
}

// Left returns the stacks of the other goroutines of this module. It leaves out those that stay
// until the process ends: the fuzzer's workers and the handler of signals.
func Left() string {
	buf := make([]byte, 1<<20)
	stacks := strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n")
	var left []string
	for _, s := range stacks[1:] { // the first is the caller's
		if strings.Contains(s, "tyg-dev/tyg") && !strings.Contains(s, "testing.") &&
			!strings.Contains(s, "os/signal.") {
			left = append(left, s)
		}
	}
	return strings.Join(left, "\n\n")
}
