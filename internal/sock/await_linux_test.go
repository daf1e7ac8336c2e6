package sock_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/internal/sock"
)

// TestAwait sends bytes in pieces to a socket that awaits many. Each read gets what the turn before
// has awaited, or all that is there once any is enough.
func TestAwait(t *testing.T) {
	all := sameLoop(t, 2)
	p, other := all[0], all[1]
	other.serveEcho()
	reads := make(chan string, 100)
	ended := spawn(func() error {
		b := make([]byte, 1000)
		return p.Loop(func() sock.Turn {
			switch n, err := p.Read(b); {
			case errors.Is(err, sock.ErrWait):
				return sock.Wait
			case err != nil:
				return sock.Done
			default:
				p.Await(100)
				reads <- string(b[:n])
				return sock.Again
			}
		})
	})
	send := func(text string) {
		if _, err := io.WriteString(p.peer, text); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			other.wantEcho(t) // the loop has looked for events since
		}
	}
	want := func(text string) {
		t.Helper()
		if got := wait(t, reads); got != text || len(reads) > 0 {
			t.Fatalf("read %q, and %d more; want %q", got, len(reads), text)
		}
	}
	send("begin")
	want("begin")
	for range 9 {
		send("ten bytes.")
		if len(reads) > 0 {
			t.Fatalf("%q was read", <-reads)
		}
	}
	send("and these!")
	want(strings.Repeat("ten bytes.", 9) + "and these!")
	send("little")
	p.Await(0)
	want("little")
	send("the rest")
	_ = p.peer.Close()
	want("the rest")
	if err := wait(t, ended); err != nil {
		t.Error(err)
	}
}

// TestAwaitWhatIsThere awaits less than is there already.
func TestAwaitWhatIsThere(t *testing.T) {
	p := sameLoop(t, 1)[0]
	reads := make(chan int, 10)
	ended := spawn(func() error {
		return p.Loop(func() sock.Turn {
			b := make([]byte, 4)
			n, err := p.Read(b)
			if errors.Is(err, sock.ErrWait) {
				return sock.Wait
			}
			if err != nil {
				return sock.Done
			}
			p.Await(2)
			reads <- n
			return sock.Wait // although there is more
		})
	})
	if _, err := io.WriteString(p.peer, "123456"); err != nil {
		t.Fatal(err)
	}
	if first, second := wait(t, reads), wait(t, reads); first != 4 || second != 2 {
		t.Errorf("read %d bytes, then %d", first, second)
	}
	_ = p.Close()
	_ = wait(t, ended)
}
