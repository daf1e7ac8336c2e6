package sock_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/internal/leaktest"
	"github.com/tyg-dev/tyg/internal/selftest"
	"github.com/tyg-dev/tyg/internal/sock"
)

// descriptors counts what this process has open, by name. A socket's name, such as "socket:[4711]",
// is not used again, so what tests before this one have yet to close does not hide what this one
// leaves open.
func descriptors(t *testing.T) map[string]int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") // the first one opens those of Go's own poller
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	const dir = "/proc/self/fd"
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	open := make(map[string]int)
	for _, fd := range all {
		// A descriptor may be closed by now.
		if name, err := os.Readlink(filepath.Join(dir, fd.Name())); err == nil {
			open[name]++
		}
	}
	return open
}

// added returns the names of descriptors that are open and were not before.
func added(t *testing.T, before map[string]int) []string {
	t.Helper()
	var names []string
	for name, n := range descriptors(t) {
		for range n - before[name] {
			names = append(names, name)
		}
	}
	return names
}

// untilClosed waits until what was opened since then is closed.
func untilClosed(t *testing.T, before map[string]int) {
	t.Helper()
	until(t, "nothing stays open", func() bool { return len(added(t, before)) == 0 })
}

// echoOwner sends everything back until the end, and then closes its socket.
type echoOwner struct {
	sock.Conn
	open *atomic.Int64
}

func (e *echoOwner) Turn() sock.Turn {
	var b [512]byte
	switch n, err := e.Read(b[:]); {
	case errors.Is(err, sock.ErrWait):
		return sock.Wait
	case err != nil || e.Write(b[:n], patience) != nil:
		return sock.Done
	}
	return sock.Again
}

func (e *echoOwner) Ended(error) {
	_ = e.Close()
	e.open.Add(-1)
}

// acceptEchoes serves echoes on a listener of its own.
func acceptEchoes(t *testing.T, p *sock.Poller, open *atomic.Int64) (*sock.Acceptor, string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	a, err := p.Accept(l, func(netip.AddrPort) (*sock.Conn, func()) {
		e := &echoOwner{open: open}
		return &e.Conn, func() { open.Add(1); e.Serve(e) }
	})
	if err != nil {
		t.Fatal(err)
	}
	return a, l.Addr().String()
}

// wantEchoOn sends a line and checks that it comes back.
func wantEchoOn(nc net.Conn, line string) error {
	_ = nc.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(nc, line); err != nil {
		return err
	}
	got := make([]byte, len(line))
	if _, err := io.ReadFull(nc, got); err != nil || string(got) != line {
		return fmt.Errorf("echo of %q is %q, %w", line, got, err)
	}
	return nil
}

// TestAccept connects many clients at a time, some of which send nothing, and closes the Acceptor
// while they are connected.
func TestAccept(t *testing.T) {
	before := descriptors(t)
	poller := new(sock.Poller)
	var open atomic.Int64
	a, addr := acceptEchoes(t, poller, &open)
	const dialers, each = 10, 40
	conns := make(chan net.Conn, dialers*each)
	var dialing sync.WaitGroup
	for d := range dialers {
		dialing.Go(func() {
			for i := range each {
				nc, err := net.Dial("tcp", addr)
				if err == nil && i%4 != 0 {
					err = wantEchoOn(nc, fmt.Sprint(d, i))
				}
				if err != nil {
					t.Error(err)
					return
				}
				conns <- nc
			}
		})
	}
	dialing.Wait()
	close(conns)
	until(t, "all are connected", func() bool { return open.Load() == dialers*each })
	_ = a.Close()
	if err := wait(t, spawn(a.Wait)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("the Acceptor ended with %v", err)
	}
	if nc, err := net.Dial("tcp", addr); err == nil {
		_ = nc.Close()
		t.Error("the address still accepts connections")
	}
	for nc := range conns {
		if err := wantEchoOn(nc, "still"); err != nil {
			t.Error(err)
		}
		_ = nc.Close()
	}
	until(t, "all have ended", func() bool { return open.Load() == 0 })
	poller.Close()
	untilClosed(t, before)
}

