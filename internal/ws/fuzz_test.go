package ws_test

import (
	"bufio"
	"bytes"
	"errors"
	"math"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tyg-dev/tyg/internal/ws"
)

func FuzzParseHeader(f *testing.F) {
	f.Add([]byte("\x81\x85\x37\xfa\x21\x3d"))
	f.Add([]byte("\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, n, err := ws.ParseHeader(b)
		switch {
		case err != nil:
			if n != 0 || closeCode(err) != ws.CloseProtocolError {
				t.Errorf("got %d, %v", n, err)
			}
		case n == 0:
			if len(b) >= 14 || ws.FrameSize(b) != 0 {
				t.Errorf("more than %d bytes wanted, frame size %d", len(b), ws.FrameSize(b))
			}
		default:
			if again := ws.AppendHeader(nil, h); !bytes.Equal(again, b[:n]) {
				t.Errorf("got %x back, want %x", again, b[:n])
			}
			size := ws.FrameSize(b)
			if want := uint64(n) + uint64(h.Length); uint64(size) != min(want, math.MaxInt) {
				t.Errorf("frame size is %d, want %d", size, want)
			}
			if got := ws.FrameComplete(b); got != (size <= len(b)) {
				t.Errorf("complete is %v with %d of %d bytes", got, len(b), size)
			}
		}
	})
}

// FuzzReader checks that the messages do not depend on how the bytes are split, nor on whether
// common messages take the fast path.
func FuzzReader(f *testing.F) {
	for _, cases := range [][]exchange{frameCases, fragmentCases, limitCases} {
		for _, c := range cases {
			if len(c.in) < 1000 {
				f.Add([]byte(c.in), byte(0), byte(1))
			}
		}
	}
	for _, c := range deflateCases {
		f.Add([]byte(c.in), byte(1), byte(2))
	}
	f.Fuzz(func(t *testing.T, in []byte, flags, chunk byte) {
		config := &ws.Config{
			MaxFrame: 2048, MaxMessage: 4096, MaxFragments: 5,
			Client: flags&2 != 0, TextOnly: flags&4 != 0,
		}
		whole := &ws.Reader{Config: config, Inflate: flags&1 != 0}
		cut := &ws.Reader{Config: config, Inflate: flags&1 != 0}
		defer whole.Release()
		slow := &ws.Reader{Config: config, Inflate: flags&1 != 0}
		defer cut.Release()
		defer slow.Release()
		want, wantErr := driveBy(t, slow.NextSlow, string(in), len(in)+1)
		one, oneErr := drive(t, whole, string(in), len(in)+1)
		if !slices.Equal(one, want) || !reflect.DeepEqual(oneErr, wantErr) {
			t.Errorf("got %q, %v; slowly %q, %v", one, oneErr, want, wantErr)
		}
		got, gotErr := drive(t, cut, string(in), int(chunk)+1)
		if !slices.Equal(got, want) || closeCode(gotErr) != closeCode(wantErr) {
			t.Errorf("%d at a time: got %q, %v; want %q, %v", chunk+1, got, gotErr, want, wantErr)
		}
		if gotErr == nil && cut.Partial() != whole.Partial() {
			t.Errorf("partial: got %v, want %v", cut.Partial(), whole.Partial())
		}
		checkMessages(t, want, config)
	})
}

// checkMessages checks what holds for all messages, as show writes them.
func checkMessages(t *testing.T, messages []string, config *ws.Config) {
	t.Helper()
	for _, m := range messages {
		_, data, _ := strings.Cut(m, " ")
		if len(data) > config.MaxMessage {
			t.Errorf("a message has %d bytes", len(data))
		}
		if strings.HasPrefix(m, show(ws.OpText, "")) && !utf8.ValidString(data) {
			t.Errorf("text is %q", data)
		}
		if config.TextOnly && strings.HasPrefix(m, show(ws.OpBinary, "")) {
			t.Errorf("binary %q was let through", data)
		}
	}
}

