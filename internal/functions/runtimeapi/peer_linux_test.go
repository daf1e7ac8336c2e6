package runtimeapi_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/internal/functions/runtimeapi"
)

// A guarded handler tells of strangers.
type guarded struct {
	next
	strangers chan int
}

func (g guarded) Stranger(uid int) { g.strangers <- uid }

func newGuarded(t *testing.T) (guarded, *runtimeapi.Server) {
	t.Helper()
	g := guarded{make(next, 10), make(chan int, 10)}
	s, err := runtimeapi.Listen(g, runtimeapi.Limits{Head: time.Minute, Silent: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Shutdown(time.Now()) })
	return g, s
}

// otherUser is a user that no test runs as.
const otherUser = 54321

// TestOtherUserGetsNoEvent asks for an event as another user.
func TestOtherUserGetsNoEvent(t *testing.T) {
	g, s := newGuarded(t)
	want := otherUser
	if os.Getuid() == 0 {
		s.Start()
		becomeOnThisThread(t, otherUser)
	} else { // the server thinks that its process is of another user
		want = os.Getuid()
		s.SetUser(otherUser)
		s.Start()
	}
	nc := dial(t, s, askNext)
	if text, _ := io.ReadAll(nc); len(text) > 0 { // a reset is an answer, too
		t.Errorf("another user is answered %q", text)
	}
	select {
	case uid := <-g.strangers:
		if uid != want {
			t.Errorf("the stranger is user %d, want %d", uid, want)
		}
	case <-time.After(20 * time.Second):
		t.Error("the stranger is not reported")
	}
	if len(g.next) > 0 {
		t.Error("another user has asked for an event")
	}
}

// becomeOnThisThread makes the sockets that the test opens those of another user. The thread ends
// with the test.
func becomeOnThisThread(t *testing.T, uid int) {
	t.Helper()
	runtime.LockOSThread()
	// It returns the user before.
	_, _, _ = syscall.RawSyscall(syscall.SYS_SETFSUID, uintptr(uid), 0, 0)
}

// TestOwnUserIsServed connects over both kinds of sockets: Java opens the second for all addresses.
func TestOwnUserIsServed(t *testing.T) {
	g, s := newGuarded(t)
	s.Start()
	_, port, err := net.SplitHostPort(s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	for _, network := range []string{"tcp4", "mapped"} {
		nc := dialFamily(t, network, port)
		if _, err := io.WriteString(nc, askNext); err != nil {
			t.Fatal(err)
		}
		select {
		case <-g.next:
		case <-time.After(20 * time.Second):
			t.Errorf("%s: no event may be asked for", network)
		}
	}
	if len(g.strangers) > 0 {
		t.Errorf("user %d is a stranger", <-g.strangers)
	}
}

// dialFamily connects to a port of 127.0.0.1 by a socket of IPv4, or by one of IPv6 with the
// address mapped.
func dialFamily(t *testing.T, network, port string) net.Conn {
	t.Helper()
	if network == "tcp4" {
		nc, err := net.Dial(network, "127.0.0.1:"+port)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = nc.Close() })
		return nc
	}
	fd, err := syscall.Socket(syscall.AF_INET6, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Skipf("a connection over IPv6 was not run: %v", err)
	}
	f := os.NewFile(uintptr(fd), "socket")
	defer f.Close()
	number, err := net.LookupPort("tcp", port)
	if err != nil {
		t.Fatal(err)
	}
	to := &syscall.SockaddrInet6{Port: number, Addr: [16]byte(net.IPv4(127, 0, 0, 1).To16())}
	if err := syscall.Connect(fd, to); err != nil {
		t.Fatal(err)
	}
	nc, err := net.FileConn(f)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	return nc
}

// TestConnectionsAreBounded opens more connections than a process may have.
func TestConnectionsAreBounded(t *testing.T) {
	const most, more = 64, 10
	g := guarded{make(next, most+more), make(chan int, 1)}
	s, err := runtimeapi.Listen(g, runtimeapi.Limits{Head: time.Minute, Silent: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Shutdown(time.Now()) })
	s.Start()
	var opened []net.Conn
	for range most + more {
		opened = append(opened, dial(t, s, askNext))
	}
	for range most {
		<-g.next
	}
	select {
	case <-g.next:
		t.Errorf("more than %d connections are served", most)
	case <-time.After(50 * time.Millisecond):
	}
	for _, nc := range opened[:more] {
		_ = nc.Close()
	}
	for range more {
		select {
		case <-g.next:
		case <-time.After(20 * time.Second):
			t.Fatal("connections are not served once there is room")
		}
	}
}

// TestLongHeadIsRefused sends a header that never ends.
func TestLongHeadIsRefused(t *testing.T) {
	_, s := newGuarded(t)
	s.Start()
	nc := dial(t, s, "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\n")
	sent := 0
	line := "X: " + strings.Repeat("x", 64<<10) + "\r\n"
	for sent < 100<<20 {
		n, err := io.WriteString(nc, line)
		if sent += n; err != nil {
			break
		}
	}
	if sent > 20<<20 { // what the buffers of the sockets take is not read
		t.Errorf("%d bytes of head were taken", sent)
	}
}

// TestHeadUpToTheLimitIsTaken sends as long a header as runtimes do.
func TestHeadUpToTheLimitIsTaken(t *testing.T) {
	_, s := newGuarded(t)
	s.Start()
	nc := dial(t, s, reply+"Content-Length: 2\r\nLambda-Runtime-Function-Xray-Error-Cause: "+
		strings.Repeat("x", 1<<20)+"\r\n\r\n{}")
	res, err := http.ReadResponse(bufio.NewReader(nc), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusAccepted {
		t.Errorf("status %d", res.StatusCode)
	}
}
