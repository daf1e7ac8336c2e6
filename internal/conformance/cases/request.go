package cases

import (
	"strings"

	"github.com/tyg-dev/tyg/internal/conformance/harness"
)

// requestCases check handshakes that differ from the usual one.
func requestCases() []harness.Case {
	var cases []harness.Case
	for _, v := range variations() {
		cases = append(cases, judged("request/"+v.name, v.section, v.title, func(t *harness.T) {
			a := t.Handshake(v.change)
			if v.good {
				t.Equal("status", a.Status, 101)
			} else if a.Status < 400 || a.Status > 499 {
				t.Failf("status: got %d, want one of 400 to 499", a.Status)
			}
		}))
	}
	return append(cases,
		judged("request/version-header", "RFC 6455 4", "the response to a wrong version names version 13",
			func(t *harness.T) {
				a := t.Handshake(func(r *harness.Request) { r.Set("Sec-WebSocket-Version", "8") })
				t.Equal("Sec-WebSocket-Version", a.Header.Get("Sec-Websocket-Version"), "13")
			}))
}

// A variation is one way to change a handshake.
type variation struct {
	name, section, title string
	good                 bool // it is a valid handshake
	change               func(r *harness.Request)
}

func variations() []variation {
	const rfc = "RFC 6455 4"
	header := func(name, value string) func(*harness.Request) {
		return func(r *harness.Request) { r.Set(name, value) }
	}
	without := func(name string) func(*harness.Request) {
		return func(r *harness.Request) { r.Del(name) }
	}
	return []variation{
		{"case", rfc, "header names and tokens are case-insensitive", true, lowerCase},
		{
			"connection-list", rfc, "Connection: keep-alive, Upgrade is accepted", true,
			header("Connection", "keep-alive, Upgrade"),
		},
		{
			"url-4096", "6.1", "a URL of 4,096 characters is accepted", true,
			func(r *harness.Request) { stretch(r, 4096) },
		},
		{
			"url-4097", "6.1", "a path and query of 4,097 characters is refused", false,
			func(r *harness.Request) { r.Target += strings.Repeat("x", 4097-len(r.Target)) },
		},
		{
			"url-5000", "6.1", "a path and query of 5,000 characters is refused", false,
			func(r *harness.Request) { r.Target += strings.Repeat("x", 5000-len(r.Target)) },
		},
		{"no-connection", rfc, "no Connection: 4xx", false, without("Connection")},
		{"no-upgrade", rfc, "no Upgrade: 4xx", false, without("Upgrade")},
		{"other-upgrade", rfc, "an upgrade to something else: 4xx", false, header("Upgrade", "h2c")},
		{"no-version", rfc, "no Sec-WebSocket-Version: 4xx", false, without("Sec-WebSocket-Version")},
		{"version-8", rfc, "Sec-WebSocket-Version 8: 4xx", false, header("Sec-WebSocket-Version", "8")},
		{
			"version-014", rfc, "Sec-WebSocket-Version 014: 4xx", false,
			header("Sec-WebSocket-Version", "014"),
		},
		{"no-key", rfc, "no Sec-WebSocket-Key: 4xx", false, without("Sec-WebSocket-Key")},
		{
			"short-key", rfc, "a key of 15 bytes: 4xx", false,
			header("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAA"),
		},
		{
			"bad-key", rfc, "a key that is not base64: 4xx", false,
			header("Sec-WebSocket-Key", "!!!!!!!!!!!!!!!!!!!!!!=="),
		},
		{
			"two-keys", rfc, "two keys: 4xx", false,
			func(r *harness.Request) { r.Add("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA==") },
		},
		{"post", rfc, "POST: 4xx", false, func(r *harness.Request) { r.Method = "POST" }},
		{
			"body", rfc, "a body: 4xx", false,
			func(r *harness.Request) { r.Set("Content-Length", "5"); r.Body = "hello" },
		},
		{"no-host", rfc, "no Host: 4xx", false, without("Host")},
		{"bad-header", rfc, "a header without a name: 4xx", false, header("", "value")},
		{
			"bad-subprotocol", rfc, "a subprotocol that is no token: 4xx", false,
			header("Sec-WebSocket-Protocol", "a b"),
		},
	}
}

func lowerCase(r *harness.Request) {
	for i, h := range r.Header {
		r.Header[i][0] = strings.ToLower(h[0])
	}
	r.Set("upgrade", "WebSocket")
	r.Set("connection", "UPGRADE")
}

// stretch makes the URL, with scheme and host, n characters long.
func stretch(r *harness.Request, n int) {
	n -= len("wss://") + len(r.Header[0][1])
	r.Target += "&x=" + strings.Repeat("x", n-len(r.Target)-len("&x="))
}
