package sock_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/internal/leaktest"
	"github.com/tyg-dev/tyg/internal/paralleltest"
	"github.com/tyg-dev/tyg/internal/sock"
)

// patience is how long tests wait for anything.
const patience = time.Minute

func TestMain(m *testing.M) {
	paralleltest.AtOnce(8)
	leaktest.Main(m)
}

// A pair is a socket and its other end.
type pair struct {
	*sock.Conn
	peer net.Conn
}

// Loop serves the socket with turns of f, and returns the error that Ended was called with.
func (p pair) Loop(f func() sock.Turn) error {
	o := owner{f, make(chan error, 1)}
	p.Serve(o)
	return <-o.ended
}

// An owner makes a sock.Owner of a function.
type owner struct {
	turn  func() sock.Turn
	ended chan error
}

func (o owner) Turn() sock.Turn { return o.turn() }

func (o owner) Ended(err error) { o.ended <- err }

// A kind is a kind of socket, on one of the paths that lead to it.
type kind struct {
	name   string
	open   func(t *testing.T) (ours, theirs net.Conn)
	polled bool
	blocks bool
}

func kinds() []kind {
	return []kind{
		{"polled tcp", tcp, true, false},
		{"polled unix", unix, true, false},
		{"raw tcp", tcp, false, false},
		{"raw unix", unix, false, false},
		{"pipe", pipe, true, true},
	}
}

// pair opens a socket, which is closed with the test.
func (k kind) pair(t *testing.T, poller *sock.Poller) pair {
	t.Helper()
	ours, theirs := k.open(t)
	c := new(sock.Conn)
	if k.polled {
		c.Open(ours, poller)
	} else {
		c.OpenUnwatched(ours, poller)
	}
	t.Cleanup(func() { _, _ = c.Close(), theirs.Close() })
	if got := c.Blocks(); got != k.blocks {
		t.Fatalf("Blocks is %v", got)
	}
	return pair{c, theirs}
}

// onEachKind runs f with every kind of socket.
func onEachKind(t *testing.T, f func(t *testing.T, p pair)) {
	t.Helper()
	poller := new(sock.Poller)
	defer poller.Close()
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) { f(t, k.pair(t, poller)) })
	}
}

func tcp(t *testing.T) (net.Conn, net.Conn) { return dial(t, "tcp", "127.0.0.1:0") }

func unix(t *testing.T) (net.Conn, net.Conn) {
	return dial(t, "unix", filepath.Join(t.TempDir(), "s"))
}

func pipe(*testing.T) (net.Conn, net.Conn) { return net.Pipe() }

func dial(t *testing.T, network, addr string) (ours, theirs net.Conn) {
	t.Helper()
	return dialThen(t, network, addr, func() {})
}