// TestAcceptUnsupported passes a listener that cannot be watched to Accept: it stays usable.
func TestAcceptUnsupported(t *testing.T) {
	l, err := net.Listen("unix", t.TempDir()+"/s")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	poller := new(sock.Poller)
	defer poller.Close()
	if _, err := poller.Accept(l, nil); !errors.Is(err, errors.ErrUnsupported) {
		t.Fatalf("Accept: %v", err)
	}
	dialed := spawn(func() error {
		nc, err := net.Dial("unix", l.Addr().String())
		return errors.Join(err, nc.Close())
	})
	nc, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	_ = nc.Close()
	if err := wait(t, dialed); err != nil {
		t.Error(err)
	}
}

// limitedEnv makes the test's process a server with few descriptors.
const limitedEnv = "TYG_TEST_DESCRIPTORS"

// TestExhaustion connects more clients than there are descriptors: those without one wait, and are
// served when others have disconnected.
func TestExhaustion(t *testing.T) {
	if os.Getenv(limitedEnv) != "" {
		serveLimited(t)
		return
	}
	addr, _ := selftest.Start(t, limitedEnv)
	const clients = 100
	var conns []net.Conn
	for range clients {
		nc, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		conns = append(conns, nc)
	}
	if err := wantEchoOn(conns[0], "first"); err != nil {
		t.Fatal(err)
	}
	last := conns[clients-1]
	_ = last.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	if _, err := io.WriteString(last, "last"); err != nil {
		t.Fatal(err)
	}
	if _, err := last.Read(make([]byte, 4)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("there was no lack of descriptors: the last client reads %v", err)
	}
	for _, nc := range conns[:clients-1] {
		if err := wantEchoOn(nc, "turn"); err != nil {
			t.Fatal(err)
		}
		_ = nc.Close()
	}
	got := make([]byte, 4)
	_ = last.SetReadDeadline(time.Now().Add(patience))
	if _, err := io.ReadFull(last, got); err != nil || string(got) != "last" {
		t.Errorf("the last client reads %q, %v", got, err)
	}
}

// serveLimited serves echoes until stdin ends.
func serveLimited(t *testing.T) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	limit.Cur = 40
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	poller := new(sock.Poller)
	defer poller.Close()
	a, addr := acceptEchoes(t, poller, new(atomic.Int64))
	defer a.Close()
	fmt.Println(addr)
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// A detacher reads one byte and detaches its socket.
type detacher struct {
	sock.Conn
	first byte
	may   chan struct{} // detach when it is closed; nil: at once
	gone  chan net.Conn
	err   error // of Detach
}

func (l *detacher) Turn() sock.Turn {
	var b [1]byte
	switch _, err := l.Read(b[:]); {
	case errors.Is(err, sock.ErrWait):
		return sock.Wait
	case err == nil:
		l.first = b[0]
	}
	return sock.Done
}

func (l *detacher) Ended(error) {
	if l.may != nil {
		<-l.may
	}
	nc, err := l.Detach()
	l.err = err
	l.gone <- nc
}

// detach opens a socket whose Ended detaches it.
func detach(t *testing.T, k kind, p *sock.Poller, early string) (*detacher, net.Conn) {
	t.Helper()
	ours, theirs := k.open(t)
	t.Cleanup(func() { _ = theirs.Close() })
	l := &detacher{gone: make(chan net.Conn, 1)}
	if !k.polled {
		p = nil
	}
	l.Open(ours, p)
	wrote := spawn(func() error { _, err := io.WriteString(theirs, early); return err })
	l.Serve(l)
	t.Cleanup(func() { wait(t, wrote) })
	return l, theirs
}

