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
