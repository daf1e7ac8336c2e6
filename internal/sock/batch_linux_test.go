package sock_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/internal/sock"
)

// wrote is a sock.Writer that records its calls.
type wrote struct {
	times int
	n     int
	err   error
}

func (w *wrote) Wrote(_ []byte, n int, err error) { w.times, w.n, w.err = w.times+1, n, err }

// batch returns a Batch, or skips the test where the kernel does not offer io_uring.
func batch(t *testing.T, p *sock.Poller) *sock.Batch {
	t.Helper()
	b := p.Batch()
	if b == nil {
		t.Skip("writing through io_uring was not run: the kernel does not offer it here")
	}
	return b
}

// polledPair opens a socket that p watches.
func polledPair(t *testing.T, p *sock.Poller) (*sock.Conn, net.Conn) {
	t.Helper()
	ours, theirs := tcp(t)
	c := new(sock.Conn)
	c.Open(ours, p)
	t.Cleanup(func() { _, _ = c.Close(), theirs.Close() })
	_ = theirs.SetDeadline(time.Now().Add(patience))
	return c, theirs
}

// TestBatch writes to more sockets than fit into one system call.
func TestBatch(t *testing.T) {
	const sockets = 600
	p := new(sock.Poller)
	defer p.Close()
	b := batch(t, p)
	var peers []net.Conn
	var results [sockets]wrote
	for i := range sockets {
		c, peer := polledPair(t, p)
		peers = append(peers, peer)
		if !b.Add(c, fmt.Appendf(nil, "to %03d", i), &results[i]) {
			t.Fatal("not taken")
		}
	}
	b.Flush()
	for i, peer := range peers {
		got := make([]byte, 6)
		_, err := io.ReadFull(peer, got)
		want := fmt.Sprintf("to %03d", i)
		if err != nil || string(got) != want || results[i] != (wrote{1, 6, nil}) {
			t.Fatalf("socket %d received %q, %v; its writer was told %+v", i, got, err, results[i])
		}
	}
}

// TestBatchResults has a socket that takes a part, one that is full, one that is closed and one
// whose peer has gone.
func TestBatchResults(t *testing.T) {
	p := new(sock.Poller)
	defer p.Close()
	b := batch(t, p)
	much := make([]byte, 64<<20)
	part, peer := polledPair(t, p)
	closed, _ := polledPair(t, p)
	_ = closed.Close()
	gone, gonePeer := polledPair(t, p)
	_ = gonePeer.(*net.TCPConn).SetLinger(0)
	_ = gonePeer.Close() // a reset
	var first, second, third, fourth wrote
	b.Add(part, much, &first)
	b.Add(closed, much, &third)
	b.Flush()
	full := first.n
	if first.err != nil || full <= 0 || full >= len(much) {
		t.Errorf("a socket took %d of %d bytes, %v", full, len(much), first.err)
	}
	if !errors.Is(third.err, net.ErrClosed) || third.times != 1 {
		t.Errorf("a closed socket: %+v", third)
	}
	for deadline := time.Now().Add(patience); fourth.err == nil && time.Now().Before(deadline); {
		b = batch(t, p)
		b.Add(part, much, &second)
		b.Add(gone, much[:1], &fourth)
		b.Flush()
		full += second.n
	}
	if fourth.err == nil || second.err != nil {
		t.Errorf("a socket whose peer has gone: %v; one that is full: %v", fourth.err, second.err)
	}
	if n, err := io.CopyN(io.Discard, peer, int64(full)); err != nil {
		t.Errorf("the peer received %d of %d bytes: %v", n, full, err)
	}
}

// TestBatchesSideBySide uses Batches from more goroutines than there are Batches.
func TestBatchesSideBySide(t *testing.T) {
	p := new(sock.Poller)
	defer p.Close()
	batch(t, p).Flush()
	c, peer := polledPair(t, p)
	var mu sync.Mutex // the right to write
	var users sync.WaitGroup
	const writers, lines = 8, 200
	for i := range writers {
		users.Go(func() {
			for range lines {
				mu.Lock()
				line, w := []byte{byte('a' + i), '\n'}, new(wrote)
				if b := p.Batch(); b != nil {
					b.Add(c, line, w)
					b.Flush()
				} else {
					w.n, w.err = c.TryWrite(line)
				}
				mu.Unlock()
				if w.n != len(line) || w.err != nil {
					t.Errorf("wrote %d, %v", w.n, w.err)
				}
			}
		})
	}
	got := make([]byte, 2*writers*lines)
	if _, err := io.ReadFull(peer, got); err != nil {
		t.Fatal(err)
	}
	users.Wait()
	for i := range writers {
		if n := bytes.Count(got, []byte{byte('a' + i), '\n'}); n != lines {
			t.Errorf("%d lines of writer %d, want %d", n, i, lines)
		}
	}
}

// TestBatchWithoutRing has io_uring refused, and broken, from its first use or from a later one.
// All writes are made all the same, once.
func TestBatchWithoutRing(t *testing.T) {
	const probes = 1
	sockets := []int{0, 20, 270} // the last are more than one call of the ring
	faults := map[string]func(p *sock.Poller, calls int){
		"denied":      func(p *sock.Poller, calls int) { p.FailRings(calls, syscall.EPERM) },
		"stuck":       func(p *sock.Poller, calls int) { p.FailRings(calls, syscall.EAGAIN) },
		"cannot send": func(p *sock.Poller, calls int) { p.FailSends(calls) },
	}
	for name, fail := range faults {
		for after := range sockets {
			t.Run(fmt.Sprint(name, " after ", after), func(t *testing.T) {
				p := new(sock.Poller)
				defer p.Close()
				batch(t, p).Flush()
				q := new(sock.Poller)
				defer q.Close()
				fail(q, after)
				b := q.Batch()
				if (b != nil) != (after >= probes) {
					t.Fatalf("the ring was opened: %v", b != nil)
				}
				if b != nil {
					broadcast(t, q, b, sockets[after])
				}
				if q.HasRings() || q.Batch() != nil {
					t.Error("the ring is still used")
				}
			})
		}
	}
}

// broadcast writes a byte to so many sockets, and checks that each of them receives that
// byte, once.
func broadcast(t *testing.T, p *sock.Poller, b *sock.Batch, sockets int) {
	t.Helper()
	results, conns := make([]wrote, sockets), make([]*sock.Conn, sockets)
	peers := make([]net.Conn, sockets)
	for i := range sockets {
		conns[i], peers[i] = polledPair(t, p)
		b.Add(conns[i], []byte("x"), &results[i])
	}
	b.Flush()
	for i, peer := range peers {
		if results[i] != (wrote{1, 1, nil}) {
			t.Fatalf("writer %d was told %+v", i, results[i])
		}
		if _, err := conns[i].TryWrite([]byte("y")); err != nil {
			t.Fatal(err)
		}
		var got [2]byte
		if _, err := io.ReadFull(peer, got[:]); err != nil || string(got[:]) != "xy" {
			t.Fatalf("socket %d received %q, %v", i, got, err)
		}
	}
}
