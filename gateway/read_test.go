package gateway_test

import (
	"context"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/sampletest"
	"github.com/tyg-dev/tyg/internal/ws"
)

// TestReadingPiecesIsLinear counts the bytes that are copied and allocated for a frame that comes
// in pieces, and the memory that is kept meanwhile.
func TestReadingPiecesIsLinear(t *testing.T) {
	for _, size := range []int{32 << 10, 1 << 20, 4 << 20, 16 << 20} {
		frame := clientFrame(ws.OpBinary, true, strings.Repeat("x", size))
		for _, piece := range []int{64, 1460, 8 << 10, 1 << 20} {
			for _, blocks := range []bool{false, true} {
				t.Run(fmt.Sprint(size, "/", piece, " blocks ", blocks), func(t *testing.T) {
					testPieces(t, frame, piece, blocks)
				})
			}
		}
	}
}

func testPieces(t *testing.T, frame []byte, piece int, blocks bool) {
	const fixed = 512 << 10 // for the scratch, and for the start of the frame, which is copied often
	var before, after runtime.MemStats
	p := gateway.NewPieces(blocks)
	runtime.ReadMemStats(&before)
	for rest := frame[:len(frame)-1]; len(rest) > 0; {
		n := p.Read(rest[:min(piece, len(rest))])
		rest = rest[n:]
		kept, memory := p.Kept()
		if want := len(frame) - 1 - len(rest); kept != want {
			t.Fatalf("%d bytes are kept, want %d", kept, want)
		}
		if memory > 8*kept+1024 {
			t.Fatalf("%d bytes of memory are held for %d bytes", memory, kept)
		}
		if p.Copied > len(frame)+fixed {
			t.Fatalf("%d bytes were copied for %d bytes of a frame of %d", p.Copied, kept, len(frame))
		}
	}
	runtime.ReadMemStats(&after)
	if n := int(after.TotalAlloc - before.TotalAlloc); n > 2*len(frame)+fixed {
		t.Errorf("%d bytes were allocated for a frame of %d", n, len(frame))
	}
}

// TestHeaderOfLargeFrameTakesNoMemory sends the header of a frame of 16 MB and a few bytes of it.
func TestHeaderOfLargeFrameTakesNoMemory(t *testing.T) {
	app := tyg.New("test")
	l := follow(app)
	begin := string(clientFrame(ws.OpBinary, true, strings.Repeat("x", 16<<20))[:24])
	onBothLarge(t, app, func(t *testing.T, r *rig) {
		r.wire(t).write(t, begin)
		id := next(t, l.connects).ID
		var memory int
		until(t, "the bytes are kept", func() bool {
			var kept int
			kept, memory = r.Unparsed(id)
			return kept == len(begin)
		})
		if memory > 64 {
			t.Errorf("%d bytes of memory are held for %d bytes", memory, len(begin))
		}
	})
}

// TestPiecesAreReadAsOneWrite sends messages of all kinds, small ones behind large ones, in pieces
// of random sizes. The handler must get what it gets if all come at once.
func TestPiecesAreReadAsOneWrite(t *testing.T) {
	const offer = "Sec-WebSocket-Extensions: permessage-deflate"
	app := tyg.New("test")
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		return c.SendString(ctx, digest(m.Type, m.Data))
	})
	onBothLarge(t, app, func(t *testing.T, r *rig) {
		for _, seed := range sampletest.Numbers(t, 6, 2) {
			t.Run(fmt.Sprint(seed), func(t *testing.T) {
				sendInPieces(t, r.wire(t, offer), uint64(seed))
			})
		}
	})
	t.Run("pipe", func(t *testing.T) {
		for _, seed := range sampletest.Numbers(t, 6, 2) {
			synctest.Test(t, func(t *testing.T) {
				w := startPipes(t, serverProfile(t, app), nil).wire(t, offer)
				sendInPieces(t, w, uint64(seed))
			})
		}
	})
}

// onBothLarge is onBoth with servers that accept frames of 16 MB.
func onBothLarge(t *testing.T, h tyg.Handler, f func(t *testing.T, r *rig)) {
	onBoth(t, func(t *testing.T, portable bool) {
		srv := serverProfile(t, h)
		srv.Portable = portable
		f(t, start(t, srv))
	})
}

func serverProfile(t *testing.T, h tyg.Handler) *gateway.Server {
	p, err := gateway.NewProfile(gateway.ProfileServer)
	if err != nil {
		t.Fatal(err)
	}
	return &gateway.Server{Handler: h, Limits: p.Limits, Extensions: p.Extensions}
}

func digest(kind tyg.MessageType, data []byte) string {
	return fmt.Sprint(kind, " ", len(data), " ", crc32.ChecksumIEEE(data))
}

// sendInPieces sends random messages in pieces, and checks the replies of a handler that answers
// with the digest of each.
func sendInPieces(t *testing.T, w *wire, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 0))
	var stream []byte
	var want []string
	for range 40 {
		stream, want = appendMessage(r, stream, want)
	}
	failed := make(chan error, 1)
	most := []int{64, 1460, 8 << 10, 100 << 10}[r.IntN(4)]
	go func() { failed <- writePieces(r, w, stream, most) }() // ends with the stream or the socket
	for i, text := range want {
		if _, got := w.frame(t); got != text {
			t.Fatalf("reply %d is %q, want %q", i, got, text)
		}
	}
	if err := <-failed; err != nil {
		t.Error(err)
	}
}

// writePieces writes b in pieces of random sizes up to most.
func writePieces(r *rand.Rand, w io.Writer, b []byte, most int) error {
	for len(b) > 0 {
		n := min(1+r.IntN(most), len(b))
		if _, err := w.Write(b[:n]); err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

// appendMessage appends a random message, and the replies that follow it. The message is in one
// frame, compressed or not, or in several with pings between them.
func appendMessage(r *rand.Rand, stream []byte, want []string) ([]byte, []string) {
	op, kind := ws.OpText, tyg.Text
	if r.IntN(2) == 0 {
		op, kind = ws.OpBinary, tyg.Binary
	}
	data := make([]byte, r.IntN([]int{10, 200, 5_000, 70_000, 300_000}[r.IntN(5)]))
	for i := range data {
		data[i] = byte(r.IntN(128))
	}
	reply := digest(kind, data)
	// The race detector inflates so slowly that the client would be delayed, and closed then.
	if r.IntN(4) == 0 && !raceEnabled {
		return append(stream, compressedFrame(op, data)...), append(want, reply)
	}
	for r.IntN(2) == 0 {
		n := r.IntN(len(data) + 1)
		ping := fmt.Sprint("ping ", r.Uint32())
		stream = append(stream, clientFrame(op, false, string(data[:n]))...)
		stream = append(stream, clientFrame(ws.OpPing, true, ping)...)
		want = append(want, ping)
		op, data = ws.OpContinuation, data[n:]
	}
	return append(stream, clientFrame(op, true, string(data))...), append(want, reply)
}

// compressedFrame returns a frame of a client.
func compressedFrame(op ws.Opcode, data []byte) []byte {
	b := ws.AppendCompressed(nil, op, data)
	h, n, _ := ws.ParseHeader(b) // AppendCompressed writes no bad header
	h.Masked, h.Mask = true, [4]byte{1, 2, 3, 4}
	payload := b[n:]
	ws.Mask(payload, h.Mask)
	return append(ws.AppendHeader(nil, h), payload...)
}
