package wsclient_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/internal/ws"
	"github.com/tyg-dev/tyg/internal/wsclient"
)

// A peer is the server's end of a connection in a test.
type peer struct {
	t    *testing.T
	conn net.Conn
	r    ws.Reader
	b    []byte // received, not yet used
	skip int    // bytes of b that the last message took
}

// serve starts a server that upgrades every request, with the first subprotocol offered and with
// compression if it is offered, and calls f. It returns the address. The test waits for f.
func serve(t *testing.T, f func(p *peer)) string {
	t.Helper()
	s := httptest.NewServer(upgrade(t, f))
	t.Cleanup(s.Close)
	return s.URL
}

func upgrade(t *testing.T, f func(p *peer)) http.Handler {
	var wg sync.WaitGroup
	t.Cleanup(wg.Wait)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		wg.Add(1)
		defer wg.Done()
		u, err := ws.ParseUpgrade(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Errorf("hijack: %v", err)
			return
		}
		defer conn.Close()
		// A test that goes wrong ends nevertheless.
		_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
		subprotocol := ""
		if len(u.Subprotocols) > 0 {
			subprotocol = u.Subprotocols[0]
		}
		p := &peer{t: t, conn: conn}
		p.r = ws.Reader{Config: new(ws.Config), Inflate: u.Deflate != nil}
		defer p.r.Release()
		p.write(string(u.AppendResponse(nil, subprotocol, true)))
		f(p)
	})
}

func (p *peer) write(s string) {
	if _, err := io.WriteString(p.conn, s); err != nil {
		p.t.Errorf("server: %v", err)
	}
}

// read returns the next message; a zero one at the end of the connection.
func (p *peer) read() ws.Message {
	p.b, p.skip = p.b[p.skip:], 0
	for {
		m, n, err := p.r.Next(p.b)
		if err != nil {
			p.t.Errorf("server: %v", err)
			return ws.Message{}
		}
		if m.Op != 0 {
			p.skip = n
			return m
		}
		p.b = p.b[n:]
		more := make([]byte, 32<<10)
		if n, err = p.conn.Read(more); n == 0 {
			if err != io.EOF {
				p.t.Errorf("server: %v", err)
			}
			return ws.Message{}
		}
		p.b = append(p.b, more[:n]...)
	}
}

// expect reads one message.
func (p *peer) expect(want string) {
	if m := p.read(); show(m.Op, string(m.Data)) != want {
		p.t.Errorf("server got %.100q, want %.100q", show(m.Op, string(m.Data)), want)
	}
}

func (p *peer) expectEnd() { p.expect(show(0, "")) }

// echo sends every message back until the client closes, and then the close frame.
func echo(p *peer) {
	for m := p.read(); m.Op != 0; m = p.read() {
		var out []byte
		switch {
		case m.Op == ws.OpPing:
			out = ws.AppendFrame(nil, ws.OpPong, m.Data)
		case m.Op < ws.OpClose && p.r.Inflate:
			out = ws.AppendCompressed(nil, m.Op, m.Data)
		default:
			out = ws.AppendFrame(nil, m.Op, m.Data)
		}
		p.write(string(out))
		if m.Op == ws.OpClose {
			return
		}
	}
}

// dial opens a client that is closed with the test.
func dial(t *testing.T, address string, o *wsclient.Options) *wsclient.Conn {
	t.Helper()
	c, _, err := wsclient.Dial(t.Context(), address, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.CloseNow() })
	return c
}

// through makes Dial use conn.
func through(conn net.Conn) *wsclient.Options {
	return &wsclient.Options{
		NetDial: func(context.Context, string, string) (net.Conn, error) { return conn, nil },
	}
}

// expectText reads one text message.
func expectText(t *testing.T, c *wsclient.Conn, want string) {
	t.Helper()
	op, data, err := c.Read(t.Context())
	if err != nil || op != ws.OpText || string(data) != want {
		t.Errorf("got %d, %.100q, %v; want text %.100q", op, data, err, want)
	}
}
