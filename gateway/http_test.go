package gateway_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/tyg-dev/tyg/gateway"
)

// TestHTTPGetsOtherRequests sends requests that are not for the WebSocket, on every way to it.
func TestHTTPGetsOtherRequests(t *testing.T) {
	other := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusTeapot)
		fmt.Fprint(w, r.URL.Path)
	})
	tests := []struct {
		request string
		status  int
	}{
		{"GET / HTTP/1.1", http.StatusTeapot},
		{"GET /page HTTP/1.1", http.StatusTeapot},
		{"POST /page HTTP/1.1\r\nContent-Length: 0", http.StatusTeapot},
		{"GET /api/page HTTP/1.1", http.StatusTeapot},
		{"GET /api HTTP/1.1", http.StatusUpgradeRequired},
		{"GET /api/@connections/AAAAAAAAAAAAAAA= HTTP/1.1", http.StatusForbidden},
		{"GET /page HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket", http.StatusForbidden},
	}
	for name, path := range map[string]func(testing.TB, *gateway.Server) *rig{
		"raw": start, "portable": startPortable, "mounted": startMounted,
	} {
		t.Run(name, func(t *testing.T) {
			r := path(t, &gateway.Server{Handler: echo(), HTTP: other, Logger: quiet})
			for _, tt := range tests {
				res, body := r.ask(t, tt.request+"\r\nHost: x\r\n\r\n")
				if res.StatusCode != tt.status {
					t.Errorf("%q: %s %q, want %d", tt.request, res.Status, body, tt.status)
				}
			}
			r.dial(t)
		})
	}
}

// TestHomeIsForBrowsers has the page at "/" for browsers, and API Gateway's answers for all others.
func TestHomeIsForBrowsers(t *testing.T) {
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "home") })
	const html = "\r\nAccept: text/html,*/*"
	tests := []struct {
		request string
		status  int
	}{
		{"GET / HTTP/1.1" + html, http.StatusOK},
		{"GET / HTTP/1.1\r\nAccept: */*", http.StatusUpgradeRequired},
		{"GET /api/ HTTP/1.1" + html, http.StatusUpgradeRequired},
		{"GET /page HTTP/1.1" + html, http.StatusForbidden},
		{"POST / HTTP/1.1\r\nContent-Length: 0" + html, http.StatusMethodNotAllowed},
	}
	for name, path := range map[string]func(testing.TB, *gateway.Server) *rig{
		"raw": start, "portable": startPortable, "mounted": startMounted,
	} {
		t.Run(name, func(t *testing.T) {
			r := path(t, &gateway.Server{Handler: echo(), Home: page, Logger: quiet})
			without := path(t, &gateway.Server{Handler: echo(), Logger: quiet})
			for _, tt := range tests {
				res, body := r.ask(t, tt.request+"\r\nHost: x\r\n\r\n")
				if res.StatusCode != tt.status || (body == "home") != (tt.status == http.StatusOK) {
					t.Errorf("%q: %s %q, want %d", tt.request, res.Status, body, tt.status)
				}
				old, same := without.ask(t, tt.request+"\r\nHost: x\r\n\r\n")
				if tt.status != http.StatusOK && (old.StatusCode != res.StatusCode || same != body) {
					t.Errorf("%q: without a home it was %s %q, now %s %q", tt.request, old.Status, same,
						res.Status, body)
				}
			}
			r.dial(t)
		})
	}
}
