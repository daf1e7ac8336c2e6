package gateway_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/ws"
)

// mutationsVariable is how many mutated frames TestMutatedFrames sends.
const mutationsVariable = "TYG_TEST_MUTATIONS"

// TestMutatedFrames has clients send valid frames, and then frames of which bytes were changed,
// dropped, doubled or swapped. The replies to the valid ones come in order; what other clients send
// each other meanwhile arrives once and unchanged; no handler fails, and nothing stays behind.
func TestMutatedFrames(t *testing.T) {
	t.Parallel() // it mostly waits
	frames := 4000
	if text := os.Getenv(mutationsVariable); text != "" {
		var err error
		if frames, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	onBoth(t, func(t *testing.T, portable bool) {
		app := tyg.New("test")
		app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
			if rest, ok := strings.CutPrefix(string(m.Data), "say "); ok && c.UserAgent == "healthy" {
				return app.Group("healthy").SendString(ctx, rest)
			}
			if c.UserAgent == "healthy" {
				if err := app.Group("healthy").Add(ctx, c.ID); err != nil {
					return err
				}
			}
			_ = c.Send(ctx, m.Data) // a mutant may be closing
			return nil
		})
		r := start(t, &gateway.Server{
			Handler: app, Portable: portable, Limits: gateway.Limits{Close: soon, Read: 10 * soon},
		})
		stop := r.talk(t)
		var left, sent atomic.Int64
		left.Store(int64(frames))
		var clients sync.WaitGroup
		for i := range 8 {
			clients.Go(func() {
				rng := rand.New(rand.NewPCG(uint64(i), 7))
				for left.Load() > 0 && !t.Failed() {
					n := int64(r.mutate(t, rng))
					sent.Add(n)
					left.Add(-n)
				}
			})
		}
		clients.Wait()
		stop()
		if s := r.Stats(); s.Failures != 0 {
			t.Errorf("%d handlers failed", s.Failures)
		}
		until(t, "all connections have ended", func() bool { return r.Stats().Connections == 0 })
		t.Logf("%d mutated frames: %v", sent.Load(), r.Stats().Closed)
	})
}

// talk has three clients send each other numbers, until stop is called, and checks that they come.
func (r *rig) talk(t *testing.T) (stop func()) {
	const members = 3
	var all []*wire
	for range members {
		w := r.wire(t, "User-Agent: healthy")
		w.write(t, string(clientFrame(ws.OpText, true, "join")))
		w.expect(t, "join")
		all = append(all, w)
	}
	done, over := make(chan struct{}), make(chan struct{})
	go func() { // ends after stop, which waits for it
		defer close(over)
		for i := 0; !isClosed(done) && !t.Failed(); i++ {
			for _, w := range all { // a million frames take longer than one deadline
				_ = w.SetReadDeadline(time.Now().Add(time.Minute)) // a read fails if this does
			}
			all[i%members].write(t, string(clientFrame(ws.OpText, true, fmt.Sprint("say ", i))))
			for n, w := range all {
				if _, text := w.frame(t); text != fmt.Sprint(i) {
					t.Errorf("healthy client %d received %q, want %d", n, text, i)
				}
			}
		}
	}()
	return func() {
		close(done)
		<-over
		for _, w := range all {
			_ = w.Close()
		}
	}
}

func isClosed(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}

// mutate is one session of a client that sends mutated frames. It returns how many.
func (r *rig) mutate(t *testing.T, rng *rand.Rand) (frames int) {
	w := r.connect(t)
	defer w.Close()
	extra := []string{"User-Agent: mutant"}
	deflate := rng.IntN(2) == 0
	if deflate {
		extra = append(extra, "Sec-WebSocket-Extensions: permessage-deflate")
	}
	w.write(t, r.handshake(extra...))
	if res := w.response(t); res.StatusCode != http.StatusSwitchingProtocols {
		t.Errorf("status %d", res.StatusCode)
		return 1
	}
	for i := range rng.IntN(4) {
		text := strings.Repeat(fmt.Sprint("valid ", i), 1+rng.IntN(40))
		w.write(t, string(validFrame(rng, deflate, text)))
		w.expect(t, text)
	}
	go func() { _, _ = io.Copy(io.Discard, w) }() // ends with w
	for range 1 + rng.IntN(60) {
		b := mutant(rng, validFrame(rng, deflate, strings.Repeat("mutant ", rng.IntN(60))))
		frames++
		if _, err := w.Write(b); err != nil {
			return frames
		}
	}
	return frames
}

// validFrame returns a frame with a text, compressed or not.
func validFrame(rng *rand.Rand, deflate bool, text string) []byte {
	if deflate && rng.IntN(2) == 0 {
		return compressedFrame(ws.OpText, []byte(text))
	}
	return clientFrame(ws.OpText, true, text)
}

// mutant changes a frame.
func mutant(rng *rand.Rand, b []byte) []byte {
	for range rng.IntN(4) {
		at := rng.IntN(len(b))
		switch rng.IntN(6) {
		case 0:
			b[at] ^= 1 << rng.IntN(8)
		case 1:
			b[at] = byte(rng.Uint32())
		case 2: // most often in the header
			b[rng.IntN(min(len(b), 8))] = byte(rng.Uint32())
		case 3:
			b = append(b[:at:at], b[min(len(b), at+1+rng.IntN(8)):]...)
		case 4:
			b = append(b[:at:at], append([]byte(nil), b[at/2:]...)...)
		case 5:
			b = append(append([]byte(nil), b[at:]...), b[:at]...)
		}
		if len(b) == 0 {
			return []byte{byte(rng.Uint32())}
		}
	}
	return b
}
