package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/sampletest"
	"github.com/tyg-dev/tyg/internal/selftest"
	"github.com/tyg-dev/tyg/internal/sock"
)

// serverEnv makes of a test's process nothing but a server.
const serverEnv = "TYG_TEST_SERVER"

// TestCalls counts the system calls of a server in a process of its own, and in how many pieces its
// clients get what it says. What it reads at once leaves at once.
func TestCalls(t *testing.T) {
	if os.Getenv(serverEnv) != "" {
		serveStdin(t)
		return
	}
	const depth, clients = 8, 100
	rounds := 100
	if sampletest.Exhaustive() {
		rounds = 300
	}
	r, pid := startProcess(t)
	var all []*wire
	for range clients {
		all = append(all, r.wire(t))
	}
	tests := []struct {
		name, text string
		depth      int
		to         []*wire
		writes     int // at most, for each round
	}{
		{"echo", "echo", depth, all[:1], 1},
		{"broadcast", "to all", 1, all, clients},
		{"broadcasts", "to all", depth, all, clients},
		{"echo through middleware", "wrapped", depth, all[:1], 1},
		{"broadcasts through middleware", "to all, wrapped", depth, all, clients},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			question := []byte(strings.Repeat(frames(tt.text), tt.depth))
			before, pieces := callsOf(t, pid), piecesTo(t, tt.to)
			for range rounds {
				all[0].write(t, string(question))
				for _, w := range tt.to {
					for range tt.depth {
						w.expect(t, tt.text)
					}
				}
			}
			// A hold expires when the machine is slow, and Go's own poller reads and writes now and then.
			after := callsOf(t, pid)
			if n := after.reads - before.reads; n > 3*rounds {
				t.Errorf("%d reads in %d rounds", n, rounds)
			}
			if n := after.writes - before.writes; n > 2*rounds*(tt.writes+1) {
				t.Errorf("%d writes in %d rounds", n, rounds)
			}
			if n := piecesTo(t, tt.to) - pieces; n > 2*rounds*len(tt.to) {
				t.Errorf("%d pieces in %d rounds to %d clients", n, rounds, len(tt.to))
			}
		})
	}
}

// TestRepliesLeaveTogether stops a server until many clients have sent it something. The replies
// then take fewer calls than there are clients, and each client gets its own.
func TestRepliesLeaveTogether(t *testing.T) {
	if os.Getenv(serverEnv) != "" {
		serveStdin(t)
		return
	}
	p := new(sock.Poller)
	defer p.Close()
	b := p.Batch()
	if b == nil {
		t.Skip("replies that leave together were not run: the kernel does not offer io_uring here")
	}
	b.Flush()
	const clients, fewer = 100, 10
	r, pid := startProcess(t)
	var all []*wire
	for range clients {
		all = append(all, r.wire(t))
	}
	defer syscall.Kill(pid, syscall.SIGCONT) // after a failure
	// What slow turns write leaves at once: some on a busy machine, all under the race detector.
	writes := clients
	for end := time.Now().Add(time.Minute); writes > clients-fewer; {
		if time.Now().After(end) {
			t.Fatalf("%d writes to %d clients", writes, clients)
		}
		_ = syscall.Kill(pid, syscall.SIGSTOP)
		before := callsOf(t, pid)
		for i, w := range all {
			_ = w.SetReadDeadline(time.Now().Add(time.Minute))
			w.write(t, frames(fmt.Sprint("from ", i)))
		}
		_ = syscall.Kill(pid, syscall.SIGCONT)
		for i, w := range all {
			w.expect(t, fmt.Sprint("from ", i))
		}
		if writes = callsOf(t, pid).writes - before.writes; raceEnabled {
			return
		}
	}
}

type calls struct{ reads, writes int }

// callsOf returns how many calls of read and write a process has made.
// (https://man7.org/linux/man-pages/man5/proc_pid_io.5.html)
func callsOf(t *testing.T, pid int) (c calls) {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/io", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		_, _ = fmt.Sscanf(line, "syscr: %d", &c.reads) // other lines are no match
		_, _ = fmt.Sscanf(line, "syscw: %d", &c.writes)
	}
	return c
}

// piecesTo returns how many segments with data have come to clients: tcpi_data_segs_in.
// (https://github.com/torvalds/linux/blob/master/include/uapi/linux/tcp.h)
func piecesTo(t *testing.T, to []*wire) (pieces int) {
	t.Helper()
	for _, w := range to {
		raw, err := w.Conn.(*net.TCPConn).SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		var info [40]uint32
		err = raw.Control(func(fd uintptr) {
			size := uint32(unsafe.Sizeof(info))
			_, _, errno := syscall.Syscall6(
				syscall.SYS_GETSOCKOPT, fd, syscall.IPPROTO_TCP, syscall.TCP_INFO,
				uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0,
			)
			if errno != 0 || size < uint32(unsafe.Sizeof(info)) {
				t.Errorf("TCP_INFO: %v, %d bytes", errno, size)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		pieces += int(info[38])
	}
	return pieces
}

// startProcess runs this test in another process, until the end of this one.
func startProcess(t *testing.T) (r *rig, pid int) {
	t.Helper()
	addr, pid := selftest.Start(t, serverEnv)
	return &rig{url: "http://" + addr + "/api/"}, pid
}

// serveStdin serves until stdin ends: what begins with "to all" goes to all, the rest back. What
// has "wrapped" in it is handled with a context of middleware's own.
func serveStdin(t *testing.T) {
	app := tyg.New("test")
	l := follow(app)
	srv := &gateway.Server{Handler: app, Logger: quiet}
	var ids []tyg.ConnID // owned by the one client that sends
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		if strings.HasPrefix(string(m.Data), "to all") {
			for len(l.connects) > 0 {
				ids = append(ids, (<-l.connects).ID)
			}
			return srv.SendMany(ctx, ids, m.Data)
		}
		return c.Send(ctx, m.Data)
	})
	app.Use(func(next tyg.Handler) tyg.Handler {
		limited := tyg.Timeout(time.Minute)(next)
		return tyg.HandlerFunc(func(ctx context.Context, e tyg.Event) (tyg.Reply, error) {
			if strings.Contains(string(e.Message.Data), "wrapped") {
				return limited.Handle(ctx, e)
			}
			return next.Handle(ctx, e)
		})
	})
	listener := listen(t, "tcp", "127.0.0.1:0")
	fmt.Println(listener.Addr())
	served := make(chan error, 1)
	go func() { served <- srv.Serve(listener) }() // Shutdown ends it
	_, _ = io.Copy(io.Discard, os.Stdin)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_ = srv.Shutdown(ctx) // the clients may be there still
	if err := next(t, served); !errors.Is(err, http.ErrServerClosed) {
		t.Error(err)
	}
}
