package sigv4_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/tyg-dev/tyg/internal/sigv4"
)

func TestIsLocal(t *testing.T) {
	tests := []struct {
		name, remote, host, header string
		want                       bool
	}{
		{"IPv4", "127.0.0.1:1234", "127.0.0.1:8000", "", true},
		{"other loopback address", "127.0.0.2:1234", "127.0.0.2:8000", "", true},
		{"IPv6", "[::1]:1234", "[::1]:8000", "", true},
		{"IPv4 in IPv6", "[::ffff:127.0.0.1]:1234", "127.0.0.1:8000", "", true},
		{"localhost", "127.0.0.1:1234", "localhost:8000", "", true},
		{"no port", "127.0.0.1:1234", "localhost", "", true},
		{"remote peer", "192.0.2.1:1234", "127.0.0.1:8000", "", false},
		{"peer without address", "@", "localhost", "", false},
		{"DNS rebinding", "127.0.0.1:1234", "example.com:8000", "", false},
		{"name that begins like localhost", "127.0.0.1:1234", "localhost.example.com", "", false},
		{"unspecified host", "127.0.0.1:1234", "0.0.0.0:8000", "", false},
		{"no host", "127.0.0.1:1234", "", "", false},
		{"other header", "127.0.0.1:1234", "localhost", "User-Agent", true},
		{"Origin", "127.0.0.1:1234", "localhost", "Origin", false},
		{"Sec-Fetch-Site", "127.0.0.1:1234", "localhost", "Sec-Fetch-Site", false},
		{"Forwarded", "127.0.0.1:1234", "localhost", "Forwarded", false},
		{"Via", "127.0.0.1:1234", "localhost", "Via", false},
		{"X-Forwarded-For", "127.0.0.1:1234", "localhost", "X-Forwarded-For", false},
		{"X-Forwarded-Host", "127.0.0.1:1234", "localhost", "X-Forwarded-Host", false},
		{"X-Real-IP", "127.0.0.1:1234", "localhost", "X-Real-IP", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, "/", nil)
			r.RemoteAddr, r.Host = tt.remote, tt.host
			if tt.header != "" {
				r.Header.Set(tt.header, "http://127.0.0.1")
			}
			if got := sigv4.IsLocal(r); got != tt.want {
				t.Errorf("IsLocal = %v, want %v", got, tt.want)
			}
		})
	}
}

// TestIsLocalSeesWhatFollowsAnEmptyHeader has a client put an empty X-Forwarded-For before that of
// its proxy.
func TestIsLocalSeesWhatFollowsAnEmptyHeader(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	r.RemoteAddr, r.Host = "127.0.0.1:1234", "localhost"
	r.Header["X-Forwarded-For"] = []string{"", "192.0.2.1"}
	if sigv4.IsLocal(r) {
		t.Error("a call through a proxy is local")
	}
}
