package handshake_test

import (
	"net/http"
	"net/netip"
	"testing"

	"github.com/tyg-dev/tyg/gateway/internal/handshake"
)

// TestSourceAddr reads the addresses that proxies write, in all their spellings. The peer is
// 10.0.0.1.
func TestSourceAddr(t *testing.T) {
	trusted := []netip.Prefix{
		netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::ffff:172.16.0.0/108"),
		netip.MustParsePrefix("fd00::/8"),
	}
	tests := []struct {
		lines []string
		want  string
	}{
		{nil, "10.0.0.1"},
		{[]string{""}, "10.0.0.1"},
		{[]string{" , ,"}, "10.0.0.1"},
		{[]string{"203.0.113.7"}, "203.0.113.7"},
		{[]string{"203.0.113.7:4711"}, "203.0.113.7"},
		{[]string{"203.0.113.7,"}, "203.0.113.7"},
		{[]string{"203.0.113.7", ""}, "203.0.113.7"},
		{[]string{"\t203.0.113.7\t"}, "203.0.113.7"},
		{[]string{"2001:db8::7"}, "2001:db8::7"},
		{[]string{"[2001:db8::7]"}, "2001:db8::7"},
		{[]string{"[2001:db8::7]:4711"}, "2001:db8::7"},
		{[]string{`"[2001:db8::7]:4711"`}, "2001:db8::7"},
		{[]string{`"203.0.113.7:4711"`}, "203.0.113.7"},
		{[]string{"2001:DB8:0:0::7"}, "2001:db8::7"},
		{[]string{"fe80::1%eth0"}, "fe80::1"},
		{[]string{"[fe80::1%eth0]:80"}, "fe80::1"},
		{[]string{"::ffff:203.0.113.7"}, "203.0.113.7"},
		{[]string{"[::ffff:203.0.113.7]:80"}, "203.0.113.7"},
		{[]string{"192.0.2.1, 203.0.113.7:1"}, "203.0.113.7"},
		{[]string{"203.0.113.7:1, 10.1.1.1:2"}, "203.0.113.7"},
		{[]string{"203.0.113.7:1", "[fd00::1]:2, 10.1.1.1"}, "203.0.113.7"},
		{[]string{"203.0.113.7, 172.16.0.1, ::ffff:10.0.0.2"}, "203.0.113.7"},
		{[]string{"10.0.0.3"}, "10.0.0.3"},
		{[]string{"203.0.113.7, unknown"}, "10.0.0.1"},
		{[]string{"203.0.113.7, _hidden, 10.0.0.3"}, "10.0.0.3"},
		{[]string{"203.0.113.7:http"}, "10.0.0.1"},
		{[]string{"203.0.113.7:"}, "10.0.0.1"},
		{[]string{"203.0.113.7:99999"}, "10.0.0.1"},
		{[]string{"[203.0.113.7]"}, "10.0.0.1"},
		{[]string{"[2001:db8::7"}, "10.0.0.1"},
		{[]string{`"`}, "10.0.0.1"},
		{[]string{"example.com"}, "10.0.0.1"},
	}
	for _, tt := range tests {
		r := &http.Request{RemoteAddr: "10.0.0.1:5555", Header: http.Header{"X-Forwarded-For": tt.lines}}
		if got := handshake.SourceAddr(r, trusted); got.String() != tt.want {
			t.Errorf("%q: got %v, want %s", tt.lines, got, tt.want)
		}
		r.RemoteAddr = "192.0.2.9:5555" // from which none of that is believed
		if got := handshake.SourceAddr(r, trusted); got.String() != "192.0.2.9" {
			t.Errorf("%q from a client: got %v, want its own address", tt.lines, got)
		}
	}
}

func TestForwardedFor(t *testing.T) {
	tests := []struct {
		lines        []string
		remote, want string
	}{
		{nil, "127.0.0.1:1", "127.0.0.1"},
		{[]string{""}, "127.0.0.1:1", "127.0.0.1"},
		{[]string{" , "}, "127.0.0.1:1", "127.0.0.1"},
		{[]string{"203.0.113.7:4711"}, "127.0.0.1:1", "203.0.113.7:4711, 127.0.0.1"},
		{[]string{"a,b", "c"}, "[::1]:1", "a, b, c, ::1"},
		{[]string{"a"}, "", "a"},
		{nil, "@", ""},
		{nil, "203.0.113.7", "203.0.113.7"},
		{nil, "[fe80::1%eth0]:1", "fe80::1"},
		{nil, "2001:db8::7", "2001:db8::7"},
	}
	for _, tt := range tests {
		r := &http.Request{RemoteAddr: tt.remote, Header: http.Header{"X-Forwarded-For": tt.lines}}
		if got := handshake.ForwardedFor(r); got != tt.want {
			t.Errorf("%q from %s: got %q, want %q", tt.lines, tt.remote, got, tt.want)
		}
	}
}