func FuzzValidText(f *testing.F) {
	f.Add([]byte("zwölf Tassen Tee"), byte(60))
	f.Add([]byte("\xed\xa0\x80"), byte(7))
	f.Fuzz(func(t *testing.T, b []byte, before byte) {
		text := append(bytes.Repeat([]byte("a"), int(before)), b...)
		if got, want := ws.ValidText(text), utf8.Valid(text); got != want {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	})
}

func FuzzParseClose(f *testing.F) {
	f.Add([]byte(""))
	f.Add([]byte("\x03\xe8bye"))
	f.Add([]byte("\x03\xed"))
	f.Fuzz(func(t *testing.T, payload []byte) {
		code, reason, err := ws.ParseClose(payload)
		if err != nil {
			if c := closeCode(err); c != ws.CloseProtocolError && c != ws.CloseInvalidPayload {
				t.Errorf("got %v", err)
			}
			return
		}
		if code != ws.CloseNoStatus && !ws.ValidCloseCode(code) || !utf8.ValidString(reason) {
			t.Errorf("got %d %q", code, reason)
		}
		if len(payload) > 125 {
			return
		}
		got, want := ws.AppendClose(nil, code, reason), plain(fin|8, string(payload))
		if string(got) != want {
			t.Errorf("got %x back, want %x", got, want)
		}
	})
}

func FuzzNegotiate(f *testing.F) {
	f.Add("permessage-deflate; client_max_window_bits, permessage-deflate")
	f.Add(`foo; a="b\c", permessage-deflate; server_max_window_bits=10`)
	f.Fuzz(func(t *testing.T, line string) {
		d, err := ws.Negotiate([]string{line})
		if d == nil {
			return
		}
		if err != nil {
			t.Fatalf("got both %v and %v", d, err)
		}
		for _, bits := range []int{d.ServerMaxWindowBits, d.ClientMaxWindowBits} {
			if bits != 0 && (bits < 8 || bits > 15) {
				t.Errorf("got a window of %d bits", bits)
			}
		}
		again, err := ws.Negotiate([]string{d.String()})
		if err != nil || again == nil || again.String() != d.String() {
			t.Errorf("the answer %q reads as %v, %v", d, again, err)
		}
	})
}

func FuzzParseUpgrade(f *testing.F) {
	f.Add("Upgrade", "websocket", "13", sampleKey, "a, b", "permessage-deflate")
	f.Add("keep-alive, upgrade", "WebSocket", "13", sampleKey, "", "")
	f.Add("close", "h2c", "8", "short", "a a", "; ;")
	f.Fuzz(func(t *testing.T, connection, upgrade, version, key, protocol, extensions string) {
		r := &http.Request{Method: "GET", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}}
		r.Header.Set("Connection", connection)
		r.Header.Set("Upgrade", upgrade)
		r.Header.Set("Sec-WebSocket-Version", version)
		r.Header.Set("Sec-WebSocket-Key", key)
		r.Header.Set("Sec-WebSocket-Protocol", protocol)
		r.Header.Set("Sec-WebSocket-Extensions", extensions)
		u, err := ws.ParseUpgrade(r)
		if err != nil {
			var e *ws.HandshakeError
			if !errors.As(err, &e) || e.Status < 400 || e.Status > 599 || e.Reason == "" {
				t.Errorf("got %v", err)
			}
			return
		}
		checkResponse(t, u)
	})
}

// checkResponse checks that the fullest response to u is one that a client accepts.
func checkResponse(t *testing.T, u ws.Upgrade) {
	t.Helper()
	subprotocol := ""
	if len(u.Subprotocols) > 0 {
		subprotocol = u.Subprotocols[0]
	}
	raw := bufio.NewReader(bytes.NewReader(u.AppendResponse(nil, subprotocol, true)))
	res, err := http.ReadResponse(raw, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusSwitchingProtocols || raw.Buffered() != 0 ||
		res.Header.Get("Sec-WebSocket-Accept") != ws.AcceptKey(u.Key) ||
		res.Header.Get("Sec-WebSocket-Protocol") != subprotocol {
		t.Errorf("the response to %+v is %v, with %d bytes behind", u, res.Header, raw.Buffered())
	}
}