// TestDetach detaches sockets that have unread input.
func TestDetach(t *testing.T) {
	before := descriptors(t)
	poller := new(sock.Poller)
	defer poller.Close()
	for _, k := range kinds()[:2] {
		t.Run(k.name, func(t *testing.T) {
			l, theirs := detach(t, k, poller, "early")
			nc := wait(t, l.gone)
			if l.err != nil || l.first != 'e' {
				t.Fatalf("%c, then %v", l.first, l.err)
			}
			got := make([]byte, 4)
			_ = nc.SetDeadline(time.Now().Add(patience))
			if _, err := io.ReadFull(nc, got); err != nil || string(got) != "arly" {
				t.Errorf("then %q, %v", got, err)
			}
			_ = nc.SetReadDeadline(time.Now().Add(time.Millisecond))
			if _, err := nc.Read(got); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("with a deadline: %v", err)
			}
			if err := l.Close(); !errors.Is(err, net.ErrClosed) {
				t.Errorf("Close after Detach: %v", err)
			}
			_, _ = io.WriteString(nc, "late")
			if _, err := io.ReadFull(theirs, got); err != nil || string(got) != "late" {
				t.Errorf("the peer reads %q, %v", got, err)
			}
			_ = nc.Close()
			if _, err := theirs.Read(got); !errors.Is(err, io.EOF) {
				t.Errorf("in the end the peer reads %v", err)
			}
		})
	}
	poller.Close()
	untilClosed(t, before)
}

// TestDetachOrClose closes a socket while it is detached: it is either closed or detached, and no
// descriptor is closed twice or stays open.
func TestDetachOrClose(t *testing.T) {
	poller := new(sock.Poller)
	defer poller.Close()
	k := kinds()[0]
	warm, _ := detach(t, k, poller, "x")
	_ = wait(t, warm.gone).Close()
	before := descriptors(t)
	given := 0
	for range 300 {
		l, theirs := detach(t, k, poller, "x")
		closed := l.Close()
		nc := wait(t, l.gone)
		switch {
		case (nc == nil) != (closed == nil):
			t.Fatalf("Close: %v, Detach: %v, %v", closed, nc, l.err)
		case nc != nil:
			given++
			if err := nc.Close(); err != nil {
				t.Error(err)
			}
		}
		_ = theirs.SetReadDeadline(time.Now().Add(patience))
		if _, err := theirs.Read(make([]byte, 1)); errors.Is(err, os.ErrDeadlineExceeded) || err == nil {
			t.Fatalf("the peer reads %v", err)
		}
		_ = theirs.Close()
	}
	untilClosed(t, before)
	t.Logf("detached %d times", given)
}

// TestDetachAfterClose gives the descriptor of a closed socket to another one: Detach of the closed
// one fails, and the other one stays open.
func TestDetachAfterClose(t *testing.T) {
	poller := new(sock.Poller)
	defer poller.Close()
	k := kinds()[0]
	ours, theirs := k.open(t)
	defer theirs.Close()
	l := &detacher{may: make(chan struct{}), gone: make(chan net.Conn, 1)}
	l.Open(ours, poller)
	l.Serve(l)
	_, _ = io.WriteString(theirs, "x")
	until(t, "it has had its turn", func() bool { return l.Idle() })
	_ = l.Close()
	other := k.sameFD(t, poller, l.FD())
	close(l.may)
	if nc := wait(t, l.gone); nc != nil || !errors.Is(l.err, net.ErrClosed) {
		t.Errorf("detached %v, %v", nc, l.err)
	}
	other.serveEcho()
	other.wantEcho(t)
}

