//go:build unix

package sock_test

import (
	"bytes"
	"io"
	"runtime"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/internal/sock"
)

// TestTurnsShareStacks has two sockets in turn read: sooner or later the same goroutine runs turns
// of both, so it is none of those that wait.
func TestTurnsShareStacks(t *testing.T) {
	t.Parallel()
	poller := new(sock.Poller)
	t.Cleanup(poller.Close)
	var goroutines [2]chan string
	var all [2]pair
	for i := range all {
		p, on := kind{open: tcp}.pair(t, poller), make(chan string, 1)
		all[i], goroutines[i] = p, on
		ended := p.serveBytes(func(byte) { on <- goroutine() })
		t.Cleanup(func() {
			_ = p.Close()
			<-ended
		})
	}
	read := func(i int) string {
		if _, err := io.WriteString(all[i].peer, "?"); err != nil {
			t.Fatal(err)
		}
		return wait(t, goroutines[i])
	}
	for began := time.Now(); read(0) != read(1); {
		if time.Since(began) > patience {
			t.Fatal("turns of two sockets always run on different goroutines")
		}
	}
}

// goroutine returns the name of the goroutine that calls it.
func goroutine() string {
	var b [64]byte
	name, _, _ := bytes.Cut(b[:runtime.Stack(b[:], false)], []byte(" ["))
	return string(name)
}
