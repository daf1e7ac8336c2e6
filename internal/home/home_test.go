package home_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/internal/home"
)

const browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

func TestWantsIsForBrowsersAtTheRoot(t *testing.T) {
	tests := []struct {
		method, path, accept, upgrade string
		want                          bool
	}{
		{"GET", "/", browser, "", true},
		{"HEAD", "/", "Text/HTML;q=0.1", "", true},
		{"GET", "/", "*/*", "", false},
		{"GET", "/", "", "", false},
		{"GET", "/", "application/json", "", false},
		{"GET", "/", browser, "websocket", false},
		{"POST", "/", browser, "", false},
		{"GET", "/api/", browser, "", false},
		{"GET", "/api", browser, "", false},
		{"GET", "//", browser, "", false},
	}
	for _, tt := range tests {
		r := httptest.NewRequest(tt.method, tt.path, nil)
		r.Header.Set("Accept", tt.accept)
		r.Header.Set("Upgrade", tt.upgrade)
		if got := home.Wants(r); got != tt.want {
			t.Errorf("%+v: got %t", tt, got)
		}
	}
}

// The link to the inspector is for browsers on this machine only, whatever name they were told.
func TestInspectorIsForThisMachine(t *testing.T) {
	page := home.Page{Name: "<b>chat", Stage: "api", Inspector: "http://127.0.0.1:8001/"}
	tests := []struct {
		remote, host, proxy string // the proxy's header, behind an empty one of the client
		want                bool
	}{
		{"127.0.0.1:1", "127.0.0.1:8000", "", true},
		{"[::1]:1", "localhost:8000", "", true},
		{"127.0.0.1:1", "[::1]", "", true},
		{"192.0.2.1:1", "localhost:8000", "", false},
		{"127.0.0.1:1", "evil.example:8000", "", false},
		{"127.0.0.1:1", "localhost:8000", "192.0.2.1", false},
	}
	for _, tt := range tests {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr, r.Host = tt.remote, tt.host
		if tt.proxy != "" {
			r.Header["X-Forwarded-For"] = []string{"", tt.proxy}
		}
		w := httptest.NewRecorder()
		page.ServeHTTP(w, r)
		body := w.Body.String()
		if got := strings.Contains(body, page.Inspector); got != tt.want {
			t.Errorf("%+v: the link is there: %t", tt, got)
		}
		if !strings.Contains(body, "<code>ws://"+tt.host+"/api/</code>") || strings.Contains(body, "<b>") ||
			strings.Contains(w.Header().Get("Content-Security-Policy"), "unsafe") {
			t.Errorf("%+v: the page is %s with %v", tt, body, w.Header())
		}
	}
}
