package gateway_test

import (
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/gateway"
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
