package gateway_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/ws"
	"github.com/tyg-dev/tyg/internal/wsclient"
)

// prose is text of n bytes that can be compressed, but not to nothing.
func prose(n int) string {
	rng := rand.New(rand.NewPCG(1, uint64(n)))
	var b strings.Builder
	for b.Len() < n {
		fmt.Fprintf(&b, "line %d of the poem, with love; ", rng.IntN(1000))
	}
	return b.String()[:n]
}

func TestDeflateEcho(t *testing.T) {
	onBoth(t, func(t *testing.T, portable bool) {
		r := start(t, &gateway.Server{Handler: echo(), Portable: portable})
		c, err := r.try(&wsclient.Options{Deflate: true})
		if err != nil {
			t.Fatal(err)
		}
		defer c.CloseNow()
		sizes := []int{0, 1, 125, 126, 511, 512, 513, 1 << 10, 32 << 10, 65_535, 65_536, 128 << 10}
		for _, n := range sizes {
			c.send(t, prose(n))
			if got := c.receive(t); got != prose(n) {
				t.Fatalf("%d bytes came back as %d: %.80q", n, len(got), got)
			}
		}
	})
}

// TestOnlyLongMessagesAreCompressed looks at which frames are compressed.
func TestOnlyLongMessagesAreCompressed(t *testing.T) {
	const answer = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
	tests := []struct {
		name, offer, answer string
		compressed          map[int]bool // by length
	}{
		{
			"plain", "permessage-deflate", answer,
			map[int]bool{1: false, 511: false, 512: true, 513: true, 128 << 10: true},
		},
		{
			"a browser's", "permessage-deflate; client_max_window_bits",
			answer,
			map[int]bool{4 << 10: true},
		},
		{
			"small window", "permessage-deflate; server_max_window_bits=9",
			answer + "; server_max_window_bits=9",
			map[int]bool{512: true, 513: false, 4 << 10: false, 128 << 10: false},
		},
		{"unknown", "x-webkit-deflate-frame", "", map[int]bool{4 << 10: false}},
	}
	app := echo()
	l := follow(app)
	r := start(t, &gateway.Server{Handler: app})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := r.connect(t)
			w.write(t, r.handshake("Sec-WebSocket-Extensions: "+tt.offer))
			if got := w.response(t).Header.Get("Sec-Websocket-Extensions"); got != tt.answer {
				t.Fatalf("answer %q, want %q", got, tt.answer)
			}
			id := next(t, l.connects).ID
			for n, want := range tt.compressed {
				text := prose(n)
				if err := r.Send(t.Context(), id, []byte(text)); err != nil {
					t.Fatal(err)
				}
				wantFrame(t, w, text, want)
				if err := r.SendMany(t.Context(), []tyg.ConnID{id}, []byte(text)); err != nil {
					t.Fatal(err)
				}
				wantFrame(t, w, text, want)
			}
		})
	}
}

// wantFrame reads a frame that carries text, compressed or not.
func wantFrame(t *testing.T, w *wire, text string, compressed bool) {
	t.Helper()
	h, payload := w.frame(t)
	if h.RSV1 != compressed || !h.Fin || h.Opcode != ws.OpText || h.Masked {
		t.Errorf("header %+v for %d bytes, want compressed: %v", h, len(text), compressed)
	}
	if compressed && len(payload) > len(text)/2 {
		t.Errorf("%d bytes were compressed to %d", len(text), len(payload))
	}
	if !compressed && payload != text {
		t.Errorf("%d bytes came as %.80q", len(text), payload)
	}
}

// TestBroadcastReachesAllKindsOfClients sends one message to clients that differ in what they
// understand.
func TestBroadcastReachesAllKindsOfClients(t *testing.T) {
	app := echo()
	l := follow(app)
	r := start(t, &gateway.Server{Handler: app})
	var clients []*client
	var ids []tyg.ConnID
	for i := range 9 {
		c, err := r.try(&wsclient.Options{Deflate: i%3 == 0})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.CloseNow() })
		clients, ids = append(clients, c), append(ids, next(t, l.connects).ID)
	}
	for _, n := range []int{1, 511, 512, 4 << 10, 128 << 10} {
		if err := r.SendMany(t.Context(), ids, []byte(prose(n))); err != nil {
			t.Fatal(err)
		}
		for _, c := range clients {
			c.expect(t, prose(n))
		}
	}
}

func TestNoCompressionDeclinesDeflate(t *testing.T) {
	app := echo()
	l := follow(app)
	r := start(t, &gateway.Server{Handler: app, NoCompression: true})
	w := r.connect(t)
	w.write(t, r.handshake("Sec-WebSocket-Extensions: permessage-deflate"))
	if got := w.response(t).Header.Get("Sec-Websocket-Extensions"); got != "" {
		t.Errorf("answer %q", got)
	}
	id := next(t, l.connects).ID
	if err := r.Send(t.Context(), id, []byte(prose(4<<10))); err != nil {
		t.Fatal(err)
	}
	wantFrame(t, w, prose(4<<10), false)
}

// TestInflatedMessageIsLimited sends a small frame that inflates to a large message.
func TestInflatedMessageIsLimited(t *testing.T) {
	for _, n := range []int{128<<10 + 1, 4 << 20} {
		app := echo()
		l := follow(app)
		r := start(t, &gateway.Server{Handler: app})
		c, err := r.try(&wsclient.Options{Deflate: true})
		if err != nil {
			t.Fatal(err)
		}
		defer c.CloseNow()
		next(t, l.connects)
		c.send(t, strings.Repeat("x", n))
		_, _, err = c.Read(t.Context())
		if !strings.Contains(fmt.Sprint(err), "1009") {
			t.Errorf("%d bytes: connection ended with %v, want 1009", n, err)
		}
		if got := next(t, l.disconnects); got.Code != ws.CloseMessageTooBig {
			t.Errorf("%d bytes: disconnect %+v", n, got)
		}
	}
}
