package sock_test

import (
	"errors"
	"io"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/internal/sock"
)

// sameLoop opens n sockets that one loop watches.
func sameLoop(t *testing.T, n int) []pair {
	t.Helper()
	_, all := oneLoop(t, n)
	return all
}

// oneLoop returns a Poller with one loop, and the n sockets that it watches.
func oneLoop(t *testing.T, n int) (*sock.Poller, []pair) {
	t.Helper()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	poller := new(sock.Poller)
	t.Cleanup(poller.Close)
	var all []pair
	for range n {
		all = append(all, kind{open: tcp, polled: true}.pair(t, poller))
	}
	return poller, all
}

// spin takes the processor for a moment.
func spin() {
	for start := time.Now(); time.Since(start) < 20*time.Microsecond; {
		continue
	}
}

// serveEcho sends every byte back.
func (p pair) serveEcho() <-chan error {
	return p.serveBytes(func(b byte) { _, _ = p.TryWrite([]byte{b}) })
}

func (p pair) wantEcho(t *testing.T) {
	t.Helper()
	_ = p.peer.SetDeadline(time.Now().Add(patience))
	b := []byte("?")
	if _, err := p.peer.Write(b); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(p.peer, b); err != nil || b[0] != '?' {
		t.Fatalf("echo is %q, %v", b, err)
	}
}

// TestBlockedTurns blocks turns, many at a time, beside a socket that must not be delayed. Only the
// first few replace the loop's leader.
func TestBlockedTurns(t *testing.T) {
	for name, blocked := range map[string]int{"one": 1, "many": 300} {
		t.Run(name, func(t *testing.T) {
			all := sameLoop(t, 1+blocked)
			live := all[0]
			ended := []<-chan error{live.serveEcho()}
			live.wantEcho(t)
			before, turns := runtime.NumGoroutine(), live.LeaderTurns()
			entered, release := make(chan struct{}, blocked), make(chan struct{})
			for _, p := range all[1:] {
				ended = append(ended, p.serveBytes(func(byte) {
					entered <- struct{}{}
					<-release
				}))
				_, _ = p.peer.Write([]byte("x"))
			}
			live.wantEcho(t)
			for range blocked {
				wait(t, entered)
			}
			live.wantEcho(t)
			if n := live.LeaderTurns() - turns; blocked > 1 && n > blocked/2 {
				t.Errorf("leaders ran %d turns while %d blocked", n, blocked)
			}
			close(release)
			until(t, "the goroutines of blocked turns have ended", func() bool {
				return runtime.NumGoroutine() <= before+sock.MaxIdle
			})
			for range 100 {
				live.wantEcho(t)
			}
			for i, p := range all {
				_ = p.Close()
				if err := wait(t, ended[i]); !errors.Is(err, net.ErrClosed) {
					t.Errorf("ended with %v", err)
				}
			}
		})
	}
}

// TestBlockedAgain blocks turns one after the other on the same sockets, so that leaders are
// replaced while others are served.
func TestBlockedAgain(t *testing.T) {
	all := sameLoop(t, 3)
	live, one, other := all[0], all[1], all[2]
	live.serveEcho()
	entered, release := make(chan byte), make(chan struct{})
	for _, p := range []pair{one, other} {
		p.serveBytes(func(b byte) {
			entered <- b
			<-release
		})
	}
	for round := range byte(20) {
		for _, p := range []pair{one, other} {
			_, _ = p.peer.Write([]byte{round})
			if got := wait(t, entered); got != round {
				t.Fatalf("got %d, want %d", got, round)
			}
		}
		live.wantEcho(t)
		release <- struct{}{}
		live.wantEcho(t)
		release <- struct{}{}
	}
}

// TestSlowTurns makes turns slow, until each gets a goroutine, and fast again, until the loop's
// leader runs them.
func TestSlowTurns(t *testing.T) {
	all := sameLoop(t, 1)
	p := all[0]
	var slow, detached atomic.Bool
	p.serveBytes(func(b byte) {
		detached.Store(calledBy(".runDetached"))
		if slow.Load() {
			time.Sleep(time.Millisecond) // a slow handler
		}
		_, _ = p.TryWrite([]byte{b})
	})
	for range 2 {
		slow.Store(true)
		until(t, "slow turns have goroutines", func() bool {
			p.wantEcho(t)
			return p.Slow() && detached.Load()
		})
		slow.Store(false)
		until(t, "fast turns have none", func() bool {
			p.wantEcho(t)
			return !p.Slow() && !detached.Load()
		})
	}
}

