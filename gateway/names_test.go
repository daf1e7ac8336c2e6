package gateway_test

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
)

// A chan of the requests that connect handlers get.
type requests chan *tyg.Request

func (c requests) server() *gateway.Server {
	app := echo()
	app.OnConnect(func(_ context.Context, _ *tyg.Conn, r *tyg.Request) error {
		c <- r
		return nil
	})
	return &gateway.Server{Handler: app, Logger: quiet}
}

// keepingNames mounts srv in an http.Server that keeps the names of headers.
func keepingNames(t testing.TB, srv *gateway.Server) *rig {
	t.Helper()
	web := httptest.NewUnstartedServer(srv)
	web.Listener = gateway.KeepHeaderNames(web.Config, web.Listener)
	web.Start()
	return startOn(t, srv, web)
}

// keepingNamesTLS is keepingNames with TLS.
func keepingNamesTLS(t testing.TB, srv *gateway.Server) *rig {
	t.Helper()
	other := httptest.NewTLSServer(nil) // for its certificate
	defer other.Close()
	web := httptest.NewUnstartedServer(srv)
	web.Listener = gateway.KeepHeaderNames(web.Config, tls.NewListener(web.Listener, &tls.Config{
		Certificates: other.TLS.Certificates, NextProtos: []string{"http/1.1"},
	}))
	web.Start()
	r := startOn(t, srv, web)
	r.tls = other.Client().Transport.(*http.Transport).TLSClientConfig
	r.url = strings.Replace(r.url, "http:", "https:", 1)
	return r
}

// strangeListener is of a type that Serve does not know.
type strangeListener struct{ net.Listener }

// startStrange serves a listener whose connections may be more than sockets.
func startStrange(t testing.TB, srv *gateway.Server) *rig {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return startOnListener(t, srv, strangeListener{l})
}

// startOnListener serves l until the test ends.
func startOnListener(t testing.TB, srv *gateway.Server, l net.Listener) *rig {
	t.Helper()
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }() // Shutdown ends it
	t.Cleanup(func() {
		if err := srv.Shutdown(context.Background()); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
		<-served
	})
	return &rig{Server: srv, url: "http://" + l.Addr().String() + "/api/"}
}

// TestHeaderNamesAsSent sends names that Go respells on each way to a socket, in heads that Serve
// reads itself and in others.
func TestHeaderNamesAsSent(t *testing.T) {
	paths := map[string]func(testing.TB, *gateway.Server) *rig{
		"raw": start, "portable": startPortable, "TLS": startServeTLS, "other listener": startStrange,
		"http.Server": keepingNames, "http.Server with TLS": keepingNamesTLS,
	}
	own := []string{"x-api-key: k", "X-GitHub-Event: p", "DNT: 1", "X_Under_Score: 1"}
	want := []string{
		"Host", "Connection", "Upgrade", "Sec-WebSocket-Version", "Sec-WebSocket-Key",
		"x-api-key", "X-GitHub-Event", "DNT", "X_Under_Score",
	}[1:]
	toLF := func(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }
	tests := []struct {
		name   string
		change func(handshake string) string
		fields []string
		want   []string // beyond those above
	}{
		{"plain", nil, nil, nil},
		{"lines end with LF", toLF, nil, nil},
		{"continued line", nil, []string{"x-long: a", " b: c", "aFTER: d"}, []string{"x-long", "aFTER"}},
		{"not ASCII", nil, []string{"x-umlaut: ä"}, []string{"x-umlaut"}},
		{"one name in two spellings", nil, []string{"X-API-KEY: l"}, nil},
		{"a header of the gateway", nil, []string{"x-forwarded-proto: https"}, nil},
		{"Pragma", nil, []string{"pragma: no-cache"}, []string{"pragma"}},
		{
			"a call on the connection before", func(s string) string {
				return "GET /api/ HTTP/1.1\r\nHost: x\r\nX-API-key: no\r\n\r\n" + s
			}, nil, nil,
		},
	}
	for name, path := range paths {
		t.Run(name, func(t *testing.T) {
			got := make(requests, 1)
			r := path(t, got.server())
			for _, tt := range tests {
				text := r.handshake(append(slices.Clone(own), tt.fields...)...)
				if tt.change != nil {
					text = tt.change(text)
				}
				r.connect(t).write(t, text)
				q := <-got
				if all := append(slices.Clone(want), tt.want...); !reflect.DeepEqual(q.HeaderNames, all) {
					t.Errorf("%s: the names are %q, want %q", tt.name, q.HeaderNames, all)
				}
				if q.Header.Get("X-API-Key") != "k" {
					t.Errorf("%s: the headers are %v", tt.name, q.Header)
				}
				if c, ok := q.Header["Cache-Control"]; ok {
					t.Errorf("%s: Cache-Control is %q, but was not sent", tt.name, c)
				}
				if secure := r.tls != nil; secure != (q.Header.Get("X-Forwarded-Proto") == "https") &&
					tt.name != "a header of the gateway" {
					t.Errorf("%s: X-Forwarded-Proto is %q", tt.name, q.Header.Get("X-Forwarded-Proto"))
				}
			}
		})
	}
}

// TestHeaderNamesBehindPlainHTTPServer shows what cannot be known there: an http.Server has respelt
// the names.
func TestHeaderNamesBehindPlainHTTPServer(t *testing.T) {
	got := make(requests, 1)
	r := startMounted(t, got.server())
	r.connect(t).write(t, r.handshake("x-api-key: k"))
	q := <-got
	if q.HeaderNames != nil || q.Header.Get("x-api-key") != "k" {
		t.Errorf("names %q, headers %v; want canonical names only", q.HeaderNames, q.Header)
	}
}

// TestQueryIsKept checks that no parameter of a handshake is lost on the way to the application.
func TestQueryIsKept(t *testing.T) {
	for name, path := range map[string]func(testing.TB, *gateway.Server) *rig{
		"raw": start, "TLS": startServeTLS, "net/http": startMounted,
	} {
		t.Run(name, func(t *testing.T) {
			got := make(requests, 1)
			r := path(t, got.server())
			for query, want := range map[string]url.Values{
				"token=a;b&x=1": {"token": {"a;b"}, "x": {"1"}},
				"token=100%":    {"token": {"100%"}},
				"a=%zz&a=+&b":   {"a": {"%zz", " "}, "b": {""}},
				"":              {},
			} {
				r.connect(t).write(t, strings.Replace(r.handshake(), "/api/", "/api/?"+query, 1))
				if q := <-got; !reflect.DeepEqual(q.Query, want) {
					t.Errorf("%q: the query is %q, want %q", query, q.Query, want)
				}
			}
		})
	}
}

// TestIdentitySourcesMayHaveAnySpelling authorizes clients that send what an http.Server respells
// or drops.
func TestIdentitySourcesMayHaveAnySpelling(t *testing.T) {
	app := echo()
	app.OnAuthorize(func(context.Context, *tyg.Request) (tyg.Identity, error) {
		return tyg.Identity{Principal: "p"}, nil
	}, "route.request.header.X-Api-KEY", "route.request.querystring.token")
	r := start(t, &gateway.Server{Handler: app})
	for _, query := range []string{"token=a;b", "token=100%", "x=%&token=1"} {
		for _, name := range []string{"x-api-key", "X-API-Key", "X-Api-Key"} {
			w := r.connect(t)
			w.write(t, strings.Replace(r.handshake(name+": k"), "/api/", "/api/?"+query, 1))
			if res := w.response(t); res.StatusCode != http.StatusSwitchingProtocols {
				t.Errorf("?%s with %s: status %d", query, name, res.StatusCode)
			}
		}
	}
}
