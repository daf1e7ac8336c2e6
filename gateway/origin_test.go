package gateway_test

import (
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/gateway"
)

// TestRebindingIsRefused has a page of another site, whose name leads to this machine by now,
// connect with the Host and the Origin of that name.
func TestRebindingIsRefused(t *testing.T) {
	tests := []struct {
		name, host, scheme, extra string
		want                      int
	}{
		{"a strange name", "evil.example", "http", "", 403},
		{"a strange name over TLS", "evil.example", "https", "", 403},
		{"a name like localhost", "localhost.evil.example", "http", "", 403},
		{"a name like an address", "127.0.0.1.evil.example", "http", "", 403},
		{"a name of one word", "evillocalhost", "http", "", 403},
		{"a listed name", "listed.example", "https", "", 101},
		{"a listed name of another scheme", "listed.example", "http", "", 403},
		{"localhost", "localhost", "http", "", 101},
		{"localhost in capitals", "LOCALHOST", "http", "", 101},
		{"below localhost", "app.localhost", "http", "", 101},
		{"an address", "127.0.0.1", "http", "", 101},
		{"another address", "0.0.0.0", "http", "", 101},
		{"an address of IPv6", "[::1]", "http", "", 101},
		{"a proxy on this machine", "chat.example", "https", "X-Forwarded-For: 192.0.2.1", 101},
		{"another proxy", "chat.example", "https", "Forwarded: for=192.0.2.1", 101},
	}
	servers := map[string]*rig{}
	for name, start := range map[string]func(testing.TB, *gateway.Server) *rig{
		"Serve": start, "mounted": startMounted,
	} {
		servers[name] = start(t, &gateway.Server{
			Handler: echo(), Origins: []string{"https://listed.example:8300"},
		})
	}
	portable := &gateway.Server{
		Handler: echo(), Origins: []string{"https://listed.example:8300"}, Portable: true,
	}
	servers["portable"] = start(t, portable)
	for _, tt := range tests {
		for name, r := range servers {
			host := tt.host + ":8300"
			lines := []string{"Origin: " + tt.scheme + "://" + strings.ToLower(host)}
			if tt.extra != "" {
				lines = append(lines, tt.extra)
			}
			request := strings.Replace(r.handshake(lines...), r.host(), host, 1)
			if res, _ := r.ask(t, request); res.StatusCode != tt.want {
				t.Errorf("%s, %s: status %d, want %d", tt.name, name, res.StatusCode, tt.want)
			}
		}
	}
}
