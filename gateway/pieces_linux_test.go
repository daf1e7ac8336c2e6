package gateway_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/ws"
)

// TestPiecesAreReadTogether sends a message in pieces. After each piece other clients have a
// message back, so the server has had time for the piece too. It reads most of them together.
func TestPiecesAreReadTogether(t *testing.T) {
	t.Parallel()
	app := echo()
	l := follow(app)
	r := start(t, &gateway.Server{
		Handler: app, Logger: quiet, Extensions: gateway.Extensions{Ping: time.Hour},
	})
	w := r.wire(t)
	id := next(t, l.connects).ID
	var others []*wire // so many that every loop of the server has one, on machines with few
	for range 4 {
		others = append(others, r.wire(t))
	}
	text := strings.Repeat("x", 32<<10)
	pieces, reads, last := 0, 0, r.HeardAt(id)
	for piece := range slices.Chunk(clientFrame(ws.OpText, true, text), 512) {
		w.write(t, string(piece))
		pieces++
		for _, o := range others {
			o.write(t, frames("echo"))
			o.expect(t, "echo")
		}
		if at := r.HeardAt(id); at != last {
			last = at
			reads++
		}
	}
	w.expect(t, text)
	if reads > pieces/4 {
		t.Errorf("%d reads for %d pieces", reads, pieces)
	}
}

// TestSlowPiecesAreHeard has a client send a large frame so slowly that the socket has brought
// nothing for as long as a ping waits. What has come meanwhile is read before the client counts as
// silent.
func TestSlowPiecesAreHeard(t *testing.T) {
	t.Parallel()
	app := echo()
	l := follow(app)
	srv := &gateway.Server{
		Handler: app, Logger: quiet, Extensions: gateway.Extensions{Ping: time.Hour},
		Limits: gateway.Limits{Idle: -1, Life: -1, Read: -1},
	}
	r := start(t, srv)
	w := r.wire(t)
	id := next(t, l.connects).ID
	text := strings.Repeat("x", 3000)
	frame := string(clientFrame(ws.OpText, true, text))
	heard := func(after int64) (at int64) {
		until(t, "bytes are read", func() bool {
			at = r.HeardAt(id)
			return at > after
		})
		return at
	}
	before := r.HeardAt(id)
	w.write(t, frame[:20])
	before = heard(before)
	w.write(t, frame[20:40])
	r.Sweep(time.Now().Add(time.Hour + time.Minute))
	if h, _ := w.frame(t); h.Opcode != ws.OpPing {
		t.Fatalf("received %v, want a ping", h)
	}
	_ = heard(before)
	w.write(t, frame[40:])
	w.expect(t, text)
}
