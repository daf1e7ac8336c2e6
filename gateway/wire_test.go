package gateway_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/ws"
)

// A wire is a client's socket, for tests that speak the protocol by hand.
type wire struct {
	net.Conn
	in *bufio.Reader
}

func (r *rig) host() string {
	u, err := url.Parse(r.url)
	if err != nil {
		panic(err)
	}
	return u.Host
}

// handshake returns the text of a good handshake; extra header fields come on lines of their own.
func (r *rig) handshake(extra ...string) string {
	return "GET /api/ HTTP/1.1\r\nHost: " + r.host() + "\r\n" +
		"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
		strings.Join(append(extra, ""), "\r\n") + "\r\n"
}

// connect opens a socket and sends nothing.
func (r *rig) connect(t testing.TB) *wire {
	t.Helper()
	dial := r.net
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	nc, err := dial(t.Context(), "tcp", r.host())
	if err != nil {
		t.Fatal(err)
	}
	if r.tls != nil {
		config := r.tls.Clone()
		config.ServerName = "example.com" // of the certificates of httptest
		nc = tls.Client(nc, config)
	}
	t.Cleanup(func() { _ = nc.Close() })
	_ = nc.SetReadDeadline(time.Now().Add(time.Minute))
	return &wire{nc, bufio.NewReader(nc)}
}

// wire opens a connection.
func (r *rig) wire(t testing.TB, extra ...string) *wire {
	t.Helper()
	w := r.connect(t)
	w.write(t, r.handshake(extra...))
	if res := w.response(t); res.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("handshake: status %d", res.StatusCode)
	}
	return w
}

func (w *wire) write(t testing.TB, text string) {
	t.Helper()
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
}

func (w *wire) response(t testing.TB) *http.Response {
	t.Helper()
	res, err := http.ReadResponse(w.in, nil)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// frame reads one frame.
func (w *wire) frame(t testing.TB) (ws.Header, string) {
	t.Helper()
	var head []byte
	for {
		b, err := w.in.ReadByte()
		if err != nil {
			t.Fatalf("read frame: %v", err)
		}
		head = append(head, b)
		h, n, err := ws.ParseHeader(head)
		if err != nil {
			t.Fatalf("read frame: %v", err)
		}
		if n == 0 {
			continue
		}
		payload := make([]byte, h.Length)
		if _, err := io.ReadFull(w.in, payload); err != nil {
			t.Fatalf("read frame: %v", err)
		}
		return h, string(payload)
	}
}

func (w *wire) expect(t testing.TB, want string) {
	t.Helper()
	if _, got := w.frame(t); got != want {
		t.Fatalf("received %q, want %q", got, want)
	}
}

// ask sends one request and reads the answer, its body too.
func (r *rig) ask(t testing.TB, request string) (*http.Response, string) {
	t.Helper()
	w := r.connect(t)
	defer w.Close()
	w.write(t, request)
	res := w.response(t)
	if res.StatusCode == http.StatusSwitchingProtocols {
		return res, ""
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

// A life reports the connects and disconnects of an application.
type life struct {
	connects    chan *tyg.Conn
	disconnects chan tyg.Disconnect
}

// follow registers connect and disconnect handlers that report to the life it returns.
func follow(app *tyg.App) life {
	const many = 10_000 // more than any test makes, so that handlers never wait
	l := life{make(chan *tyg.Conn, many), make(chan tyg.Disconnect, many)}
	app.OnConnect(func(_ context.Context, c *tyg.Conn, _ *tyg.Request) error {
		l.connects <- c
		return nil
	})
	app.OnDisconnect(func(_ context.Context, _ *tyg.Conn, d tyg.Disconnect) error {
		l.disconnects <- d
		return nil
	})
	return l
}

func (l life) wantEnd(t testing.TB, code tyg.CloseCode, reason string) {
	t.Helper()
	if got, want := next(t, l.disconnects), (tyg.Disconnect{Code: code, Reason: reason}); got != want {
		t.Errorf("disconnect %+v, want %+v", got, want)
	}
}

// next receives something that must come soon.
func next[T any](t testing.TB, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		t.Fatal("nothing happens")
		panic("unreachable")
	}
}

// until waits for what must become true soon.
func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}