// sameFD opens a socket whose descriptor is fd, as soon as fd is free. A system call takes the
// lowest free descriptor, so all below fd are taken before the socket is accepted.
func (k kind) sameFD(t *testing.T, p *sock.Poller, fd int) (other pair) {
	t.Helper()
	k.open = func(t *testing.T) (ours, theirs net.Conn) {
		return dialThen(t, "tcp", "127.0.0.1:0", func() { takeBelow(t, fd) })
	}
	until(t, "the descriptor is reused", func() bool {
		other = k.pair(t, p)
		return other.FD() == fd
	})
	return other
}

// takeBelow takes each free descriptor below fd until the test ends.
func takeBelow(t *testing.T, fd int) {
	t.Helper()
	for {
		got, err := syscall.Dup(0)
		if err != nil {
			t.Fatal(err)
		}
		if got >= fd {
			_ = syscall.Close(got)
			return
		}
		t.Cleanup(func() { _ = syscall.Close(got) })
	}
}

// TestDetachedIsForgotten detaches a socket and reuses its descriptor for another one, which must
// get no events of the first.
func TestDetachedIsForgotten(t *testing.T) {
	poller := new(sock.Poller)
	defer poller.Close()
	k := kinds()[0]
	l, theirs := detach(t, k, poller, "x")
	nc := wait(t, l.gone)
	defer nc.Close()
	other := k.sameFD(t, poller, l.FD())
	var turns atomic.Int64
	other.Serve(owner{func() sock.Turn {
		turns.Add(1)
		if _, err := other.Read(make([]byte, 1)); err != nil && !errors.Is(err, sock.ErrWait) {
			return sock.Done
		}
		return sock.Wait
	}, make(chan error, 1)})
	before := turns.Load()
	for range 200 { // each gives a wrong event time to come
		go func() { _, _ = theirs.Write([]byte("x")) }() // ends at once
		if _, err := io.ReadFull(nc, make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
	}
	if n := turns.Load() - before; n > 1 { // one at the beginning
		t.Errorf("%d turns for the events of another socket", n)
	}
}

// TestReuse opens and closes sockets so that their descriptors have many owners, each of which must
// read only what its own peer wrote.
func TestReuse(t *testing.T) {
	before := descriptors(t)
	poller := new(sock.Poller)
	defer poller.Close()
	var busy sync.WaitGroup
	for g := range 8 {
		busy.Go(func() {
			for i := range 100 {
				name := byte(g*100+i)%250 + 1
				ours, theirs := dial(t, "tcp", "127.0.0.1:0")
				p := pair{new(sock.Conn), theirs}
				p.Open(ours, poller)
				got := make(chan byte, 100)
				ended := p.serveBytes(func(b byte) { got <- b })
				for range 1 + i%3 {
					_, _ = theirs.Write([]byte{name})
				}
				for range 1 + i%3 {
					if b := <-got; b != name {
						t.Errorf("%d read what was written to %d", name, b)
					}
				}
				if i%2 == 0 {
					_, _ = theirs.Write([]byte{name}) // an event that may come too late
				}
				_, _ = p.Close(), theirs.Close()
				<-ended
			}
		})
	}
	wait(t, spawn(func() bool { busy.Wait(); return true }))
	poller.Close()
	untilClosed(t, before)
}

// runs reports whether a goroutine is inside the function.
func runs(function string) bool { return strings.Contains(leaktest.Left(), function) }

// TestCloseEndsWriteWithoutPoller closes a socket under a Write that waits, after the Poller that
// watched it was closed.
func TestCloseEndsWriteWithoutPoller(t *testing.T) {
	poller := new(sock.Poller)
	p := kinds()[0].pair(t, poller)
	p.fill(t)
	// A full socket may take some more, once its peer's end has room.
	done := spawn(func() error { return p.Write(make([]byte, 64<<20), 0) })
	until(t, "Write waits", func() bool { return runs(".awaitWritable(") })
	poller.Close()
	until(t, "no goroutine leads a loop", func() bool { return !runs(".lead(") })
	_ = p.Close()
	if err := wait(t, done); err == nil {
		t.Error("Write of a closed socket worked")
	}
}
