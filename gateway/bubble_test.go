package gateway_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/ws"
)

// pipes is a listener without a network, for tests in a bubble of package synctest.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
	wrap   func(net.Conn) net.Conn // the server's ends; nil: as they are
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return pipeAddr{} }

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "pipe" }

func (p *pipes) dial(context.Context, string, string) (net.Conn, error) {
	client, server := net.Pipe()
	if p.wrap != nil {
		server = p.wrap(server)
	}
	select {
	case p.conns <- server:
		return client, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

// startPipes serves srv over pipes, to be called in a bubble.
func startPipes(t *testing.T, srv *gateway.Server, wrap func(net.Conn) net.Conn) *rig {
	t.Helper()
	p := &pipes{conns: make(chan net.Conn), closed: make(chan struct{}), wrap: wrap}
	web := &http.Server{Handler: srv}
	served := make(chan error, 1)
	go func() { served <- web.Serve(p) }() // the cleanup ends it and waits for it
	if srv.Logger == nil {
		srv.Logger = quiet
	}
	t.Cleanup(func() {
		if err := srv.Shutdown(context.Background()); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
		_ = web.Close()
		<-served
	})
	return &rig{Server: srv, url: "http://pipe/api/", net: p.dial}
}

// A recorder records what a client receives.
type recorder struct {
	over chan struct{} // closed at the end
	end  error         // valid then
	at   time.Time     // when that was

	mu    sync.Mutex
	texts []string
}

// received returns all that has arrived so far.
func (e *recorder) received() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.texts)
}

func (e *recorder) record(text string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.texts = append(e.texts, text)
}

// record reads until the connection ends.
func (c *client) record() *recorder {
	e := &recorder{over: make(chan struct{})}
	go func() { // ends with the connection
		defer close(e.over)
		for {
			_, data, err := c.Read(context.Background())
			if err != nil {
				e.end, e.at = err, time.Now()
				return
			}
			e.record(string(data))
		}
	}()
	return e
}

func (e *recorder) isOver() bool {
	select {
	case <-e.over:
		return true
	default:
		return false
	}
}

// wantEnd waits for the end, which must come after that long since start, or up to two seconds
// later: the sweep looks at all connections every two seconds.
func (e *recorder) wantEnd(
	t *testing.T, start time.Time, after time.Duration, code tyg.CloseCode, reason string,
) {
	t.Helper()
	<-e.over
	if d := e.at.Sub(start); d < after || d > after+2*time.Second {
		t.Errorf("connection ended after %v, want %v", d, after)
	}
	closed, ok := errors.AsType[*ws.CloseError](e.end)
	if !ok || tyg.CloseCode(closed.Code) != code || closed.Reason != reason {
		t.Errorf("connection ended with %v, want close %d %q", e.end, code, reason)
	}
}
