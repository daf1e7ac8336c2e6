package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http/httptest"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/ws"
)

// narrow gives the sockets of a listener, and of its clients, small buffers.
type narrow struct{ net.Listener }

const narrowBuffer = 16 << 10

func (n narrow) Accept() (net.Conn, error) {
	c, err := n.Listener.Accept()
	if tcp, ok := c.(*net.TCPConn); ok {
		err = errors.Join(tcp.SetReadBuffer(narrowBuffer), tcp.SetWriteBuffer(narrowBuffer))
	}
	return c, err
}

func dialNarrow(ctx context.Context, network, addr string) (net.Conn, error) {
	c, err := new(net.Dialer).DialContext(ctx, network, addr)
	if tcp, ok := c.(*net.TCPConn); ok {
		err = errors.Join(tcp.SetReadBuffer(narrowBuffer), tcp.SetWriteBuffer(narrowBuffer))
	}
	return c, err
}

func startNarrow(t *testing.T, srv *gateway.Server) *rig {
	t.Helper()
	web := httptest.NewUnstartedServer(srv)
	web.Listener = narrow{web.Listener}
	web.Start()
	r := startOn(t, srv, web)
	r.net = dialNarrow
	return r
}

// numbered is message i, of n bytes.
func numbered(i, n int) string { return fmt.Sprintf("%08d", i) + strings.Repeat("x", n-8) }

// onBoth runs a test on both ways to a socket.
func onBoth(t *testing.T, f func(t *testing.T, portable bool)) {
	t.Helper()
	t.Run("raw", func(t *testing.T) { f(t, false) })
	t.Run("portable", func(t *testing.T) { f(t, true) })
}

// TestSendToFullQueueReturnsErrThrottled sends to a client that does not read, until it does.
func TestSendToFullQueueReturnsErrThrottled(t *testing.T) {
	t.Parallel() // it mostly waits
	const size = 8 << 10
	onBoth(t, func(t *testing.T, portable bool) {
		app := echo()
		l := follow(app)
		throttled := make(chan tyg.ConnID, 1)
		r := startNarrow(t, &gateway.Server{
			Handler: app, Portable: portable, Limits: gateway.Limits{Queue: 100 << 10},
			Trace: gateway.Trace{Throttled: func(id tyg.ConnID) { throttled <- id }},
		})
		c := r.dial(t)
		id := next(t, l.connects).ID
		accepted := 0
		var err error
		for ; err == nil && accepted < 10_000; accepted++ {
			err = r.Send(t.Context(), id, []byte(numbered(accepted, size)))
		}
		accepted--
		if !errors.Is(err, tyg.ErrThrottled) || accepted < 100<<10/size {
			t.Fatalf("after %d messages: %v", accepted, err)
		}
		if got := next(t, throttled); got != id || r.Stats().Throttled != 1 {
			t.Errorf("throttled %s, %d times", got, r.Stats().Throttled)
		}
		if queued, _ := r.Waiting(id); queued > 100<<10+size || queued < 50<<10 {
			t.Errorf("%d bytes are queued", queued)
		}
		if _, err := r.Info(t.Context(), id); err != nil {
			t.Errorf("the connection: %v", err)
		}
		for i := range accepted {
			c.expect(t, numbered(i, size))
		}
		until(t, "the queue is empty, and its buffers are given back", func() bool {
			queued, held := r.Waiting(id)
			return queued == 0 && !held
		})
		if err := r.Send(t.Context(), id, []byte("again")); err != nil {
			t.Errorf("once the client reads: %v", err)
		}
		c.expect(t, "again")
	})
}

// TestSlowConsumerIsClosedByBroadcast broadcasts to many of whom one does not read.
func TestSlowConsumerIsClosedByBroadcast(t *testing.T) {
	t.Parallel() // it mostly waits
	const size, clients = 32 << 10, 50
	onBoth(t, func(t *testing.T, portable bool) {
		app := echo()
		ids := make(chan tyg.ConnID, clients)
		ends := make(chan tyg.Disconnect, clients)
		app.OnConnect(func(_ context.Context, c *tyg.Conn, _ *tyg.Request) error {
			ids <- c.ID
			return nil
		})
		app.OnDisconnect(func(_ context.Context, _ *tyg.Conn, d tyg.Disconnect) error {
			ends <- d
			return nil
		})
		r := startNarrow(t, &gateway.Server{
			Handler: app, Portable: portable, Limits: gateway.Limits{Queue: 128 << 10},
		})
		stalled := r.dial(t)
		all := []tyg.ConnID{next(t, ids)}
		var others []*client
		for range clients - 1 {
			others = append(others, r.dial(t))
			all = append(all, next(t, ids))
		}
		round, err := 0, error(nil)
		for ; err == nil && round < 100; round++ {
			begin := time.Now()
			err = r.SendMany(t.Context(), all, []byte(numbered(round, size)))
			if d := time.Since(begin); d > 2*time.Second {
				t.Errorf("a broadcast took %v", d)
			}
			for _, c := range others {
				c.expect(t, numbered(round, size))
			}
		}
		failures := make(map[tyg.ConnID]error)
		for id, err := range tyg.Failures(err) {
			failures[id] = err
		}
		if len(failures) != 1 || !errors.Is(failures[all[0]], tyg.ErrThrottled) {
			t.Fatalf("after %d broadcasts: %v", round, err)
		}
		if err := r.Send(t.Context(), all[0], []byte("x")); !errors.Is(err, tyg.ErrGone) {
			t.Errorf("sending to it once more: %v", err)
		}
		for i := range round - 1 {
			stalled.expect(t, numbered(i, size))
		}
		stalled.expectClose(t, ws.CloseTryAgainLater, "Slow consumer")
		want := tyg.Disconnect{Code: ws.CloseTryAgainLater, Reason: "Slow consumer"}
		if got := next(t, ends); got != want {
			t.Errorf("disconnect %+v, want %+v", got, want)
		}
	})
}

