package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/ws"
	"github.com/tyg-dev/tyg/internal/wsclient"
)

// from is how a client at the address comes through a proxy, or several.
func from(forwarded string) *wsclient.Options {
	return &wsclient.Options{Header: http.Header{"X-Forwarded-For": {forwarded}}}
}

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

// refused checks that a handshake is refused for now.
func (r *rig) refused(t *testing.T, o *wsclient.Options, want int) {
	t.Helper()
	c, err := r.try(o)
	if err == nil {
		_ = c.CloseNow()
	}
	rej, ok := errors.AsType[*wsclient.RefusedError](err)
	if !ok || rej.Status != want || rej.Header.Get("Retry-After") == "" {
		t.Errorf("handshake: %v, want to be refused with %d and Retry-After", err, want)
	}
}

// admitted waits until a handshake is accepted.
func (r *rig) admitted(t *testing.T, o *wsclient.Options) *client {
	t.Helper()
	var c *client
	until(t, "a connection is free", func() (ok bool) {
		var err error
		c, err = r.try(o)
		return err == nil
	})
	t.Cleanup(func() { _ = c.CloseNow() })
	return c
}

func TestConnsLimitRefusesHandshakes(t *testing.T) {
	r := start(t, &gateway.Server{Handler: echo(), Limits: gateway.Limits{Conns: 3}})
	r.dial(t)
	r.dial(t)
	c := r.dial(t)
	r.refused(t, nil, http.StatusServiceUnavailable)
	if err := c.Close(ws.CloseNormal, ""); err != nil {
		t.Error(err)
	}
	r.admitted(t, nil)
	r.refused(t, nil, http.StatusServiceUnavailable)
}

func TestConnsPerAddressLimitRefusesHandshakes(t *testing.T) {
	r := start(t, &gateway.Server{
		Handler: echo(), TrustedProxies: loopback, Limits: gateway.Limits{ConnsPerAddress: 2},
	})
	c := r.admitted(t, from("203.0.113.1"))
	r.admitted(t, from("203.0.113.1"))
	r.refused(t, from("203.0.113.1"), http.StatusTooManyRequests)
	for _, forged := range []string{
		"198.51.100.1, ", "unknown, ", ", ", "127.0.0.1, ", "203.0.113.2,",
	} {
		r.refused(t, from(forged+"203.0.113.1"), http.StatusTooManyRequests)
	}
	r.refused(t, from("::ffff:203.0.113.1"), http.StatusTooManyRequests)
	r.refused(t, from("203.0.113.1, 127.0.0.5"), http.StatusTooManyRequests)
	r.admitted(t, from("203.0.113.2"))
	v6 := r.admitted(t, from("2001:db8:0:1::1"))
	r.admitted(t, from("2001:db8:0:1::2"))
	r.refused(t, from("2001:db8:0:1:ffff::3"), http.StatusTooManyRequests)
	r.admitted(t, from("2001:db8:0:2::1"))
	if err := v6.Close(ws.CloseNormal, ""); err != nil {
		t.Error(err)
	}
	r.admitted(t, from("2001:db8:0:1::4"))
	if err := c.Close(ws.CloseNormal, ""); err != nil {
		t.Error(err)
	}
	r.admitted(t, from("203.0.113.1"))
	r.refused(t, from("203.0.113.1"), http.StatusTooManyRequests)
}

// TestLoopbackHasNoLimitPerAddress has many connections from this machine where an address may have
// one, and a proxy that is not trusted.
func TestLoopbackHasNoLimitPerAddress(t *testing.T) {
	r := start(t, &gateway.Server{Handler: echo(), Limits: gateway.Limits{ConnsPerAddress: 1}})
	for range 5 {
		r.dial(t)
		r.admitted(t, from("203.0.113.1"))
	}
}

// TestUnixSocketHasNoLimitPerAddress has many connections without an address where an address may
// have one.
func TestUnixSocketHasNoLimitPerAddress(t *testing.T) {
	srv := &gateway.Server{
		Handler: echo(), Logger: quiet, Limits: gateway.Limits{ConnsPerAddress: 1},
	}
	l, err := net.Listen("unix", t.TempDir()+"/s")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	t.Cleanup(func() {
		if err := srv.Shutdown(context.Background()); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
		<-served
	})
	r := &rig{Server: srv, url: "http://x/api/"}
	r.net = func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", l.Addr().String())
	}
	r.dial(t)
	r.dial(t)
}

// TestRefusedClientsLeaveTheLimiter has clients refused by everything that can refuse, under a
// limit of one connection.
func TestRefusedClientsLeaveTheLimiter(t *testing.T) {
	app := echo()
	app.OnConnect(func(_ context.Context, _ *tyg.Conn, q *tyg.Request) error {
		switch q.Query.Get("end") {
		case "reject":
			return tyg.Reject(403, "no")
		case "fail":
			return errors.New("broken")
		case "panic":
			panic("broken")
		}
		return nil
	})
	r := start(t, &gateway.Server{Handler: app, Limits: gateway.Limits{Conns: 1}})
	for i := range 10 {
		for _, end := range []string{"reject", "fail", "panic"} {
			query := fmt.Sprintf("GET /api/?end=%s", end)
			res, _ := r.ask(t, query+r.handshake()[len("GET /api/"):])
			want := map[string]int{"reject": 403, "fail": 502, "panic": 502}[end]
			if res.StatusCode != want {
				t.Fatalf("%s %d: status %d, want %d", end, i, res.StatusCode, want)
			}
		}
	}
	r.dial(t)
}

func TestSourceAddress(t *testing.T) {
	tests := []struct {
		name      string
		trusted   []netip.Prefix
		forwarded string
		want      string
	}{
		{"no proxy is trusted", nil, "203.0.113.1", "127.0.0.1"},
		{"nothing is said", loopback, "", "127.0.0.1"},
		{"one proxy", loopback, "203.0.113.1", "203.0.113.1"},
		{"two proxies", loopback, "203.0.113.1, 127.0.0.9", "203.0.113.1"},
		{"made up on the left", loopback, "198.51.100.7, 203.0.113.1", "203.0.113.1"},
		{"nonsense on the left", loopback, "x y z, 203.0.113.1", "203.0.113.1"},
		{"nonsense", loopback, "x y z", "127.0.0.1"},
		{"IPv6", loopback, "2001:db8::1", "2001:db8::1"},
		{"mapped", loopback, "::ffff:203.0.113.1", "203.0.113.1"},
		{
			"another proxy", []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, "203.0.113.1", "127.0.0.1",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			app := echo()
			l := follow(app)
			r := start(t, &gateway.Server{Handler: app, TrustedProxies: tt.trusted})
			r.admitted(t, from(tt.forwarded))
			if got := next(t, l.connects).SourceIP; got != tt.want {
				t.Errorf("source address %s, want %s", got, tt.want)
			}
		})
	}
}
