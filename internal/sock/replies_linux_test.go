package sock_test

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/internal/sock"
)

// A replier answers each byte with the same byte and a line feed, through the batch of its turns if
// they have one.
type replier struct {
	*sock.Conn
	batched *atomic.Int64 // turns that had a batch
	hook    func(b *sock.Batch)
	ended   chan error

	writing chan struct{} // has a token while a write runs: the right to write
}

func (r *replier) Turn() sock.Turn {
	var b [64]byte
	n, err := r.Read(b[:])
	switch {
	case err == sock.ErrWait:
		return sock.Wait
	case err != nil:
		return sock.Done
	}
	var reply []byte
	for _, c := range b[:n] {
		reply = append(reply, c, '\n')
	}
	batch := r.TurnBatch()
	if r.hook != nil {
		r.hook(batch)
	}
	r.writing <- struct{}{} // taken by Wrote
	if batch != nil {
		r.batched.Add(1)
		if batch.Add(r.Conn, reply, r) {
			return sock.Again
		}
	}
	written, err := r.TryWrite(reply)
	r.Wrote(reply, written, err)
	return sock.Again
}

// Wrote ends a write, which was one of few bytes to a client that reads.
func (r *replier) Wrote(data []byte, n int, err error) {
	if err == nil && n < len(data) {
		panic("a short write")
	}
	<-r.writing
}

func (r *replier) Ended(err error) { r.ended <- err }

// repliers serves n sockets that one loop watches. Hook may be nil.
func repliers(
	t *testing.T, p *sock.Poller, n int, hook func(i int, b *sock.Batch),
) (all []pair, batched *atomic.Int64) {
	t.Helper()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // a loop for each
	batched = new(atomic.Int64)
	for i := range n {
		p := kind{open: tcp, polled: true}.pair(t, p)
		_ = p.peer.SetDeadline(time.Now().Add(patience))
		r := &replier{
			Conn: p.Conn, batched: batched, ended: make(chan error, 1), writing: make(chan struct{}, 1),
		}
		if hook != nil {
			r.hook = func(b *sock.Batch) { hook(i, b) }
		}
		p.Serve(r)
		all = append(all, p)
	}
	return all, batched
}

// wantReplies reads the replies to each byte of sent.
func (p pair) wantReplies(t *testing.T, sent string) {
	t.Helper()
	got := make([]byte, 2*len(sent))
	if _, err := io.ReadFull(p.peer, got); err != nil {
		t.Fatal(err)
	}
	if string(bytes.ReplaceAll(got, []byte("\n"), nil)) != sent {
		t.Fatalf("replies are %q, want those to %q", got, sent)
	}
}

// TestTurnBatch has many sockets that are readable at once, with a ring, without one, and with one
// that breaks and is given up. Each client gets all its replies, in order.
func TestTurnBatch(t *testing.T) {
	tests := map[string]func(p *sock.Poller){
		"ring":        nil,
		"no ring":     func(p *sock.Poller) { p.FailRings(0, syscall.EPERM) },
		"broken":      func(p *sock.Poller) { p.FailRings(20, syscall.EPERM) },
		"cannot send": func(p *sock.Poller) { p.FailSends(20) },
	}
	for name, fail := range tests {
		t.Run(name, func(t *testing.T) {
			const sockets, rounds, turns = 40, 20, 1000
			p := new(sock.Poller)
			defer p.Close()
			if fail != nil {
				fail(p)
			}
			all, batched := repliers(t, p, sockets, nil)
			more := func() bool { return p.HasRings() && (fail != nil || batched.Load() < turns) }
			for round := 0; round < rounds || more(); round++ {
				sent := fmt.Sprintf("%06d", round)
				for _, p := range all {
					_, _ = p.peer.Write([]byte(sent))
				}
				for _, p := range all {
					p.wantReplies(t, sent)
				}
			}
		})
	}
}

// TestSlowTurnDelaysNoReplies blocks a turn behind others, of which the replies were to leave with
// its own, until all of them have arrived. Its own reply leaves when it returns.
func TestSlowTurnDelaysNoReplies(t *testing.T) {
	const sockets = 40
	p := new(sock.Poller)
	defer p.Close()
	var slow, batched atomic.Int64 // the socket that is blocked, plus 1; turns with a batch
	release := make(chan struct{})
	all, _ := repliers(t, p, sockets, func(i int, b *sock.Batch) {
		if b != nil && batched.Add(1)%10 == 0 && slow.CompareAndSwap(0, int64(i)+1) {
			<-release
		}
	})
	replies := make([]atomic.Int64, sockets)
	for i, p := range all {
		go func() { // ends with the socket
			for b := make([]byte, 2); ; replies[i].Add(1) {
				if _, err := io.ReadFull(p.peer, b); err != nil {
					return
				}
			}
		}()
	}
	round := int64(0)
	for slow.Load() == 0 {
		if round++; !p.HasRings() {
			t.Skip("replies that leave together were not run: the kernel does not offer io_uring here")
		}
		for _, p := range all {
			_, _ = p.peer.Write([]byte("x"))
		}
		until(t, "all replies have arrived but that of the blocked turn", func() bool {
			for i := range replies {
				if replies[i].Load() < round && slow.Load() != int64(i)+1 {
					return false
				}
			}
			return true
		})
	}
	close(release)
	until(t, "the reply of the blocked turn has arrived", func() bool {
		return replies[slow.Load()-1].Load() == round
	})
}
