package sock_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/internal/sampletest"
	"github.com/tyg-dev/tyg/internal/sock"
)

// counting returns bytes that count up, so that a test notices one that is lost or doubled.
func counting(from, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte((from + i) % 251)
	}
	return b
}

// A meter reads in pieces of random size, and serves again after each deadline.
type meter struct {
	pair
	rng    *rand.Rand
	n      atomic.Int64 // bytes read
	enough int64        // after this many, told is closed
	told   chan struct{}
	wrong  atomic.Int64 // pieces that were not what was sent
	turns  atomic.Int32 // at this moment
	serves atomic.Int64
	ends   atomic.Int64
	over   chan error // the last end
	err    error      // owned by Turn, then by Ended: why it was Done
}

func newMeter(p pair, seed uint64) *meter {
	m := &meter{pair: p, rng: rand.New(rand.NewPCG(seed, 1)), over: make(chan error, 1)}
	m.enough, m.told = int64(m.rng.IntN(50_000)), make(chan struct{})
	m.serve()
	return m
}

func (m *meter) serve() {
	m.serves.Add(1)
	m.Serve(m)
}

func (m *meter) Turn() sock.Turn {
	if m.turns.Add(1) != 1 {
		m.wrong.Add(1)
	}
	defer m.turns.Add(-1)
	b := make([]byte, 1+m.rng.IntN(3000))
	n, err := m.Read(b)
	if !bytes.Equal(b[:n], counting(int(m.n.Load()), n)) {
		m.wrong.Add(1)
	}
	before := m.n.Load()
	if m.n.Add(int64(n)); n > 0 && before <= m.enough && m.enough < m.n.Load() {
		close(m.told)
	}
	switch {
	case errors.Is(err, sock.ErrWait):
		return sock.Wait
	case err != nil || m.rng.IntN(50) == 0:
		m.err = err
		return sock.Done
	}
	return sock.Again
}

func (m *meter) Ended(err error) {
	m.ends.Add(1)
	err, m.err = errors.Join(err, m.err), nil
	if err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		if !errors.Is(m.SetReadDeadline(time.Time{}), net.ErrClosed) {
			m.serve()
			return
		}
		err = net.ErrClosed
	}
	m.over <- err
}

// feed writes n bytes in pieces of random size.
func (m *meter) feed(rng *rand.Rand, n int) error {
	for at := 0; at < n; {
		piece := min(n-at, 1+rng.IntN(1+rng.IntN(5000)))
		if _, err := m.peer.Write(counting(at, piece)); err != nil {
			return err
		}
		at += piece
		if rng.IntN(4) == 0 {
			runtime.Gosched()
		}
	}
	return nil
}

// TestNothingLost feeds many sockets at a time while others set deadlines. Each byte comes, once
// and in order, and each Serve ends once.
func TestNothingLost(t *testing.T) {
	const sockets, total = 20, 100_000
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			poller := new(sock.Poller)
			defer poller.Close()
			var all []*meter
			var feeding sync.WaitGroup
			for i := range uint64(sockets) {
				m, rng := newMeter(k.pair(t, poller), i), rand.New(rand.NewPCG(i, 2))
				all = append(all, m)
				feeding.Go(func() {
					if err := m.feed(rng, total); err != nil {
						t.Errorf("feed: %v", err)
					}
					_ = m.peer.Close()
				})
			}
			fed := make(chan struct{})
			deadlines := spawn(func() error { setDeadlines(all, fed); return nil })
			feeding.Wait()
			close(fed)
			wait(t, deadlines)
			for _, m := range all {
				if err := wait(t, m.over); !errors.Is(err, io.EOF) {
					t.Errorf("ended with %v", err)
				}
				m.check(t)
				if n := m.n.Load(); n != total {
					t.Errorf("%d bytes came, want %d", n, total)
				}
			}
		})
	}
}

func (m *meter) check(t *testing.T) {
	t.Helper()
	if m.wrong.Load() > 0 || m.ends.Load() != m.serves.Load() {
		t.Errorf("%d turns went wrong; %d times served, %d times ended", m.wrong.Load(),
			m.serves.Load(), m.ends.Load())
	}
}

// setDeadlines sets deadlines, past and soon, until done. A deadline that has not ended the turns
// yet may be removed again.
func setDeadlines(all []*meter, done <-chan struct{}) {
	rng := rand.New(rand.NewPCG(3, 4))
	for {
		select {
		case <-done:
			return
		default:
		}
		m := all[rng.IntN(len(all))]
		_ = m.SetReadDeadline(time.Now().Add(time.Duration(rng.IntN(3)-1) * 100 * time.Microsecond))
		runtime.Gosched()
	}
}

