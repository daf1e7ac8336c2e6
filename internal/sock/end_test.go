package sock_test

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/internal/sock"
)

// TestEndsWaitingLoop ends turns that wait, from another goroutine.
func TestEndsWaitingLoop(t *testing.T) {
	tests := map[string]struct {
		act  func(p pair) error
		want error
	}{
		"deadline": {func(p pair) error { return p.SetReadDeadline(time.Now()) }, os.ErrDeadlineExceeded},
		"close":    {func(p pair) error { return p.Close() }, nil},
		"peer":     {func(p pair) error { return p.peer.Close() }, io.EOF},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			onEachKind(t, func(t *testing.T, p pair) {
				done := p.collecting()
				if _, err := io.WriteString(p.peer, "x"); err != nil {
					t.Fatal(err)
				}
				if err := tt.act(p); err != nil {
					t.Fatal(err)
				}
				c := wait(t, done)
				if c.err() == nil || tt.want != nil && !errors.Is(c.err(), tt.want) {
					t.Errorf("ended with %v", c.err())
				}
			})
		})
	}
}

// TestEndsBusyLoop ends turns whose peer always sends more.
func TestEndsBusyLoop(t *testing.T) {
	tests := map[string]func(p pair) error{
		"deadline": func(p pair) error { return p.SetReadDeadline(time.Now()) },
		"close":    func(p pair) error { return p.Close() },
	}
	for name, act := range tests {
		t.Run(name, func(t *testing.T) {
			onEachKind(t, func(t *testing.T, p pair) {
				flooded := spawn(func() error { return flood(p.peer) })
				turns := make(chan struct{}, 100)
				done := spawn(func() error { return p.readBytes(turns) })
				for range cap(turns) {
					wait(t, turns)
				}
				if err := act(p); err != nil {
					t.Fatal(err)
				}
				if err := wait(t, done); err == nil {
					t.Error("the loop ended without an error")
				}
				_ = p.Close()
				wait(t, flooded)
			})
		})
	}
}

// flood writes until that fails.
func flood(w io.Writer) error {
	for b := make([]byte, 1<<20); ; {
		if _, err := w.Write(b); err != nil {
			return err
		}
	}
}

// readBytes reads a byte at a time, so that there is always more, and reports the first turns.
func (p pair) readBytes(turns chan<- struct{}) (err error) {
	var b [1]byte
	loopErr := p.Loop(func() sock.Turn {
		_, err = p.Read(b[:])
		select {
		case turns <- struct{}{}:
		default:
		}
		switch {
		case errors.Is(err, sock.ErrWait):
			return sock.Wait
		case err != nil:
			return sock.Done
		}
		return sock.Again
	})
	return errors.Join(err, loopErr)
}

// TestCloseWithinLoop closes a socket from within its own turn, which Close must not wait for.
func TestCloseWithinLoop(t *testing.T) {
	onEachKind(t, func(t *testing.T, p pair) {
		_ = p.peer.SetDeadline(time.Now().Add(patience))
		written := spawn(func() error { _, err := io.WriteString(p.peer, "x"); return err })
		release := make(chan struct{})
		done := spawn(func() error {
			var b [1]byte
			return p.Loop(func() sock.Turn {
				if _, err := p.Read(b[:]); err != nil {
					return map[bool]sock.Turn{true: sock.Wait, false: sock.Done}[errors.Is(err, sock.ErrWait)]
				}
				if err := p.Close(); err != nil {
					t.Errorf("Close: %v", err)
				}
				if err := p.Close(); !errors.Is(err, net.ErrClosed) {
					t.Errorf("Close, once more: %v", err)
				}
				<-release
				return sock.Again
			})
		})
		if err := wait(t, written); err != nil {
			t.Fatal(err)
		}
		// The peer is told while the turn still runs.
		if _, err := p.peer.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
			t.Errorf("peer ended with %v", err)
		}
		close(release)
		wait(t, done)
	})
}
