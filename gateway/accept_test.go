package gateway_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/ws"
)

func TestHandshakeStatus(t *testing.T) {
	r := start(t, &gateway.Server{Handler: echo()})
	ok := r.handshake()
	tests := []struct {
		name    string
		request string
		want    int
		header  string // that must be there
	}{
		{"good", ok, 101, "Sec-Websocket-Accept"},
		{"no slash at the end", strings.Replace(ok, "/api/", "/api", 1), 101, ""},
		{"no stage", strings.Replace(ok, "/api/", "/", 1), 101, ""},
		{"plain GET", "GET /api/ HTTP/1.1\r\nHost: x\r\n\r\n", 426, "Upgrade"},
		{"POST", strings.Replace(ok, "GET", "POST", 1), 405, "Allow"},
		{"HEAD", strings.Replace(ok, "GET", "HEAD", 1), 405, "Allow"},
		{"old version", strings.Replace(ok, ": 13", ": 8", 1), 426, "Sec-Websocket-Version"},
		{
			"no version", strings.Replace(ok, "Sec-WebSocket-Version: 13\r\n", "", 1), 426,
			"Sec-Websocket-Version",
		},
		{"no key", strings.Replace(ok, "Sec-WebSocket-Key", "X-Key", 1), 400, ""},
		{"short key", strings.Replace(ok, "dGhlIHNhbXBsZSBub25jZQ==", "dGhl", 1), 400, ""},
		{"body", strings.Replace(ok, "\r\n\r\n", "\r\nContent-Length: 2\r\n\r\nhi", 1), 400, ""},
		{"HTTP/1.0", strings.Replace(ok, "HTTP/1.1", "HTTP/1.0", 1), 505, ""},
		{"unknown stage", strings.Replace(ok, "/api/", "/prod/", 1), 403, ""},
		{"below the stage", strings.Replace(ok, "/api/", "/api/x", 1), 403, ""},
		{"stage in capitals", strings.Replace(ok, "/api/", "/API/", 1), 403, ""},
		{"longest URL", strings.Replace(ok, "/api/", "/api/?"+strings.Repeat("q", 4090), 1), 101, ""},
		{"URL too long", strings.Replace(ok, "/api/", "/api/?"+strings.Repeat("q", 4091), 1), 414, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			res, body := r.askOf(t, tt.request)
			if res.StatusCode != tt.want {
				t.Fatalf("status %d, want %d; body %s", res.StatusCode, tt.want, body)
			}
			if tt.header != "" && res.Header.Get(tt.header) == "" {
				t.Errorf("header lacks %s: %v", tt.header, res.Header)
			}
			if tt.want != 101 && res.Request.Method != "HEAD" && !strings.HasPrefix(body, `{"message":"`) {
				t.Errorf("body %q", body)
			}
		})
	}
}

// askOf is ask that knows the method, so that an answer to HEAD has no body.
func (r *rig) askOf(t *testing.T, request string) (*http.Response, string) {
	t.Helper()
	method, _, _ := strings.Cut(request, " ")
	if method != http.MethodHead {
		res, body := r.ask(t, request)
		res.Request = &http.Request{Method: method}
		return res, body
	}
	w := r.connect(t)
	w.write(t, request)
	res, err := http.ReadResponse(w.in, &http.Request{Method: method})
	if err != nil {
		t.Fatal(err)
	}
	return res, ""
}

