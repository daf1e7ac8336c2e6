package gateway_test

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/ws"
)

// wantBalance ends the service and checks that what came has gone.
func (r *rig) wantBalance(t *testing.T, l life) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := r.Shutdown(ctx); err != nil {
		t.Fatalf("Shutdown: %v", err)
	}
	got := r.Stats()
	if got.Connections != 0 || len(l.connects) != len(l.disconnects) || got.Failures != 0 {
		t.Errorf("%d connects, %d disconnects, stats %+v", len(l.connects), len(l.disconnects), got)
	}
	if len(l.connects) == 0 {
		t.Error("no client got as far as connect")
	}
}

// say opens a socket, says bytes, says that this is all, and reads until the end.
func (r *rig) say(t *testing.T, text []byte) {
	t.Helper()
	w := r.connect(t)
	defer w.Close()
	_ = w.SetDeadline(time.Now().Add(patience))
	_, _ = w.Write(text) // the server may have hung up
	_ = w.Conn.(*net.TCPConn).CloseWrite()
	if _, err := io.Copy(io.Discard, w.in); err != nil && strings.Contains(err.Error(), "timeout") {
		t.Fatalf("the connection never ends after %q", text)
	}
}

// conversation is what a client may say from its handshake to its close frame.
func (r *rig) conversation() []byte {
	b := []byte(r.handshake("Sec-WebSocket-Extensions: permessage-deflate"))
	b = append(b, clientFrame(ws.OpText, true, "hello")...)
	b = append(b, clientFrame(ws.OpText, false, "frag")...)
	b = append(b, clientFrame(ws.OpPing, true, "ping")...)
	b = append(b, clientFrame(0, true, "ment")...)
	b = append(b, clientFrame(ws.OpText, true, strings.Repeat("long ", 30))...)
	return append(b, clientFrame(ws.OpClose, true, "\x03\xe8bye")...)
}

// TestCutConnectionsAreFreed cuts connections at every byte of a conversation.
func TestCutConnectionsAreFreed(t *testing.T) {
	onBoth(t, func(t *testing.T, portable bool) {
		app := echo()
		l := follow(app)
		r := start(t, &gateway.Server{Handler: app, Portable: portable})
		all := r.conversation()
		for n := range all {
			w := r.connect(t)
			w.write(t, string(all[:n]))
			_ = w.Close()
		}
		for n := 0; n < len(all); n += 3 {
			r.say(t, all[:n])
		}
		r.wantBalance(t, l)
	})
}

// TestFramesInPiecesAreHandled says a conversation in two parts, cut at every byte.
func TestFramesInPiecesAreHandled(t *testing.T) {
	onBoth(t, func(t *testing.T, portable bool) {
		app := echo()
		l := follow(app)
		r := start(t, &gateway.Server{Handler: app, Portable: portable})
		all := r.conversation()
		for n := range all {
			w := r.connect(t)
			w.write(t, string(all[:n]))
			w.write(t, string(all[n:]))
			w.response(t)
			w.expect(t, "hello")
			w.expect(t, "ping")
			w.expect(t, "fragment")
			w.expect(t, strings.Repeat("long ", 30))
			w.expect(t, "\x03\xe8") // the close frame
			_ = w.Close()
			l.wantEnd(t, 1000, "bye")
			next(t, l.connects)
		}
	})
}

// TestGarbageHarmsOnlyItsSender says what no client would say.
func TestGarbageHarmsOnlyItsSender(t *testing.T) {
	onBoth(t, func(t *testing.T, portable bool) {
		app := echo()
		l := follow(app)
		r := start(t, &gateway.Server{Handler: app, Portable: portable})
		hello := r.handshake("Sec-WebSocket-Extensions: permessage-deflate")
		for _, tail := range []string{
			"\x00", "\xff\xff", "\x81\x05hello", "\x81\xfe\x00\x01",
			"\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff",
			"\xf1\x80\x00\x00\x00\x00", "\x83\x80\x00\x00\x00\x00", "\x09\x80\x00\x00\x00\x00",
			"\x89\xfe\x00\x7e", "\x80\x80\x00\x00\x00\x00", "\x88\x81\x00\x00\x00\x00\x03",
			"\x88\x82\x00\x00\x00\x00\x00\x00", "\xc1\x84\x00\x00\x00\x00\xff\xff\xff\xff",
			"GET / HTTP/1.1\r\n\r\n", strings.Repeat("\x00", 70_000), strings.Repeat("\xff", 70_000),
		} {
			r.say(t, []byte(hello+tail))
		}
		rng := rand.New(rand.NewPCG(1, 2))
		for range 150 {
			r.say(t, append([]byte(hello), noise(rng, 1+rng.IntN(3000))...))
		}
		for range 150 {
			r.say(t, mutated(rng, r.conversation(), len(hello)))
		}
		for range 50 {
			r.say(t, mutated(rng, r.conversation(), 0))
		}
		r.wantBalance(t, l)
	})
}

func noise(rng *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	return b
}

// mutated changes a few bytes of b from an offset on.
func mutated(rng *rand.Rand, b []byte, from int) []byte {
	for range 1 + rng.IntN(3) {
		b[from+rng.IntN(len(b)-from)] ^= 1 << rng.IntN(8)
	}
	return b
}

// TestFloodDoesNotDelayDisconnect closes a client that never stops sending.
func TestFloodDoesNotDelayDisconnect(t *testing.T) {
	t.Parallel() // it mostly waits
	onBoth(t, func(t *testing.T, portable bool) {
		app := echo()
		l := follow(app)
		r := start(t, &gateway.Server{Handler: app, Portable: portable, Limits: gateway.Limits{
			Close: 200 * time.Millisecond,
		}})
		w := r.wire(t)
		id := next(t, l.connects).ID
		cut := make(chan struct{})
		go func() { // ends when the server cuts the socket
			defer close(cut)
			many := bytes.Repeat(clientFrame(ws.OpPing, true, ""), 10_000)
			for err := error(nil); err == nil; {
				_, err = w.Write(many)
			}
		}()
		go func() { _, _ = io.Copy(io.Discard, w.in) }() // ends with the socket
		if err := r.Close(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		l.wantEnd(t, 1000, "Connection Closed Normally")
		next(t, cut)
	})
}

// TestHalfHandshakesAreFreed leaves requests unfinished.
func TestHalfHandshakesAreFreed(t *testing.T) {
	r := start(t, &gateway.Server{Handler: echo()})
	for _, half := range []string{
		"", "G", "GET /api/ HTTP/1.1", "GET /api/ HTTP/1.1\r\nHost: x\r\nUpgrade",
	} {
		r.say(t, []byte(half))
	}
	res, _ := r.ask(t, r.handshake())
	if res.StatusCode != http.StatusSwitchingProtocols {
		t.Errorf("then status %d", res.StatusCode)
	}
	if got := r.Stats(); got.Connects != 1 {
		t.Errorf("%d connects, want 1", got.Connects)
	}
}