// calledBy reports whether the name of a function on the stack ends so. It takes some microseconds:
// debug.Stack takes so long that a turn counts as slow.
func calledBy(name string) bool {
	pcs := make([]uintptr, 50)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs)])
	for more := true; more; {
		var f runtime.Frame
		if f, more = frames.Next(); strings.HasSuffix(f.Function, name) {
			return true
		}
	}
	return false
}

// TestGoexit ends the goroutine of a turn, as a test's FailNow does. Other sockets are still
// served.
func TestGoexit(t *testing.T) {
	all := sameLoop(t, 2)
	all[1].serveBytes(func(byte) { runtime.Goexit() })
	all[0].serveEcho()
	_, _ = all[1].peer.Write([]byte("x"))
	for range 100 {
		all[0].wantEcho(t)
	}
}

// TestGoroutines checks that idle sockets have no goroutines.
func TestGoroutines(t *testing.T) {
	const n = 200
	all := sameLoop(t, 1+n)
	all[0].serveEcho()
	all[0].wantEcho(t)
	before := runtime.NumGoroutine()
	for _, p := range all[1:] {
		p.serveEcho()
		p.wantEcho(t)
	}
	until(t, "nothing but leaders", func() bool {
		return runtime.NumGoroutine() <= before+sock.MaxIdle
	})
}

// TestNewEventsGoFirst has 200 sockets that always have more to read, and one that has something
// now and then. Its turn comes after one of theirs or two, not after all.
func TestNewEventsGoFirst(t *testing.T) {
	const busy = 200
	all := sameLoop(t, 1+busy)
	var turns atomic.Int64
	var stop atomic.Bool
	var ended []<-chan error
	for _, p := range all[1:] {
		ended = append(ended, spawn(func() error {
			return p.Loop(func() sock.Turn {
				if stop.Load() {
					return sock.Done
				}
				turns.Add(1)
				_, _ = p.Read(make([]byte, 8)) // fails when there is no more
				spin()
				return sock.Yield
			})
		}))
		_, _ = p.peer.Write([]byte("x"))
	}
	until(t, "all are busy", func() bool { return turns.Load() > 2*busy })
	median, last := medianWait(t, all[0], &turns)
	stop.Store(true)
	_ = all[0].Close()
	for _, e := range append(ended, last) {
		_ = wait(t, e)
	}
	if median > busy/10 {
		t.Errorf("a new event waits for %d turns of others", median)
	}
}

// medianWait sends to p, which a loop serves that is busy, 51 times. It returns how many others are
// served, by their count, before p has its turn, and what tells of the end of p's turns.
func medianWait(t *testing.T, p pair, others *atomic.Int64) (int64, <-chan error) {
	t.Helper()
	const rounds = 51
	at := make(chan int64)
	ended := spawn(func() error {
		return p.Loop(func() sock.Turn {
			switch _, err := p.Read(make([]byte, 8)); {
			case errors.Is(err, sock.ErrWait):
				return sock.Wait
			case err != nil:
				return sock.Done
			}
			at <- others.Load()
			return sock.Again
		})
	})
	var waited []int64
	for range rounds {
		_, _ = p.peer.Write([]byte("x"))
		before := others.Load()
		waited = append(waited, wait(t, at)-before)
	}
	slices.Sort(waited)
	return waited[rounds/2], ended
}

// TestSliceAfter gives those that may wait their share of a busy processor, and no more.
func TestSliceAfter(t *testing.T) {
	for others, want := range map[time.Duration]time.Duration{
		0: 50 * time.Microsecond, 100 * time.Microsecond: 50 * time.Microsecond,
		4 * time.Millisecond: time.Millisecond, time.Second: 5 * time.Millisecond,
	} {
		if got := sock.SliceAfter(others); got != want {
			t.Errorf("%v after %v, want %v", got, others, want)
		}
	}
}
