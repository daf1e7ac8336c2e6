package gateway_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
)

// open starts a gateway with one client.
func open(t *testing.T, srv *gateway.Server) (*rig, *client, *tyg.Conn, life) {
	t.Helper()
	app := echo()
	l := follow(app)
	srv.Handler = app
	r := start(t, srv)
	c := r.dial(t)
	return r, c, next(t, l.connects), l
}

func TestPostSends(t *testing.T) {
	r, c, conn, _ := open(t, &gateway.Server{})
	id := string(conn.ID)
	paths := []string{
		"/api/@connections/" + id,
		"/api/%40connections/" + strings.ReplaceAll(id, "=", "%3D"),
		"/api/@connections/" + url.PathEscape(id),
		"/@connections/" + id,
		"/%40connections/" + strings.ReplaceAll(id, "=", "%3d"),
	}
	for _, path := range paths {
		for _, text := range []string{"hi", "", strings.Repeat("é", 64<<10)} {
			status, header, body := r.call(t, http.MethodPost, path, text)
			if status != http.StatusOK || body != "" {
				t.Fatalf("%s: status %d, body %q, header %v", path, status, body, header)
			}
			c.expect(t, text)
		}
	}
}

func TestGetDescribes(t *testing.T) {
	r, _, conn, _ := open(t, &gateway.Server{})
	status, header, body := r.call(t, http.MethodGet, "/api/@connections/"+string(conn.ID), "")
	if status != http.StatusOK || header.Get("Content-Type") != "application/json" {
		t.Errorf("status %d, header %v", status, header)
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"connectedAt", "lastActiveAt"} {
		at, err := time.Parse("2006-01-02T15:04:05.000Z", got[key].(string))
		if err != nil || time.Since(at).Abs() > time.Minute {
			t.Errorf("%s is %v: %v", key, got[key], err)
		}
	}
	id := got["identity"].(map[string]any)
	if id["sourceIp"] != "127.0.0.1" || id["userAgent"] != "tyg" || len(got) != 3 {
		t.Errorf("body %s", body)
	}
}

func TestDeleteCloses(t *testing.T) {
	r, c, conn, l := open(t, &gateway.Server{})
	path := "/api/@connections/" + string(conn.ID)
	status, _, body := r.call(t, http.MethodDelete, path, "")
	if status != http.StatusNoContent || body != "" {
		t.Errorf("status %d, body %q", status, body)
	}
	c.expectClose(t, 1000, "Connection Closed Normally")
	l.wantEnd(t, 1000, "Connection Closed Normally")
	for _, method := range []string{http.MethodDelete, http.MethodGet, http.MethodPost} {
		status, header, body := r.call(t, method, path, "")
		if status != http.StatusGone || body != "" || header.Get("X-Amzn-ErrorType") != "GoneException" {
			t.Errorf("%s after DELETE: %d %q %v", method, status, body, header)
		}
	}
}

