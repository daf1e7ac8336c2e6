package ws_test

import (
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/internal/ws"
)

// readCompressed reads one frame of a server that has to be compressed.
func readCompressed(t *testing.T, f []byte) string {
	t.Helper()
	h, _, err := ws.ParseHeader(f)
	if err != nil || !h.Fin || !h.RSV1 || h.Masked {
		t.Errorf("header is %+v, %v", h, err)
	}
	r := &ws.Reader{Config: &ws.Config{Client: true}, Inflate: true}
	defer r.Release()
	m, n, err := r.Next(f)
	if err != nil || n != len(f) {
		t.Errorf("used %d of %d bytes, %v", n, len(f), err)
	}
	return show(m.Op, string(m.Data))
}

func TestAppendCompressed(t *testing.T) {
	noise := make([]byte, 70000)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range noise {
		noise[i] = byte(random.Uint32())
	}
	payloads := []string{"", "a", "Hello", strings.Repeat("Hello, ", 20000)}
	for _, n := range []int{1, 119, 120, 121, 125, 126, 127, 65500, 65520, 65535, 65536, 70000} {
		payloads = append(payloads, string(noise[:n]), nul(n))
	}
	for _, want := range payloads {
		got := ws.AppendCompressed([]byte("before"), ws.OpBinary, []byte(want))
		if string(got[:6]) != "before" {
			t.Errorf("%d bytes: what was there is now %q", len(want), got[:6])
		}
		if readCompressed(t, got[6:]) != show(ws.OpBinary, want) {
			t.Errorf("%d bytes did not survive", len(want))
		}
	}
}

func TestAppendCompressedCompresses(t *testing.T) {
	f := ws.AppendCompressed(nil, ws.OpText, []byte(strings.Repeat("tyg ", 1000)))
	if len(f) > 100 {
		t.Errorf("4000 bytes became %d, want 100 or less", len(f))
	}
}

func TestAppendCompressedFromManyGoroutines(t *testing.T) {
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			want := strings.Repeat(string(rune('a'+i)), 1000+i)
			for range 20 {
				got := readCompressed(t, ws.AppendCompressed(nil, ws.OpText, []byte(want)))
				if got != text(want) {
					t.Errorf("goroutine %d got another's message", i)
				}
			}
		})
	}
	wg.Wait()
}

// TestPausesWhileItInflates inflates a message that takes long. Pauses do not change it, and are
// not counted as its cost.
func TestPausesWhileItInflates(t *testing.T) {
	const size, nap = 8 << 20, 5 * time.Millisecond
	text := strings.Repeat("x", size)
	pauses := 0
	pause := func() { pauses++; time.Sleep(nap) }
	config := new(ws.Config)
	for name, f := range map[string]string{
		"bomb": frame(fin|rsv1|1, deflate(text)), "short": frame(fin|rsv1|1, deflate("x")),
	} {
		pauses = 0
		r := ws.Reader{Config: config, Inflate: true}
		began := time.Now()
		m, n, err := r.NextPausing([]byte(f), pause)
		all := time.Since(began)
		if err != nil || n != len(f) || m.Op != ws.OpText {
			t.Fatalf("%s: %v of %d bytes, %d", name, err, n, m.Op)
		}
		if _, _, took := r.Inflated(); took > all-time.Duration(pauses)*nap {
			t.Errorf("%s took %v of %v with %d pauses", name, took, all, pauses)
		}
		if name == "bomb" && (pauses < 5 || string(m.Data) != text) {
			t.Errorf("a bomb of %d bytes has %d pauses", len(m.Data), pauses)
		}
		if name == "short" && pauses > 1 { // one on a machine that stops it
			t.Errorf("a short message has %d pauses", pauses)
		}
		r.Release()
	}
}
