package sock_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/internal/sock"
)

// fill writes with TryWrite until the socket takes no more, and returns how much it took.
func (p pair) fill(t *testing.T) (total int) {
	t.Helper()
	chunk := bytes.Repeat([]byte("x"), 1<<20)
	for range 1000 {
		n, err := p.TryWrite(chunk)
		if err != nil {
			t.Fatal(err)
		}
		total += n
		if n < len(chunk) {
			return total
		}
	}
	t.Fatal("the socket is never full")
	return 0
}

func TestTryWrite(t *testing.T) {
	onEachKind(t, func(t *testing.T, p pair) {
		n, err := p.TryWrite([]byte("hello"))
		if err != nil {
			t.Fatal(err)
		}
		if p.Blocks() {
			if n != 0 {
				t.Errorf("the plain path took %d bytes", n)
			}
			return
		}
		got := make([]byte, 5)
		if _, err := io.ReadFull(p.peer, got); err != nil || n != 5 || string(got) != "hello" {
			t.Errorf("took %d bytes, %q came, %v", n, got, err)
		}
	})
}

// TestFull fills a socket: TryWrite takes less and does not wait, Write waits.
func TestFull(t *testing.T) {
	onEachKind(t, func(t *testing.T, p pair) {
		taken := p.fill(t)
		if n, err := p.TryWrite([]byte("y")); n != 0 || err != nil {
			t.Errorf("a full socket took %d bytes, %v", n, err)
		}
		rest := bytes.Repeat([]byte("z"), 1<<20)
		done := spawn(func() error { return p.Write(rest, patience) })
		got := make([]byte, taken+len(rest))
		if _, err := io.ReadFull(p.peer, got); err != nil {
			t.Fatal(err)
		}
		if err := wait(t, done); err != nil {
			t.Error(err)
		}
		if want := append(bytes.Repeat([]byte("x"), taken), rest...); !bytes.Equal(got, want) {
			t.Error("what came is not what was written")
		}
	})
}

func TestWriteDeadline(t *testing.T) {
	onEachKind(t, func(t *testing.T, p pair) {
		p.fill(t)
		err := p.Write(make([]byte, 8<<20), 20*time.Millisecond)
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("Write ended with %v", err)
		}
	})
}

// TestWriteAfterDeadline writes again after the limit of an earlier Write has passed: the limit
// applies to that Write only.
func TestWriteAfterDeadline(t *testing.T) {
	onEachKind(t, func(t *testing.T, p pair) {
		const limit = 20 * time.Millisecond
		received := spawn(func() string {
			var b [3]byte
			_, _ = io.ReadFull(p.peer, b[:])
			return string(b[:])
		})
		if err := p.Write([]byte("a"), limit); err != nil {
			t.Fatal(err)
		}
		<-time.After(2 * limit) // the limit has to pass
		n, err := p.TryWrite([]byte("b"))
		if err != nil {
			t.Errorf("TryWrite: %v", err)
		}
		if err := p.Write([]byte("bc")[n:], 0); err != nil {
			t.Errorf("Write without a limit: %v", err)
		}
		_ = p.peer.SetReadDeadline(time.Now().Add(patience))
		if got := wait(t, received); got != "abc" {
			t.Errorf("received %q", got)
		}
	})
}

func TestWriteToClosed(t *testing.T) {
	onEachKind(t, func(t *testing.T, p pair) {
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := p.TryWrite([]byte("x")); err == nil && !p.Blocks() {
			t.Error("TryWrite works on a closed socket")
		}
		if err := p.Write([]byte("x"), patience); err == nil {
			t.Error("Write works on a closed socket")
		}
		if err := p.SetReadDeadline(time.Now()); err == nil {
			t.Error("SetReadDeadline works on a closed socket")
		}
	})
}

// TestCloseEndsWrite closes a socket under a Write that waits.
func TestCloseEndsWrite(t *testing.T) {
	onEachKind(t, func(t *testing.T, p pair) {
		p.fill(t)
		done := spawn(func() error { return p.Write(make([]byte, 8<<20), 0) })
		if _, err := io.ReadFull(p.peer, make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		_ = p.Close()
		if err := wait(t, done); err == nil {
			t.Error("Write of a closed socket worked")
		}
	})
}

// TestSlowPeerIsNotCut has a peer take what is written for longer than the limit, and so slowly
// that a full socket says nothing of it within the limit.
func TestSlowPeerIsNotCut(t *testing.T) {
	t.Parallel() // it mostly waits
	const limit = 600 * time.Millisecond
	poller := new(sock.Poller)
	t.Cleanup(poller.Close)
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			p := k.pair(t, poller)
			total := p.fill(t) + 8<<20
			done := spawn(func() error { return p.Write(make([]byte, 8<<20), limit) })
			got, b := 0, make([]byte, 32<<10)
			for began := time.Now(); time.Since(began) < 2*limit; {
				select {
				case err := <-done:
					t.Fatalf("Write ended with %v while the peer was reading", err)
				default:
				}
				n, err := p.peer.Read(b)
				if err != nil {
					t.Fatal(err)
				}
				got += n
				time.Sleep(limit / 20) // the peer's slowness
			}
			if n, err := io.Copy(io.Discard, io.LimitReader(p.peer, int64(total-got))); err != nil ||
				int(n) != total-got {
				t.Errorf("then %d bytes and %v, want %d", n, err, total-got)
			}
			if err := wait(t, done); err != nil {
				t.Error(err)
			}
		})
	}
}