// TestClosedAnytime closes sockets, either end of them, while they are fed and written to, from
// several goroutines. What came was in order, and each Serve ends once.
func TestClosedAnytime(t *testing.T) {
	const sockets = 100
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			poller := new(sock.Poller)
			defer poller.Close()
			for _, n := range sampletest.Numbers(t, sockets, 20) {
				i := uint64(n)
				rng := rand.New(rand.NewPCG(i, 6))
				m := newMeter(k.pair(t, poller), i)
				var busy sync.WaitGroup
				busy.Go(func() { _ = m.feed(rand.New(rand.NewPCG(i, 7)), 1<<20) })
				busy.Go(func() { _, _ = io.Copy(io.Discard, m.peer) })
				busy.Go(func() {
					for err := error(nil); err == nil; {
						err = m.Write(make([]byte, 10_000), 0)
					}
				})
				wait(t, m.told)
				busy.Go(func() { _ = m.SetReadDeadline(time.Unix(1, 0)) })
				if rng.IntN(2) == 0 {
					_ = m.peer.Close()
				}
				busy.Go(func() { _ = m.Close() })
				busy.Go(func() { _ = m.Close() })
				wait(t, m.over)
				_ = m.peer.Close()
				busy.Wait()
				m.check(t)
			}
		})
	}
}

// TestEnds ends a stream in each way that a peer has, right behind the last bytes or alone, and
// before and after Serve. All that was sent before an orderly end comes.
func TestEnds(t *testing.T) {
	halfClose := func(p pair) {
		if half, ok := p.peer.(interface{ CloseWrite() error }); ok {
			_ = half.CloseWrite()
			return
		}
		_ = p.peer.Close()
	}
	reset := func(p pair) {
		if tcp, ok := p.peer.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
		_ = p.peer.Close()
	}
	tests := []struct {
		name    string
		end     func(p pair)
		orderly bool
	}{
		{"close", func(p pair) { _ = p.peer.Close() }, true},
		{"half", halfClose, true},
		{"reset", reset, false},
	}
	for _, tt := range tests {
		for _, text := range []string{"", "last words"} {
			t.Run(tt.name+" "+text, func(t *testing.T) {
				for range sampletest.Numbers(t, 30, 10) {
					onEachKind(t, func(t *testing.T, p pair) {
						play := func() bool { _, _ = io.WriteString(p.peer, text); tt.end(p); return true }
						var said <-chan bool
						if p.Blocks() || rand.IntN(2) == 0 { // a pipe takes nothing without a reader
							said = spawn(play)
						} else {
							said = spawn(func() bool { return true })
							play()
						}
						c := wait(t, p.collecting())
						wait(t, said)
						if c.readErr == nil || c.loopErr != nil {
							t.Errorf("Read ended with %v, turns with %v", c.readErr, c.loopErr)
						}
						if tt.orderly && (string(c.got) != text || !errors.Is(c.readErr, io.EOF)) {
							t.Errorf("came %q, then %v", c.got, c.readErr)
						}
					})
				}
			})
		}
	}
}

// TestSameOutcome plays the same random scripts on all kinds of sockets, which must behave alike.
func TestSameOutcome(t *testing.T) {
	for seed := range uint64(40) {
		var first, firstKind string
		onEachKind(t, func(t *testing.T, p pair) {
			got := play(t, p, seed)
			if first == "" {
				first, firstKind = got, t.Name()
			}
			if got != first {
				t.Errorf("script %d\n%s\nbut %s\n%s", seed, got, firstKind, first)
			}
		})
	}
}

// play runs a random script, each step after the one before has had its effect, and returns what
// was observed.
func play(t *testing.T, p pair, seed uint64) string {
	t.Helper()
	_ = p.peer.SetDeadline(time.Now().Add(patience))
	rng := rand.New(rand.NewPCG(seed, 8))
	var seen strings.Builder
	done := p.collecting()
	sent := 0
	ended := func() {
		c := wait(t, done)
		fmt.Fprintf(&seen, "%d bytes, as sent: %v, then %s\n", len(c.got),
			bytes.Equal(c.got, counting(sent-len(c.got), len(c.got))), class(c.err()))
	}
	for range 3 + rng.IntN(10) {
		switch n := rng.IntN(20_000); rng.IntN(4) {
		case 0:
			_, err := p.peer.Write(counting(sent, n))
			sent += n
			fmt.Fprintf(&seen, "peer writes %d: %v\n", n, err)
		case 1:
			wrote := spawn(func() error { return p.Write(counting(0, n), patience) })
			got := make([]byte, n)
			_, err := io.ReadFull(p.peer, got)
			same := bytes.Equal(got, counting(0, n))
			fmt.Fprintf(&seen, "write %d: %v, %v, %v\n", n, wait(t, wrote), err, same)
		case 2:
			_ = p.SetReadDeadline(time.Now().Add(time.Hour))
			_ = p.SetReadDeadline(time.Time{})
		case 3:
			if sent > 0 {
				break // how much has come by now is not determined
			}
			_ = p.SetReadDeadline(time.Unix(1, 0))
			ended()
			_ = p.SetReadDeadline(time.Time{})
			done = p.collecting()
		}
	}
	if rng.IntN(2) == 0 || sent > 0 {
		_ = p.peer.Close()
	} else {
		_ = p.Close()
		_, err := p.peer.Read(make([]byte, 1))
		fmt.Fprintf(&seen, "peer reads %s\n", class(err))
	}
	ended()
	return seen.String()
}

// class returns the kind of end that an error stands for.
func class(err error) string {
	switch {
	case errors.Is(err, io.EOF):
		return "end"
	case errors.Is(err, os.ErrDeadlineExceeded):
		return "deadline"
	case err != nil:
		return "closed"
	}
	return "nothing"
}
