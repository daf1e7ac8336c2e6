package ws_test

import (
	"bufio"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/internal/ws"
)

// RFC 6455 section 1.3.
const (
	sampleKey    = "dGhlIHNhbXBsZSBub25jZQ=="
	sampleAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
)

// request parses a handshake as net/http does. Lines replace or add to those of a good one; a line
// that begins with - takes a header away.
func request(t *testing.T, start string, lines ...string) *http.Request {
	t.Helper()
	headers := []string{
		"Host: example.com", "Connection: Upgrade", "Upgrade: websocket",
		"Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: " + sampleKey,
	}
	for _, line := range lines {
		if name, ok := strings.CutPrefix(line, "-"); ok {
			headers = slices.DeleteFunc(headers, func(h string) bool {
				return strings.HasPrefix(h, name+":")
			})
			continue
		}
		headers = append(headers, line)
	}
	raw := start + "\r\n" + strings.Join(headers, "\r\n") + "\r\n\r\n"
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(raw)))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

const get = "GET /chat HTTP/1.1"

func TestParseUpgrade(t *testing.T) {
	for _, test := range []struct {
		name         string
		lines        []string
		subprotocols []string
		deflate      bool
	}{
		{name: "plain"},
		{name: "of Firefox", lines: []string{"-Connection", "Connection: keep-alive, Upgrade"}},
		{name: "tokens in any case", lines: []string{"-Upgrade", "Upgrade: h2c,WebSocket"}},
		{
			name:  "tokens on two lines",
			lines: []string{"-Connection", "Connection: close", "Connection: upgrade"},
		},
		{
			name: "subprotocols",
			lines: []string{
				"Sec-WebSocket-Protocol: a, b",
				"Sec-WebSocket-Protocol: v1.chat",
			},
			subprotocols: []string{"a", "b", "v1.chat"},
		},
		{name: "an empty list", lines: []string{"Sec-WebSocket-Protocol: ,"}},
		{
			name: "deflate", lines: []string{"Sec-WebSocket-Extensions: permessage-deflate"},
			deflate: true,
		},
		{name: "foreign extension", lines: []string{"Sec-WebSocket-Extensions: foo"}},
		{
			name:  "spoilt offer",
			lines: []string{"Sec-WebSocket-Extensions: permessage-deflate; a=1"},
		},
		{name: "no body, said so", lines: []string{"Content-Length: 0"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			u, err := ws.ParseUpgrade(request(t, get, test.lines...))
			if err != nil || u.Key != sampleKey ||
				!slices.Equal(u.Subprotocols, test.subprotocols) ||
				(u.Deflate != nil) != test.deflate {
				t.Errorf("got %+v, %v", u, err)
			}
		})
	}
}

func TestParseUpgradeRefuses(t *testing.T) {
	const key = "Sec-WebSocket-Key"
	for _, test := range []struct {
		name   string
		start  string
		lines  []string
		status int
		header string // a line of the answer's
	}{
		{"POST", "POST /chat HTTP/1.1", nil, 405, "Allow: GET"},
		{"HEAD", "HEAD /chat HTTP/1.1", nil, 405, "Allow: GET"},
		{"HTTP/1.0", "GET /chat HTTP/1.0", nil, 505, ""},
		{"HTTP/2", "GET /chat HTTP/2.0", nil, 505, ""},
		{"no Upgrade", get, []string{"-Upgrade"}, 426, "Upgrade: websocket"},
		{"other Upgrade", get, []string{"-Upgrade", "Upgrade: h2c"}, 426, "Connection: Upgrade"},
		{"no Connection", get, []string{"-Connection"}, 426, "Upgrade: websocket"},
		{
			"other Connection", get,
			[]string{"-Connection", "Connection: keep-alive"},
			426,
			"Connection: Upgrade",
		},
		{"no version", get, []string{"-Sec-WebSocket-Version"}, 426, "Sec-WebSocket-Version: 13"},
		{
			"version 8", get,
			[]string{"-Sec-WebSocket-Version", "Sec-WebSocket-Version: 8"},
			426,
			"Sec-WebSocket-Version: 13",
		},
		{
			"two versions", get,
			[]string{"Sec-WebSocket-Version: 13"},
			426,
			"Sec-WebSocket-Version: 13",
		},
		{"no key", get, []string{"-" + key}, 400, ""},
		{"empty key", get, []string{"-" + key, key + ":"}, 400, ""},
		{"two keys", get, []string{key + ": " + sampleKey}, 400, ""},
		{"key of 15 bytes", get, []string{"-" + key, key + ": AAAAAAAAAAAAAAAAAAAA"}, 400, ""},
		{"key of 17 bytes", get, []string{"-" + key, key + ": AAAAAAAAAAAAAAAAAAAAAAA="}, 400, ""},
		{
			"key without padding", get,
			[]string{"-" + key, key + ": dGhlIHNhbXBsZSBub25jZQ"},
			400,
			"",
		},
		{
			"key not in base64", get,
			[]string{"-" + key, key + ": dGhlIHNhbXBsZSBub25jZ*=="},
			400,
			"",
		},
		{"subprotocol with space", get, []string{"Sec-WebSocket-Protocol: a b"}, 400, ""},
		{"subprotocol with slash", get, []string{"Sec-WebSocket-Protocol: a/b"}, 400, ""},
		{
			"subprotocol twice", get,
			[]string{"Sec-WebSocket-Protocol: a, b", "Sec-WebSocket-Protocol: a"},
			400, "",
		},
		{"malformed extension", get, []string{"Sec-WebSocket-Extensions: a b"}, 400, ""},
		{"body", get, []string{"Content-Length: 1"}, 400, ""},
		{"chunked body", get, []string{"Transfer-Encoding: chunked"}, 400, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := ws.ParseUpgrade(request(t, test.start, test.lines...))
			var e *ws.HandshakeError
			if !errors.As(err, &e) || e.Status != test.status || e.Reason == "" {
				t.Fatalf("got %v, want status %d and a reason", err, test.status)
			}
			name, value, _ := strings.Cut(test.header, ": ")
			if got := e.Header.Get(name); got != value {
				t.Errorf("%s is %q, want %q", name, got, value)
			}
		})
	}
}

func TestAppendResponse(t *testing.T) {
	const start = "HTTP/1.1 101 Switching Protocols\r\n" +
		"Upgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: " + sampleAccept + "\r\n"
	offer := []string{
		"Sec-WebSocket-Protocol: a, b",
		"Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10",
	}
	for _, test := range []struct {
		name        string
		lines       []string
		subprotocol string
		deflate     bool
		want        string
	}{
		{"plain", nil, "", false, ""},
		{"nothing granted", offer, "", false, ""},
		{"nothing offered", nil, "a", true, ""},
		{"subprotocol", offer, "b", false, "Sec-WebSocket-Protocol: b\r\n"},
		{"another subprotocol", offer, "c\r\nX: y", false, ""},
		{
			"all", offer, "a", true,
			"Sec-WebSocket-Protocol: a\r\n" +
				"Sec-WebSocket-Extensions: " + granted + "; server_max_window_bits=10\r\n",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			u, err := ws.ParseUpgrade(request(t, get, test.lines...))
			if err != nil {
				t.Fatal(err)
			}
			got := string(u.AppendResponse([]byte("before"), test.subprotocol, test.deflate))
			if want := "before" + start + test.want + "\r\n"; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestAcceptKey(t *testing.T) {
	if got := ws.AcceptKey(sampleKey); got != sampleAccept {
		t.Errorf("got %q, want %q", got, sampleAccept)
	}
}