// dialThen calls then between the dial and the accept.
func dialThen(t *testing.T, network, addr string, then func()) (ours, theirs net.Conn) {
	t.Helper()
	l, err := net.Listen(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	theirs, err = net.Dial(network, l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	then()
	ours, err = l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return ours, theirs
}

// spawn runs f and returns a channel with its result.
func spawn[T any](f func() T) <-chan T {
	done := make(chan T, 1)
	go func() { done <- f() }() // ends with f, which the caller makes end
	return done
}

func wait[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		t.Fatalf("nothing happened within %v", patience)
		panic("unreachable")
	}
}

// until waits for ok to become true.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(100 * time.Microsecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

// serveBytes calls f for each byte read, and returns the error that Ended is called with.
func (p pair) serveBytes(f func(b byte)) <-chan error {
	ended := make(chan error, 1)
	var b [1]byte
	p.Serve(owner{func() sock.Turn {
		switch _, err := p.Read(b[:]); {
		case errors.Is(err, sock.ErrWait):
			return sock.Wait
		case err != nil:
			return sock.Done
		}
		f(b[0])
		return sock.Again
	}, ended})
	return ended
}

// collect reads until the end, and returns what it read and why it ended.
func (p pair) collect() (got []byte, readErr, loopErr error) {
	var b [64]byte
	loopErr = p.Loop(func() sock.Turn {
		n, err := p.Read(b[:])
		got = append(got, b[:n]...)
		switch {
		case errors.Is(err, sock.ErrWait):
			return sock.Wait
		case err != nil:
			readErr = err
			return sock.Done
		}
		return sock.Again
	})
	return got, readErr, loopErr
}

type collected struct {
	got              []byte
	readErr, loopErr error
}

// err returns why reading ended: depending on the path, Read or Ended reports it.
func (c collected) err() error { return errors.Join(c.readErr, c.loopErr) }

func (p pair) collecting() <-chan collected {
	return spawn(func() collected {
		got, readErr, loopErr := p.collect()
		return collected{got, readErr, loopErr}
	})
}

func TestReadToTheEnd(t *testing.T) {
	onEachKind(t, func(t *testing.T, p pair) {
		want := bytes.Repeat([]byte("0123456789"), 10_000)
		done := p.collecting()
		for part := range bytes.SplitSeq(bytes.Clone(want), []byte("5")) {
			if _, err := p.peer.Write(append(part, '5')); err != nil {
				t.Fatal(err)
			}
		}
		_ = p.peer.Close()
		c := wait(t, done)
		if want = append(want, '5'); !bytes.Equal(c.got, want) {
			t.Errorf("%d bytes came, want %d in order", len(c.got), len(want))
		}
		if !errors.Is(c.readErr, io.EOF) || c.loopErr != nil {
			t.Errorf("Read ended with %v, Loop with %v", c.readErr, c.loopErr)
		}
	})
}

// TestDone ends the turns while there is more to read, which the next turns get.
func TestDone(t *testing.T) {
	onEachKind(t, func(t *testing.T, p pair) {
		written := spawn(func() error { _, err := io.WriteString(p.peer, "ab"); return err })
		var b [1]byte
		one := func() string {
			n := 0
			err := p.Loop(func() sock.Turn {
				var err error
				if n, err = p.Read(b[:]); errors.Is(err, sock.ErrWait) {
					return sock.Wait
				}
				return sock.Done
			})
			if err != nil {
				t.Fatal(err)
			}
			return string(b[:n])
		}
		if got := one() + one(); got != "ab" {
			t.Errorf("read %q", got)
		}
		if err := wait(t, written); err != nil {
			t.Error(err)
		}
	})
}

func TestReadDeadline(t *testing.T) {
	tests := map[string]func(p pair){
		"before": func(p pair) { _ = p.SetReadDeadline(time.Now().Add(20 * time.Millisecond)) },
		"past":   func(p pair) { _ = p.SetReadDeadline(time.Unix(1, 0)) },
	}
	for name, set := range tests {
		t.Run(name, func(t *testing.T) {
			onEachKind(t, func(t *testing.T, p pair) {
				set(p)
				c := wait(t, p.collecting())
				if !errors.Is(c.err(), os.ErrDeadlineExceeded) {
					t.Errorf("ended with %v", c.err())
				}
				if err := p.SetReadDeadline(time.Time{}); err != nil {
					t.Fatal(err)
				}
				done := p.collecting()
				_, _ = io.WriteString(p.peer, "more")
				_ = p.peer.Close()
				if c := wait(t, done); string(c.got) != "more" || !errors.Is(c.err(), io.EOF) {
					t.Errorf("then %q and %v", c.got, c.err())
				}
			})
		})
	}
}

// TestHappensBefore reads in a turn what was set before a write to its socket, and the other way
// round. The race detector must not report that.
func TestHappensBefore(t *testing.T) {
	onEachKind(t, func(t *testing.T, p pair) {
		_ = p.peer.SetDeadline(time.Now().Add(patience))
		question, answer := "", ""
		ended := p.serveBytes(func(byte) {
			answer = question
			_ = p.Write([]byte("!"), patience)
		})
		question = "what"
		b := []byte("?")
		if _, err := p.peer.Write(b); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(p.peer, b); err != nil || answer != "what" {
			t.Errorf("the answer is %q, %v", answer, err)
		}
		_ = p.Close()
		wait(t, ended)
	})
}