func TestForeignOriginIsRefused(t *testing.T) {
	const host = "chat.example.com"
	lists := map[string][]string{
		"none":  nil,
		"exact": {"https://www.example.com"},
		"wild":  {"https://*.example.com"},
		"all":   {"*"},
		"named": {"null", "FILE://", "capacitor://localhost"},
		"port":  {"http://localhost:*", "https://*.dev.example:*", "http://[::1]:*"},
	}
	tests := []struct {
		list, origin string
		want         int
	}{
		{"none", "", 101},
		{"none", "https://chat.example.com", 101},
		{"none", "http://chat.example.com", 101},
		{"none", "HTTPS://CHAT.EXAMPLE.COM", 101},
		{"none", "https://chat.example.com:8443", 403},
		{"none", "https://www.example.com", 403},
		{"none", "https://chat.example.com.evil.net", 403},
		{"none", "https://evil.net/chat.example.com", 403},
		{"none", "https://chat.example.com@evil.net", 403},
		{"none", "null", 403},
		{"none", "file://", 403},
		{"none", "chat.example.com", 403},
		{"none", "https://x@chat.example.com", 403},
		{"none", "https://x:y@chat.example.com", 403},
		{"none", "https://chat.example.com/", 403},
		{"none", "https://chat.example.com?", 403},
		{"none", "https://chat.example.com#", 403},
		{"none", "https://chat.example.com:", 403},
		{"none", "ws://chat.example.com", 403},
		{"none", "chrome-extension://chat.example.com", 403},
		{"none", "https://chat.example.com\r\nOrigin: https://evil.net", 403},
		{"none", "https://evil.net\r\nOrigin: https://chat.example.com", 403},
		{"exact", "https://www.example.com", 101},
		{"exact", "HTTPS://WWW.EXAMPLE.COM", 101},
		{"exact", "https://chat.example.com", 101},
		{"exact", "http://www.example.com", 403},
		{"exact", "https://www.example.com.evil.net", 403},
		{"exact", "https://www.example.com:8443", 403},
		{"exact", "https://wwwwexample.com", 403},
		{"exact", "null", 403},
		{"wild", "https://a.example.com", 101},
		{"wild", "https://a.b.example.com", 101},
		{"wild", "https://A.Example.Com", 101},
		{"wild", "https://example.com", 403},
		{"wild", "https://.example.com", 403},
		{"wild", "https://example.com.evil.net", 403},
		{"wild", "https://a.example.com.evil.net", 403},
		{"wild", "https://evil.net/.example.com", 403},
		{"wild", "https://evil.net?.example.com", 403},
		{"wild", "https://evil.net#.example.com", 403},
		{"wild", "https://evil.net\\.example.com", 403},
		{"wild", "https://evil.net:80.example.com", 403},
		{"wild", "https://evilexample.com", 403},
		{"wild", "https://evil.net%23.example.com", 403},
		{"wild", "https://evil.net%2f.example.com", 403},
		{"wild", "https://evil.net%00.example.com", 403},
		{"wild", "https://evil.net\uff03.example.com", 403},
		{"wild", "https://evil.net@.example.com", 403},
		{"wild", "https://evil.net .example.com", 403},
		{"wild", "https://[::1].example.com", 403},
		{"wild", "null", 403},
		{"named", "null", 101},
		{"named", "NULL", 101},
		{"named", "null\r\nOrigin: null", 403},
		{"named", "null.example", 403},
		{"named", "file://", 101},
		{"named", "file:///", 403},
		{"named", "file://host", 403},
		{"named", "capacitor://localhost", 101},
		{"named", "capacitor://localhost:80", 403},
		{"named", "ionic://localhost", 403},
		{"named", "http://localhost", 403},
		{"port", "http://localhost", 101},
		{"port", "http://localhost:5173", 101},
		{"port", "http://localhost:99999", 403},
		{"port", "http://localhost:5173/", 403},
		{"port", "https://localhost:5173", 403},
		{"port", "http://localhost.evil.net:5173", 403},
		{"port", "http://[::1]", 101},
		{"port", "http://[::1]:3000", 101},
		{"port", "http://[::2]:3000", 403},
		{"port", "https://a.dev.example", 101},
		{"port", "https://a.dev.example:3000", 101},
		{"port", "https://a.dev.example.evil.net:3000", 403},
		{"port", "null", 403},
		{"all", "https://evil.net", 101},
		{"all", "null", 101},
	}
	rigs := make(map[string]*rig)
	for name, origins := range lists {
		rigs[name] = start(t, &gateway.Server{Handler: echo(), Origins: origins})
	}
	for _, tt := range tests {
		t.Run(tt.list+" "+tt.origin, func(t *testing.T) {
			r := rigs[tt.list]
			const proxied = "X-Forwarded-For: 192.0.2.1"
			request := strings.Replace(r.handshake(proxied, "Origin: "+tt.origin), r.host(), host, 1)
			if tt.origin == "" {
				request = strings.Replace(r.handshake(proxied), r.host(), host, 1)
			}
			res, body := r.ask(t, request)
			if res.StatusCode != tt.want {
				t.Errorf("status %d, want %d", res.StatusCode, tt.want)
			}
			if tt.want == 403 && body != `{"message":"Forbidden"}` {
				t.Errorf("body %s", body)
			}
		})
	}
}

// TestRefusedOriginIsExplained: the log says which flag allows the origin.
func TestRefusedOriginIsExplained(t *testing.T) {
	var refused string
	r := start(t, &gateway.Server{Handler: echo(), Trace: gateway.Trace{
		Refused: func(_ int, reason string) { refused = reason },
	}})
	for _, origin := range []string{"https://www.example.com:8443", "null", "file://"} {
		r.ask(t, r.handshake("Origin: "+origin))
		want := "allow it with --origin " + origin + `, or with "origins" in the configuration`
		if !strings.Contains(refused, want) {
			t.Errorf("the reason is %q, want one with %q", refused, want)
		}
	}
}

