package gateway_test

import (
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/ws"
)

// A syncBuffer is a log that a test reads.
type syncBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// TestClientsWithoutTLSAreTold has clients of a listener with TLS that do not speak it. Each is in
// the log, with what is wrong.
func TestClientsWithoutTLSAreTold(t *testing.T) {
	log := new(syncBuffer)
	r := startServeTLS(t, &gateway.Server{
		Handler: echo(), Logger: slog.New(slog.NewTextHandler(log, nil)),
	})
	for text, want := range map[string]string{
		"GET / HTTP/1.1\r\nHost: x\r\n\r\n": "HTTP/1.0 400 Bad Request\r\n\r\n" +
			"Client sent an HTTP request to an HTTPS server.\n",
		"hello, is this a chat?\r\n": "",
	} {
		nc, err := net.Dial("tcp", r.host())
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		_ = nc.SetDeadline(time.Now().Add(patience))
		if _, err := io.WriteString(nc, text); err != nil {
			t.Fatal(err)
		}
		got, _ := io.ReadAll(nc) // a reset is fine once the answer is there
		if !strings.HasPrefix(string(got), want) {
			t.Errorf("%q got %q, want %q", text, got, want)
		}
	}
	for _, want := range []string{"client sent an HTTP request", "first record does not look like"} {
		until(t, "the log says: "+want, func() bool { return strings.Contains(log.String(), want) })
	}
}

// TestOtherProtocolIsClosed agrees on a protocol that a listener of one's own offers beside
// HTTP/1.1, as a check of ACME does.
func TestOtherProtocolIsClosed(t *testing.T) {
	server, client := tlsConfigs()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	config := &tls.Config{
		Certificates: server.Certificates, NextProtos: []string{"http/1.1", "acme-tls/1"},
	}
	srv := &gateway.Server{Handler: echo(), Logger: quiet}
	r := startOnListener(t, srv, tls.NewListener(l, config))
	nc, err := net.Dial("tcp", r.host())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	_ = nc.SetDeadline(time.Now().Add(patience))
	client = client.Clone()
	client.ServerName, client.NextProtos = "example.com", []string{"acme-tls/1"}
	c := tls.Client(nc, client)
	if err := c.Handshake(); err != nil {
		t.Fatal(err)
	}
	if got := c.ConnectionState().NegotiatedProtocol; got != "acme-tls/1" {
		t.Errorf("agreed on %q", got)
	}
	if b, err := io.ReadAll(c); len(b) > 0 || isTimeout(err) {
		t.Errorf("read %q, %v; want the end of the connection", b, err)
	}
}

// TestFirstRequestsOverTLS opens WebSockets whose handshake comes with messages, and in pieces, and
// behind other requests, on both paths to a socket.
func TestFirstRequestsOverTLS(t *testing.T) {
	onBoth(t, func(t *testing.T, portable bool) {
		pages := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "a page")
		})
		r := startServeTLS(t, &gateway.Server{Handler: echo(), HTTP: pages, Portable: portable})
		head := r.handshake()
		page := "GET /page HTTP/1.1\r\nHost: " + r.host() + "\r\n\r\n"
		one, two := clientFrame(ws.OpText, true, "one"), clientFrame(ws.OpText, true, "two")
		frames := string(one) + string(two)
		for _, pieces := range [][]string{
			{head, frames},
			{head + frames},
			{head + frames[:5], frames[5:]},
			{head[:20], head[20:] + frames},
			{page, head + frames},
		} {
			w := r.connect(t)
			for _, piece := range pieces {
				w.write(t, piece) // a record of TLS
				if piece == page {
					w.wantPage(t)
				}
			}
			if res := w.response(t); res.StatusCode != http.StatusSwitchingProtocols {
				t.Fatalf("%q: status %d", pieces, res.StatusCode)
			}
			w.expect(t, "one")
			w.expect(t, "two")
		}
	})
}

func (w *wire) wantPage(t *testing.T) {
	t.Helper()
	res := w.response(t)
	if body, err := io.ReadAll(res.Body); string(body) != "a page" || err != nil {
		t.Fatalf("the page is %q, %v", body, err)
	}
}