func TestManagementErrors(t *testing.T) {
	t.Parallel() // it mostly waits
	r, _, conn, _ := open(t, &gateway.Server{})
	path := "/api/@connections/" + string(conn.ID)
	tests := []struct {
		name, method, path, body string
		status                   int
		kind, answer             string
	}{
		{
			"malformed id", "POST", "/api/@connections/x", "hi", 400, "BadRequestException",
			`{"message":"Invalid connectionId: x"}`,
		},
		{
			"id with a slash", "POST", "/api/@connections/a%2Fb", "hi", 400, "BadRequestException",
			`{"message":"Invalid connectionId: a/b"}`,
		},
		{"unknown id", "POST", "/api/@connections/AAAAAAAAAAAAAAA=", "hi", 410, "GoneException", ""},
		{"unknown id, GET", "GET", "/api/@connections/AAAAAAAAAAAAAAA=", "", 410, "GoneException", ""},
		{
			"unknown id, DELETE", "DELETE", "/api/@connections/AAAAAAAAAAAAAAA=", "", 410, "GoneException",
			"",
		},
		{
			"too large", "POST", path, strings.Repeat("x", 128<<10+1), 413, "PayloadTooLargeException",
			`{"message":"Request Too Long"}`,
		},
		{
			"no text", "POST", path, "\xff", 400, "NotTextException",
			`{"message":"Message is not valid UTF-8 text"}`,
		},
		{
			"wrong stage", "POST", strings.Replace(path, "api", "prod", 1), "hi", 403, "ForbiddenException",
			`{"message":"Forbidden"}`,
		},
		{
			"PUT", "PUT", path, "hi", 403, "MissingAuthenticationTokenException",
			`{"message":"Missing Authentication Token"}`,
		},
		{
			"PATCH", "PATCH", path, "hi", 403, "MissingAuthenticationTokenException",
			`{"message":"Missing Authentication Token"}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			status, header, body := r.call(t, tt.method, tt.path, tt.body)
			kind := header.Get("X-Amzn-ErrorType")
			if status != tt.status || kind != tt.kind || body != tt.answer {
				t.Errorf("%d %s %s; want %d %s %s", status, kind, body, tt.status, tt.kind, tt.answer)
			}
		})
	}
}

// TestCallsWithoutSecretsMustBeLocal calls @connections as a program on this machine may, and in
// ways that are refused.
func TestCallsWithoutSecretsMustBeLocal(t *testing.T) {
	r, c, conn, _ := open(t, &gateway.Server{})
	tests := []struct {
		name  string
		alter func(*http.Request)
		want  int
	}{
		{"this machine", func(*http.Request) {}, 200},
		{"by name", func(r *http.Request) { r.Host = "localhost:8000" }, 200},
		{"over IPv6", func(r *http.Request) { r.RemoteAddr, r.Host = "[::1]:1234", "[::1]:8000" }, 200},
		{"a page", func(r *http.Request) { r.Header.Set("Origin", "http://127.0.0.1:8000") }, 403},
		{"a page of nowhere", func(r *http.Request) { r.Header.Set("Origin", "null") }, 403},
		{"a browser", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-origin") }, 403},
		{"a proxy", func(r *http.Request) { r.Header.Set("X-Forwarded-For", "127.0.0.1") }, 403},
		{"a modern proxy", func(r *http.Request) { r.Header.Set("Forwarded", "for=127.0.0.1") }, 403},
		{"a chain of proxies", func(r *http.Request) { r.Header.Set("Via", "1.1 x") }, 403},
		{"a rebound name", func(r *http.Request) { r.Host = "evil.example" }, 403},
		{"a name that looks alike", func(r *http.Request) { r.Host = "localhost.evil.example" }, 403},
		{"no name", func(r *http.Request) { r.Host = "" }, 403},
		{"another machine", func(r *http.Request) { r.RemoteAddr = "192.0.2.1:1234" }, 403},
		{"no address", func(r *http.Request) { r.RemoteAddr = "@" }, 403},
		{"no signature", func(r *http.Request) { r.Header.Del("Authorization") }, 403},
		{"no form", func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") }, 403},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			target := "http://127.0.0.1:8000/api/@connections/" + string(conn.ID)
			req := httptest.NewRequest(http.MethodPost, target, strings.NewReader(tt.name))
			req.RemoteAddr = "127.0.0.1:1234"
			sign(t, req, tt.name, unknownKey)
			tt.alter(req)
			w := httptest.NewRecorder()
			r.ServeHTTP(w, req)
			if w.Code != tt.want {
				t.Errorf("status %d, want %d; body %s", w.Code, tt.want, w.Body)
			}
			if tt.want == 200 {
				c.expect(t, tt.name)
			}
		})
	}
	c.send(t, "nothing else came")
	c.expect(t, "nothing else came")
}

func TestCallsWithSecretsMustBeSigned(t *testing.T) {
	r, c, conn, _ := open(t, &gateway.Server{Secrets: map[string]string{"AKIDMINE": "mine"}})
	mine := aws.Credentials{AccessKeyID: "AKIDMINE", SecretAccessKey: "mine"}
	tests := []struct {
		name string
		sign func(t *testing.T, req *http.Request, body string)
		want int
	}{
		{"mine", func(t *testing.T, req *http.Request, body string) { sign(t, req, body, mine) }, 200},
		{
			"unknown", func(t *testing.T, req *http.Request, body string) { sign(t, req, body, unknownKey) },
			403,
		},
		{"wrong secret", func(t *testing.T, req *http.Request, body string) {
			sign(t, req, body, aws.Credentials{AccessKeyID: "AKIDMINE", SecretAccessKey: "other"})
		}, 403},
		{
			"another body", func(t *testing.T, req *http.Request, _ string) { sign(t, req, "x", mine) }, 403,
		},
		{"none", func(*testing.T, *http.Request, string) {}, 403},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			target := "https://chat.example.com/api/@connections/" + string(conn.ID)
			req := httptest.NewRequest(http.MethodPost, target, strings.NewReader(tt.name))
			req.RemoteAddr = "192.0.2.1:1234" // a signature works from anywhere
			tt.sign(t, req, tt.name)
			w := httptest.NewRecorder()
			r.ServeHTTP(w, req)
			if w.Code != tt.want {
				t.Errorf("status %d, want %d; body %s", w.Code, tt.want, w.Body)
			}
			if tt.want == 200 {
				c.expect(t, tt.name)
			}
		})
	}
}

// TestServeFunctionNeedsNoSignature calls as a function that its host vouches for, from a server
// that serves nothing else.
func TestServeFunctionNeedsNoSignature(t *testing.T) {
	r, c, conn, _ := open(t, &gateway.Server{Secrets: map[string]string{"AKIDMINE": "mine"}})
	for _, tt := range []struct {
		method, path string
		want         int
	}{
		{http.MethodPost, "/api/@connections/" + string(conn.ID), 200},
		{http.MethodPost, "/other/@connections/" + string(conn.ID), 403},
		{http.MethodPost, "/api/@connections/gone", 400},
		{http.MethodGet, "/api/@groups?name=none", 200},
		{http.MethodGet, "/api/", 403},
		{http.MethodGet, "/", 403},
	} {
		w := httptest.NewRecorder()
		r.ServeFunction(w, httptest.NewRequest(tt.method, tt.path, strings.NewReader("hi")))
		if w.Code != tt.want {
			t.Errorf("%s %s: status %d, want %d; body %s", tt.method, tt.path, w.Code, tt.want, w.Body)
		}
	}
	c.expect(t, "hi")
}

// TestGoneWhileConnecting asks for a connection whose connect handler still runs.
func TestGoneWhileConnecting(t *testing.T) {
	ids, release := make(chan tyg.ConnID), make(chan struct{})
	app := echo()
	app.OnConnect(func(_ context.Context, c *tyg.Conn, _ *tyg.Request) error {
		ids <- c.ID
		<-release
		return nil
	})
	r := start(t, &gateway.Server{Handler: app})
	w := r.connect(t)
	w.write(t, r.handshake())
	path := "/api/@connections/" + string(next(t, ids))
	for _, method := range []string{http.MethodPost, http.MethodGet, http.MethodDelete} {
		if status, _, _ := r.call(t, method, path, ""); status != http.StatusGone {
			t.Errorf("%s while connect runs: status %d", method, status)
		}
	}
	close(release)
	if res := w.response(t); res.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("status %d", res.StatusCode)
	}
	if status, _, _ := r.call(t, http.MethodPost, path, "hi"); status != http.StatusOK {
		t.Errorf("POST after connect: status %d", status)
	}
	w.expect(t, "hi")
}

// TestSlowBodyIsRefused begins calls and never finishes them. That of a stranger does not wait for
// its body.
func TestSlowBodyIsRefused(t *testing.T) {
	t.Parallel() // it mostly waits
	r := start(
		t, &gateway.Server{Handler: echo(), Limits: gateway.Limits{Read: 20 * time.Millisecond}},
	)
	req := httptest.NewRequest(http.MethodPost, r.url, nil)
	sign(t, req, "", unknownKey)
	tests := map[string]int{
		"": http.StatusForbidden,
		"Authorization: " + req.Header.Get("Authorization") + "\r\nX-Amz-Date: " +
			req.Header.Get("X-Amz-Date") + "\r\n": http.StatusRequestTimeout,
	}
	for signature, want := range tests {
		w := r.connect(t)
		w.write(t, "POST /api/@connections/AAAAAAAAAAAAAAA= HTTP/1.1\r\nHost: "+r.host()+
			"\r\n"+signature+"Content-Length: 10\r\n\r\nhalf")
		res, err := http.ReadResponse(w.in, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("status %d, want %d", res.StatusCode, want)
		}
	}
}