func TestBadOriginsAreRefusedAtStart(t *testing.T) {
	for _, origin := range []string{
		"", "example.com", "https://", "https://example.com/chat", "://x", "https://x@example.com",
		"https://example.com?", "https://example.com:x", "https://*.*.example.com", "nul",
		"file:", "file:///", "http://localhost:80:*", "http://:*", "http://[::1]:80:*", "null:*",
	} {
		srv := &gateway.Server{Handler: echo(), Origins: []string{origin}}
		err := srv.Start()
		if err == nil || !strings.Contains(err.Error(), `origin "`+origin+`"`) {
			t.Errorf("Origins %q: error %v", origin, err)
		}
	}
}

func TestServerMountsInMux(t *testing.T) {
	mounts := map[string]struct{ pattern, strip, path string }{
		"at its stage":     {"/api/", "", "/api/"},
		"below a prefix":   {"/apps/chat/", "/apps/chat", "/apps/chat/api/"},
		"without a stage":  {"/apps/chat/", "/apps/chat", "/apps/chat/"},
		"stage stripped":   {"/api/", "/api", "/api/"},
		"everything there": {"/", "", "/api/"},
	}
	for name, m := range mounts {
		t.Run(name, func(t *testing.T) {
			app := echo()
			l := follow(app)
			srv := &gateway.Server{Handler: app}
			mux := http.NewServeMux()
			mux.Handle(m.pattern, http.StripPrefix(m.strip, srv))
			mux.HandleFunc("GET /hello", func(w http.ResponseWriter, _ *http.Request) {
				_, _ = io.WriteString(w, "hello")
			})
			web := httptest.NewServer(mux)
			r := startOn(t, srv, web)
			r.url = web.URL + m.path
			c := r.dial(t)
			c.send(t, "one")
			c.expect(t, "one")
			path := m.path + "@connections/" + string(next(t, l.connects).ID)
			if status, _, body := r.call(t, http.MethodPost, path, "two"); status != 200 {
				t.Errorf("@connections: %d %s", status, body)
			}
			c.expect(t, "two")
			if _, _, body := r.call(t, http.MethodGet, "/hello", ""); body != "hello" {
				t.Errorf("the handler beside it says %q", body)
			}
		})
	}
}

// TestUnhijackableRequestIsRefused mounts the gateway where sockets cannot be taken over.
func TestUnhijackableRequestIsRefused(t *testing.T) {
	app := echo()
	l := follow(app)
	r := start(t, &gateway.Server{Handler: app})
	req := httptest.NewRequest(http.MethodGet, "/api/", nil)
	for line := range strings.SplitSeq(r.handshake(), "\r\n") {
		if name, value, ok := strings.Cut(line, ": "); ok {
			req.Header.Set(name, value)
		}
	}
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "ijack") {
		t.Errorf("status %d, body %s", w.Code, w.Body)
	}
	next(t, l.connects)
	l.wantEnd(t, ws.CloseAbnormal, "Connection closed abnormally")
	if got := r.Stats(); got.Connections != 0 || got.Refusals != 1 {
		t.Errorf("stats %+v", got)
	}
}

func TestBadFieldsAreReported(t *testing.T) {
	tests := map[string]*gateway.Server{
		"no handler": {},
		"bad origin": {Handler: echo(), Origins: []string{"x"}},
		"bad routes": {
			Handler:     echo(),
			Description: &tyg.Description{RouteSelection: "$request.header.x"},
		},
		"no log line": {Handler: echo(), AccessLog: &gateway.AccessLog{}},
	}
	for name, srv := range tests {
		t.Run(name, func(t *testing.T) {
			if srv.Start() == nil {
				t.Fatal("Start works")
			}
			w := httptest.NewRecorder()
			srv.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/", nil))
			if w.Code != http.StatusInternalServerError ||
				!strings.HasPrefix(w.Body.String(), `{"message":`) {
				t.Errorf("status %d, body %s", w.Code, w.Body)
			}
			if err := srv.Send(t.Context(), "AAAAAAAAAAAAAAA=", nil); err == nil ||
				errors.Is(err, tyg.ErrGone) {
				t.Errorf("Send: %v", err)
			}
			if err := srv.Shutdown(t.Context()); err != nil {
				t.Errorf("Shutdown: %v", err)
			}
		})
	}
}
