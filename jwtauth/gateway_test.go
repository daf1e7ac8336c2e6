package jwtauth_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/ws"
	"github.com/tyg-dev/tyg/internal/wsclient"
	"github.com/tyg-dev/tyg/jwtauth"
	"github.com/tyg-dev/tyg/tygtest"
)

// whoami tells its clients their identity from the authorizer.
func whoami(a *jwtauth.Authorizer) *tyg.App {
	app := tyg.New("whoami")
	app.OnAuthorize(a.Authorize, a.IdentitySources()...)
	app.OnConnect(func(_ context.Context, _ *tyg.Conn, r *tyg.Request) error {
		r.SelectSubprotocol("bearer")
		return nil
	})
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, _ tyg.Message) error {
		b, err := json.Marshal(map[string]any{
			"who": c.Identity.Principal, "name": c.Identity.Context["name"],
		})
		if err != nil {
			return err
		}
		return c.Send(ctx, b)
	})
	return app
}

// handshakes are handshakes of clients, tried against each of the hosts.
type handshake struct {
	name string
	tygtest.Dial
	status int
}

func handshakes(t *testing.T, s signer) []handshake {
	good := s.token(t, jwt.MapClaims{"scope": "chat", "name": "Ann"})
	expired := s.token(t, jwt.MapClaims{"scope": "chat", "exp": 1})
	header := func(token string) tygtest.Dial {
		return tygtest.Dial{Header: http.Header{"Authorization": {"Bearer " + token}}}
	}
	return []handshake{
		{"header", header(good), 101},
		{"query", tygtest.Dial{Query: url.Values{"token": {good}}}, 101},
		{"subprotocol", tygtest.Dial{Subprotocols: []string{"bearer", good}}, 101},
		{"expired", header(expired), 401},
		{"expired subprotocol", tygtest.Dial{Subprotocols: []string{"bearer", expired}}, 401},
		{"nothing", tygtest.Dial{}, 401},
		{"no scope", header(s.token(t, nil)), 403},
	}
}

// guarded returns the configuration that handshakes are for.
func (i *issuer) guarded() jwtauth.Config {
	c := i.config()
	c.Scopes, c.Claims = []string{"chat"}, []string{"name"}
	return c
}

const annIsHere = `{"name":"Ann","who":"ann"}`

func TestGateway(t *testing.T) {
	s := newSigner(t, "k", "ES256")
	i := &issuer{code: 200, body: keySet(t, s)}
	var log bytes.Buffer
	srv := &gateway.Server{
		Handler: whoami(newAuthorizer(t, i.guarded())),
		Logger:  slog.New(slog.NewTextHandler(&log, nil)),
	}
	web := serve(t, srv)
	for _, tt := range handshakes(t, s) {
		t.Run(tt.name, func(t *testing.T) {
			c, err := dial(t, web, tt.Dial)
			if got := handshakeStatus(err); got != tt.status {
				t.Fatalf("status %d (%v), want %d", got, err, tt.status)
			}
			if err != nil {
				return
			}
			defer func() { _ = c.CloseNow() }()
			if len(tt.Subprotocols) > 0 && c.Subprotocol() != "bearer" {
				t.Errorf("subprotocol %q, want bearer", c.Subprotocol())
			}
			if err := c.Write(t.Context(), ws.OpText, []byte("who am I?")); err != nil {
				t.Fatal(err)
			}
			if _, data, err := c.Read(t.Context()); err != nil || string(data) != annIsHere {
				t.Errorf("received %s, %v, want %s", data, err, annIsHere)
			}
		})
	}
	if strings.Contains(log.String(), "eyJ") {
		t.Errorf("a token was logged: %s", &log)
	}
}

func TestGatewayWithoutIssuer(t *testing.T) {
	s := newSigner(t, "k", "ES256")
	srv := &gateway.Server{Handler: whoami(newAuthorizer(t, new(issuer).guarded())), Logger: quiet}
	d := tygtest.Dial{Query: url.Values{"token": {s.token(t, nil)}}}
	if _, err := dial(t, serve(t, srv), d); handshakeStatus(err) != http.StatusInternalServerError {
		t.Errorf("Dial: %v, want status 500", err)
	}
}

// TestBrowserSourceAlone registers the header of the subprotocols as an identity source.
func TestBrowserSourceAlone(t *testing.T) {
	s := newSigner(t, "k", "ES256")
	c := (&issuer{code: 200, body: keySet(t, s)}).config()
	c.Sources = []string{"route.request.header.Sec-WebSocket-Protocol"}
	app := whoami(newAuthorizer(t, c))
	web := serve(t, &gateway.Server{Handler: app, Logger: quiet})
	d := tygtest.Dial{Subprotocols: []string{"bearer", s.token(t, nil)}}
	client, err := dial(t, web, d)
	if err != nil {
		t.Fatal(err)
	}
	_ = client.CloseNow()
	if _, err := dial(t, web, tygtest.Dial{}); handshakeStatus(err) != http.StatusUnauthorized {
		t.Errorf("Dial without subprotocols: %v", err)
	}
	if _, err := tygtest.NewHost(t, app).Try(d); err != nil {
		t.Errorf("Try: %v", err)
	}
}

func TestInMemory(t *testing.T) {
	s := newSigner(t, "k", "ES256")
	i := &issuer{code: 200, body: keySet(t, s)}
	host := tygtest.NewHost(t, whoami(newAuthorizer(t, i.guarded())))
	for _, tt := range handshakes(t, s) {
		t.Run(tt.name, func(t *testing.T) {
			c, err := host.Try(tt.Dial)
			if refused, ok := errors.AsType[*tygtest.Refused](err); ok {
				if refused.Status != tt.status {
					t.Errorf("refused with %d, want %d", refused.Status, tt.status)
				}
				return
			}
			if tt.status != http.StatusSwitchingProtocols {
				t.Fatalf("accepted, want %d", tt.status)
			}
			if len(tt.Subprotocols) > 0 && c.Subprotocol() != "bearer" {
				t.Errorf("subprotocol %q, want bearer", c.Subprotocol())
			}
			c.Send("who am I?")
			c.Expect(annIsHere)
		})
	}
}

// serve runs srv behind a listener until the test ends.
func serve(t *testing.T, srv *gateway.Server) *httptest.Server {
	t.Helper()
	web := httptest.NewServer(srv)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := srv.Shutdown(ctx); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
		web.Close()
	})
	return web
}

func dial(t *testing.T, web *httptest.Server, d tygtest.Dial) (*wsclient.Conn, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	address := web.URL + "/api?" + d.Query.Encode()
	o := &wsclient.Options{Header: d.Header, Subprotocols: d.Subprotocols}
	c, _, err := wsclient.Dial(ctx, address, o)
	return c, err
}

func handshakeStatus(err error) int {
	if err == nil {
		return http.StatusSwitchingProtocols
	}
	if refused, ok := errors.AsType[*wsclient.RefusedError](err); ok {
		return refused.Status
	}
	return 0
}
