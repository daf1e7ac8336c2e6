package gateway_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/ws"
)

// TestClientsThatNeverReadHoldBoundedMemory sends as much as is taken to many clients that read
// nothing.
func TestClientsThatNeverReadHoldBoundedMemory(t *testing.T) {
	t.Parallel() // it mostly waits
	const clients, size, limit = 40, 32 << 10, 4 << 20
	onBoth(t, func(t *testing.T, portable bool) {
		app := echo()
		l := follow(app)
		r := startNarrow(t, &gateway.Server{
			Handler: app, Portable: portable, Limits: gateway.Limits{Memory: limit, Close: soon},
		})
		healthy := r.dial(t)
		next(t, l.connects)
		var ids []tyg.ConnID
		for range clients {
			r.wire(t)
			ids = append(ids, next(t, l.connects).ID)
		}
		var most int64
		for i := range 2 << 20 / size { // twice the queue of each
			for _, id := range ids {
				err := r.Send(t.Context(), id, []byte(numbered(i, size)))
				if err != nil && !errors.Is(err, tyg.ErrThrottled) && !errors.Is(err, tyg.ErrGone) {
					t.Fatal(err)
				}
				most = max(most, r.Stats().Held)
			}
			healthy.send(t, "hello")
			healthy.expect(t, "hello")
		}
		const slack = 512 << 10 // a buffer grows by a quarter
		if most > limit+slack || most < limit/2 {
			t.Errorf("%d KB were held, of which %d KB may be", most>>10, limit>>10)
		}
		if n := r.Stats().Closed["memory"]; n == 0 || n == clients {
			t.Errorf("%d of %d clients were closed", n, clients)
		}
		until(t, "the memory is free once clients are closed", func() bool {
			for _, id := range ids {
				_ = r.Close(t.Context(), id)
			}
			return r.Stats().Held == 0
		})
	})
}

// TestScarceMemoryRefusesHandshakes has one client hold nearly all memory: others are refused, and
// then accepted again.
func TestScarceMemoryRefusesHandshakes(t *testing.T) {
	t.Parallel() // it mostly waits
	app := echo()
	l := follow(app)
	r := start(t, &gateway.Server{
		Handler: app, Limits: gateway.Limits{Memory: 400 << 10, Queue: 310 << 10, Close: soon},
	})
	c := r.dial(t)
	id := next(t, l.connects).ID
	// The kernel takes some of what is queued, for a moment.
	for full := 0; full < 50; time.Sleep(time.Millisecond) {
		if full++; r.Send(t.Context(), id, []byte(numbered(0, 8<<10))) == nil {
			full = 0
		}
	}
	res, _ := r.ask(t, r.handshake())
	if res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" {
		t.Errorf("status %d, header %v", res.StatusCode, res.Header)
	}
	if n := r.Stats().Closed["memory"]; n != 0 {
		t.Errorf("%d clients were closed", n)
	}
	if n := r.Stats().Refused["memory"]; n != 1 {
		t.Errorf("%d were refused for memory, want 1: %v", n, r.Stats().Refused)
	}
	go func() { // ends with the connection
		for err := error(nil); err == nil; {
			_, _, err = c.Read(t.Context())
		}
	}()
	until(t, "handshakes are accepted", func() bool {
		c, err := r.try(nil)
		if err == nil {
			_ = c.CloseNow()
		}
		return err == nil
	})
}

// TestIncompleteMessagesHoldBoundedMemory has many clients begin messages and not end them.
func TestIncompleteMessagesHoldBoundedMemory(t *testing.T) {
	t.Parallel() // it mostly waits
	const clients, limit = 100, 1 << 20
	tests := map[string]string{
		"a frame":   string(clientFrame(ws.OpText, true, strings.Repeat("x", 30<<10))[:29<<10]),
		"fragments": string(clientFrame(ws.OpText, false, strings.Repeat("x", 30<<10))),
	}
	for name, part := range tests {
		t.Run(name, func(t *testing.T) {
			r := start(t, &gateway.Server{
				Handler: echo(), Limits: gateway.Limits{Memory: limit, Close: soon},
			})
			r.wire(t) // holds nothing, and is not closed
			for range clients {
				w := r.connect(t)
				w.write(t, r.handshake())
				if w.response(t).StatusCode != http.StatusSwitchingProtocols {
					break
				}
				w.write(t, part)
				if held := r.Stats().Held; held > limit+128<<10 {
					t.Fatalf("%d KB are held", held>>10)
				}
			}
			until(t, "much is held", func() bool { return r.Stats().Held > limit/2 })
		})
	}
}

// TestSlowHandlersCount has handlers that hold the buffer of their read.
func TestSlowHandlersCount(t *testing.T) {
	release := make(chan struct{})
	r := start(t, &gateway.Server{Handler: blocker(release)})
	for range 5 {
		r.wire(t).write(t, string(clientFrame(ws.OpText, true, "block")))
	}
	until(t, "five buffers count", func() bool { return r.Stats().Held == 5*64<<10 })
	close(release)
	until(t, "none counts", func() bool { return r.Stats().Held == 0 })
}

// TestSessionFitsItsSizeClass keeps what a silent client costs: the allocator has a class of 640
// bytes, of which it takes 8 itself.
func TestSessionFitsItsSizeClass(t *testing.T) {
	if unsafe.Sizeof(uintptr(0)) != 8 {
		t.Skip("the sizes are those of machines of 64 bits")
	}
	if session, pending := gateway.Sizes(); max(session, pending) > 632 {
		t.Errorf("a session has %d bytes, a pendingConn %d", session, pending)
	}
}

// TestSweepTouchesOneLine keeps what the sweep reads of a session for which nothing is due within a
// line of the cache: with as many sessions as there may be, each line is fetched from memory.
func TestSweepTouchesOneLine(t *testing.T) {
	at, size := gateway.QuietAt()
	if first, last := (at+8)/64, (at+8+size-1)/64; unsafe.Sizeof(uintptr(0)) == 8 && first != last {
		t.Errorf("the sweep reads %d bytes at %d", size, at)
	}
}

// TestSendTouchesTwoLines keeps what a send touches within two lines of the cache, of 64 bytes:
// the allocator has the first 8, and the socket needs 40, see TestWriteTouchesFewBytes.
func TestSendTouchesTwoLines(t *testing.T) {
	if n := gateway.SendSize(); n > 128-8-40 {
		t.Errorf("the socket begins at byte %d", n)
	}
}
