package gateway_test

import (
	"crypto/tls"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/gateway"
)

// tlsServer serves TLS with so many places. enter is called by each client that has one.
func tlsServer(t *testing.T, places int, enter func()) (*rig, *tls.Config) {
	t.Helper()
	server, client := tlsConfigs()
	server = server.Clone()
	server.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		enter()
		return nil, nil
	}
	r := start(t, &gateway.Server{
		Handler: echo(), TLS: server, Limits: gateway.Limits{TLSHandshakes: places},
	})
	return r, client
}

// handshakeTLS does the handshake of TLS, over a new socket.
func handshakeTLS(t *testing.T, r *rig, config *tls.Config) error {
	t.Helper()
	nc, err := net.Dial("tcp", r.host())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	_ = nc.SetDeadline(time.Now().Add(patience))
	return overTLS(nc, config).(*tls.Conn).Handshake()
}

func TestTLSHandshakesAreBounded(t *testing.T) {
	var now, most atomic.Int64
	r, client := tlsServer(t, 2, func() {
		most.Store(max(most.Load(), now.Add(1)))
		time.Sleep(5 * time.Millisecond)
		now.Add(-1)
	})
	var all sync.WaitGroup
	for range 12 {
		all.Go(func() {
			if err := handshakeTLS(t, r, client); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if most.Load() > 2 {
		t.Errorf("%d handshakes at the same time", most.Load())
	}
}

// A readCut is a socket whose client never reads what the server says.
type readCut struct {
	net.Conn
	hello chan struct{} // closed when the client waits for an answer
	over  chan struct{}
}

func (c *readCut) Read([]byte) (int, error) {
	close(c.hello)
	<-c.over
	return 0, net.ErrClosed
}

// TestSilentClientsTakeNoTLSPlace has a client that says nothing, and one that never answers the
// server's first messages. Neither keeps others out.
func TestSilentClientsTakeNoTLSPlace(t *testing.T) {
	r, client := tlsServer(t, 1, func() {})
	silent, err := net.Dial("tcp", r.host())
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	half, err := net.Dial("tcp", r.host())
	if err != nil {
		t.Fatal(err)
	}
	defer half.Close()
	cut := &readCut{half, make(chan struct{}), make(chan struct{})}
	var stays sync.WaitGroup
	stays.Go(func() { _ = overTLS(cut, client).(*tls.Conn).Handshake() })
	defer stays.Wait()
	defer close(cut.over)
	<-cut.hello
	start := time.Now()
	if err := handshakeTLS(t, r, client); err != nil || time.Since(start) > 2*time.Second {
		t.Errorf("the next client waits for %v: %v", time.Since(start), err)
	}
}

func TestTooManyWaitForTLS(t *testing.T) {
	entered, release := make(chan struct{}, 3), make(chan struct{})
	r, client := tlsServer(t, 1, func() { entered <- struct{}{}; <-release })
	r.SetTLSWaiting(1)
	done := make(chan error, 2)
	for range 2 { // one has the place, the other waits
		go func() { done <- handshakeTLS(t, r, client) }()
	}
	<-entered
	until(t, "the other waits", func() bool { return r.TLSWaiting() == 1 })
	if handshakeTLS(t, r, client) == nil {
		t.Error("a third client is not refused")
	}
	close(release)
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if n := r.Stats().Closed["tls-failed"]; n == 0 {
		t.Error("no refusal is counted")
	}
}

// TestServeTLSKeepsACME offers the protocol by which an ACME server checks a host.
func TestServeTLSKeepsACME(t *testing.T) {
	server, client := tlsConfigs()
	server, client = server.Clone(), client.Clone()
	server.NextProtos = []string{"h2", "acme-tls/1", "http/1.1"}
	client.NextProtos = []string{"h2", "acme-tls/1"}
	r := start(t, &gateway.Server{Handler: echo(), TLS: server})
	nc, err := net.Dial("tcp", r.host())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	c := overTLS(nc, client).(*tls.Conn)
	if err := c.Handshake(); err != nil {
		t.Fatal(err)
	}
	if got := c.ConnectionState().NegotiatedProtocol; got != "acme-tls/1" {
		t.Errorf("agreed on %q", got)
	}
}
