package hosts_test

import (
	"testing"

	"github.com/tyg-dev/tyg/internal/hosts"
)

func TestHas(t *testing.T) {
	l, err := hosts.Parse([]string{"Chat.example.com.", "*.example.org", "192.0.2.7", "[2001:db8::7]"})
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]bool{
		"chat.example.com": true, "CHAT.example.com:8000": true, "chat.example.com.": true,
		"a.example.org": true, "a.b.example.org:1": true, "192.0.2.7:80": true, "[2001:db8::7]:80": true,
		"[2001:db8::7]": true,

		"": false, "example.org": false, ".example.org": false, "aexample.org": false,
		"example.com": false, "chat.example.com.evil.net": false, "xchat.example.com": false,
		"192.0.2.70": false, "chat.example.com@evil.net": false, "localhost": false,
	} {
		if got := l.Has(host); got != want {
			t.Errorf("%q: %v", host, got)
		}
	}
	if (hosts.List{}).Has("x") || !(hosts.List{}).Empty() || l.Empty() {
		t.Error("an empty list has hosts")
	}
}

func TestParseRefuses(t *testing.T) {
	for _, name := range []string{
		"", ".", "*", "*.", "a:80", "https://a", "a/b", "a b", "a..b", "*.*.a", "a*", ".a", "ü.de", "a@b",
	} {
		if _, err := hosts.Parse([]string{"ok", name}); err == nil {
			t.Errorf("%q is a host", name)
		}
	}
}

func TestIsFixed(t *testing.T) {
	for host, want := range map[string]bool{
		"127.0.0.1:80": true, "10.0.0.1": true, "[::1]:80": true, "localhost": true, "LOCALHOST:8": true,
		"a.localhost.": true, "evil.example": false, "localhost.evil.example": false, "": false,
	} {
		if got := hosts.IsFixed(host); got != want {
			t.Errorf("%q: %v", host, got)
		}
	}
}

func TestIsLoopback(t *testing.T) {
	tests := map[string]bool{
		"localhost": true, "LocalHost:80": true, "localhost.": true, "127.0.0.1": true,
		"127.9.9.9:1": true, "::1": true, "[::1]": true, "[::1]:80": true, "[::ffff:127.0.0.1]:80": true,
		"": false, ":80": false, "0.0.0.0:80": false, "[::]:80": false, "192.0.2.1": false,
		"localhost.example": false, "127.0.0.1.example:80": false, "2130706433": false,
	}
	for host, want := range tests {
		if got := hosts.IsLoopback(host); got != want {
			t.Errorf("%q: got %t", host, got)
		}
	}
}
