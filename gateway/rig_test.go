package gateway_test

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/ws"
	"github.com/tyg-dev/tyg/internal/wsclient"
	"github.com/tyg-dev/tyg/internal/wstest"
	"github.com/tyg-dev/tyg/tygtest"
)

// patience bounds everything that must happen soon.
const patience = time.Minute

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// A rig is a gateway behind a real listener.
type rig struct {
	*gateway.Server
	url string // of the WebSocket, http or https
	tls *tls.Config
	net func(ctx context.Context, network, addr string) (net.Conn, error) // nil: the real one
}

// start serves srv until the test ends.
func start(t testing.TB, srv *gateway.Server) *rig {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	prepare(srv)
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := srv.Shutdown(ctx); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("Serve ended with %v", err)
		}
	})
	if err := srv.Start(); err != nil {
		t.Fatal(err)
	}
	return &rig{Server: srv, url: "http://" + l.Addr().String() + "/api/"}
}

// prepare makes srv quiet, and lets its Shutdown close all connections at once, unless the test has
// a Logger or a DrainWindow of its own.
func prepare(srv *gateway.Server) {
	if srv.Logger == nil {
		srv.Logger = quiet
	}
	srv.DrainWindow = cmp.Or(srv.DrainWindow, -1)
}

// startMounted mounts srv in an http.Server.
func startMounted(t testing.TB, srv *gateway.Server) *rig {
	t.Helper()
	return startOn(t, srv, httptest.NewServer(srv))
}

// startHTTPServerTLS mounts srv in an http.Server that speaks TLS.
func startHTTPServerTLS(t testing.TB, srv *gateway.Server) *rig {
	t.Helper()
	web := httptest.NewUnstartedServer(srv)
	wstest.StartTLS(t, web)
	r := startOn(t, srv, web)
	r.tls = web.Client().Transport.(*http.Transport).TLSClientConfig
	return r
}

// startServeTLS lets Serve speak TLS.
func startServeTLS(t testing.TB, srv *gateway.Server) *rig {
	t.Helper()
	web := httptest.NewUnstartedServer(nil) // for its certificate
	wstest.StartTLS(t, web)
	defer web.Close()
	srv.TLS = web.TLS
	r := start(t, srv)
	r.tls = web.Client().Transport.(*http.Transport).TLSClientConfig
	r.url = strings.Replace(r.url, "http:", "https:", 1)
	return r
}

func startOn(t testing.TB, srv *gateway.Server, web *httptest.Server) *rig {
	t.Helper()
	prepare(srv)
	if err := srv.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := srv.Shutdown(ctx); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
		web.Close()
	})
	return &rig{Server: srv, url: web.URL + "/api/"}
}

// dial connects and fails the test if that is refused.
func (r *rig) dial(t testing.TB) *client {
	t.Helper()
	c, err := r.try(nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.CloseNow() })
	return c
}

func (r *rig) try(o *wsclient.Options) (*client, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if o == nil {
		o = new(wsclient.Options)
	}
	o.TLS, o.NetDial = r.tls, r.net
	c, _, err := wsclient.Dial(ctx, r.url, o)
	if err != nil {
		return nil, err
	}
	return &client{c}, nil
}

// client is a wsclient.Conn that fails tests by itself.
type client struct{ *wsclient.Conn }

func (c *client) send(t testing.TB, text string) {
	t.Helper()
	if err := c.Write(t.Context(), ws.OpText, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

func (c *client) receive(t testing.TB) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	_, data, err := c.Read(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func (c *client) expect(t testing.TB, want string) {
	t.Helper()
	if got := c.receive(t); got != want {
		t.Fatalf("received %q, want %q", got, want)
	}
}

// expectClose reads until the connection is closed, and checks with what.
func (c *client) expectClose(t testing.TB, code tyg.CloseCode, reason string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		_, _, err := c.Read(ctx)
		if err == nil {
			continue
		}
		closed, ok := errors.AsType[*ws.CloseError](err)
		if !ok || tyg.CloseCode(closed.Code) != code || closed.Reason != reason {
			t.Fatalf("connection ended with %v, want close %d %q", err, code, reason)
		}
		return
	}
}

// echo returns an App that sends every message back.
func echo() *tyg.App {
	app := tyg.New("test")
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		return c.Send(ctx, m.Data)
	})
	return app
}

// clientFrame returns one masked frame.
func clientFrame(op ws.Opcode, fin bool, payload string) []byte {
	return wstest.Frame(op, fin, payload)
}

// subject returns the rig as the suites want it.
func (r *rig) subject(t *testing.T) tygtest.Subject {
	return tygtest.Subject{
		Sender: r.Server, Binary: r.Extensions.Binary,
		Dial: func(ctx context.Context, d tygtest.Dial) (tygtest.Socket, error) {
			return wstest.Dial(ctx, t, r.url, d, r.tls)
		},
	}
}