// TestFloodIsHeldBack writes to a gateway whose handler is busy: what it takes is bounded, and
// nothing is lost.
func TestFloodIsHeldBack(t *testing.T) {
	t.Parallel() // it mostly waits
	onBoth(t, func(t *testing.T, portable bool) {
		busy := make(chan struct{})
		handled := 0
		app := tyg.New("test")
		app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
			if string(m.Data) == "end" {
				return c.Send(ctx, fmt.Appendf(nil, "%d", handled))
			}
			<-busy
			handled++
			return nil
		})
		r := startNarrow(t, &gateway.Server{Handler: app, Portable: portable})
		w := r.wire(t)
		frame := clientFrame(ws.OpText, true, strings.Repeat("x", 32<<10))
		written, frames := 0, 0
		var rest []byte
		for rest == nil && written < 64<<20 {
			_ = w.SetWriteDeadline(time.Now().Add(300 * time.Millisecond))
			n, err := w.Write(frame)
			written += n
			frames++
			if errors.Is(err, os.ErrDeadlineExceeded) {
				rest = frame[n:]
			} else if err != nil {
				t.Fatal(err)
			}
		}
		if written > 1<<20 {
			t.Errorf("%d bytes were read from a client whose handler does not return", written)
		}
		close(busy)
		_ = w.SetWriteDeadline(time.Now().Add(patience))
		w.write(t, string(rest)+string(clientFrame(ws.OpText, true, "end")))
		w.expect(t, fmt.Sprint(frames))
	})
}

// TestUnreadRepliesStopReading has a client that sends and never reads the replies.
func TestUnreadRepliesStopReading(t *testing.T) {
	t.Parallel() // it mostly waits
	onBoth(t, func(t *testing.T, portable bool) {
		r := startNarrow(t, &gateway.Server{
			Handler: echo(), Portable: portable, Limits: gateway.Limits{Queue: 256 << 10},
		})
		w := r.wire(t)
		frame := clientFrame(ws.OpText, true, strings.Repeat("x", 8<<10))
		frames, part := 0, 0
		for part == 0 && frames < 10_000 {
			_ = w.SetWriteDeadline(time.Now().Add(300 * time.Millisecond))
			n, err := w.Write(frame)
			if err != nil {
				part = len(frame) - n
			}
			frames++
		}
		if frames > 200 {
			t.Errorf("%d messages were taken from a client that does not read", frames)
		}
		go func() { // ends with the test's last read, or with the socket
			_ = w.SetWriteDeadline(time.Time{})
			_, _ = w.Write(frame[len(frame)-part:])
		}()
		for range frames {
			if h, text := w.frame(t); h.Length != 8<<10 || strings.Trim(text, "x") != "" {
				t.Fatalf("received %.100q", text)
			}
		}
	})
}

// TestManyLargeReplies has a client ask for much at once, and read it slowly: it gets all of it,
// because its next message is not handled before it has taken enough.
func TestManyLargeReplies(t *testing.T) {
	t.Parallel() // it mostly waits
	const asked, size = 64, 64 << 10
	onBoth(t, func(t *testing.T, portable bool) {
		app := tyg.New("test")
		app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
			i, err := strconv.Atoi(string(m.Data))
			if err != nil {
				return err
			}
			return c.SendString(ctx, numbered(i, size))
		})
		r := startNarrow(t, &gateway.Server{Handler: app, Portable: portable})
		w := r.wire(t)
		var all strings.Builder
		for i := range asked {
			all.Write(clientFrame(ws.OpText, true, strconv.Itoa(i)))
		}
		w.write(t, all.String())
		for i := range asked {
			w.expect(t, numbered(i, size))
		}
		if s := r.Stats(); s.Throttled != 0 || s.Failures != 0 {
			t.Errorf("%d replies were refused, %d handlers failed", s.Throttled, s.Failures)
		}
	})
}

// TestClientsThatAreBehindHoldNoLeader has clients that take nothing of what they ask for. No
// goroutine that has turns of others to run waits for them, and one that reads then gets all.
func TestClientsThatAreBehindHoldNoLeader(t *testing.T) {
	t.Parallel() // it mostly waits
	const clients, asked, size = 10, 30, 64 << 10
	app := tyg.New("test")
	ids := make(chan tyg.ConnID, clients)
	app.OnConnect(func(_ context.Context, c *tyg.Conn, _ *tyg.Request) error {
		ids <- c.ID
		return nil
	})
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		return c.SendString(ctx, numbered(0, size))
	})
	limits := gateway.Limits{Write: -1} // the slow test must not have them cut
	r := startNarrow(t, &gateway.Server{Handler: app, Limits: limits})
	var all []*wire
	for range clients {
		w := r.wire(t)
		w.write(t, strings.Repeat(string(clientFrame(ws.OpText, true, "x")), asked))
		all = append(all, w)
	}
	for range clients {
		id := next(t, ids)
		until(t, "the client is behind", func() bool {
			queued, _ := r.Waiting(id)
			return queued > 512<<10
		})
	}
	for _, g := range strings.Split(stacks(), "\n\n") {
		if strings.Contains(g, "awaitQueue") && strings.Contains(g, "sock.(*loop)") {
			t.Errorf("a leader waits for a client:\n%s", g)
		}
	}
	for range asked { // of one: TCP tries the others again seconds later
		all[0].expect(t, numbered(0, size))
	}
}

// stacks returns the stacks of all goroutines.
func stacks() string {
	b := make([]byte, 16<<20)
	return string(b[:runtime.Stack(b, true)])
}
