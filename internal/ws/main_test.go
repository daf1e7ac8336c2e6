package ws_test

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	code := m.Run()
	if leaked := awaitNoLeak(time.Second); code == 0 && leaked != "" {
		fmt.Fprintf(os.Stderr, "goroutines have leaked:\n%s\n", leaked)
		code = 1
	}
	os.Exit(code)
}

// awaitNoLeak returns the stacks of the goroutines that are left after the tests. It gives those
// that are about to end the time to do so.
func awaitNoLeak(wait time.Duration) string {
	for deadline := time.Now().Add(wait); ; time.Sleep(10 * time.Millisecond) {
		leaked := leaks()
		if leaked == "" || time.Now().After(deadline) {
			return leaked
		}
	}
}

func leaks() string {
	buf := make([]byte, 1<<20)
	stacks := strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n")
	var left []string
	for _, s := range stacks[1:] { // the first is this one
		// Workers of the fuzzer and the handler of signals stay until the process ends.
		if !strings.Contains(s, "testing.") && !strings.Contains(s, "os/signal.") {
			left = append(left, s)
		}
	}
	return strings.Join(left, "\n\n")
}
