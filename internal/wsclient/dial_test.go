package wsclient_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tyg-dev/tyg/internal/ws"
	"github.com/tyg-dev/tyg/internal/wsclient"
)

// TestDialSendsNamesAsSpelt reads the request as it is on the wire: no header is respelt or lost,
// and the handshake's own headers are replaced in any spelling.
func TestDialSendsNamesAsSpelt(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	head := make(chan string, 1)
	go func() { // ends with the request, or with l
		nc, err := l.Accept()
		if err != nil {
			return
		}
		defer nc.Close()
		var text strings.Builder
		for in := bufio.NewScanner(nc); in.Scan() && in.Text() != ""; {
			text.WriteString(in.Text() + "\n")
		}
		head <- text.String()
	}()
	_, _, err = wsclient.Dial(t.Context(), "ws://u:p@"+l.Addr().String()+"/", &wsclient.Options{
		Header: http.Header{
			"x-api-key": {"k"}, "X-GitHub-Event": {"p"}, "DNT": {"1"}, "user-agent": {"me"},
			"host": {"chat.example"}, "sec-websocket-KEY": {"mine"}, "upgrade": {"h2c"},
			"authorization": {"mine"},
		},
	})
	if err == nil {
		t.Fatal("a handshake without an answer succeeded")
	}
	got := <-head
	for _, line := range []string{
		"x-api-key: k\n", "X-GitHub-Event: p\n", "DNT: 1\n", "User-Agent: me\n",
		"Host: chat.example\n", "authorization: mine\n", "Upgrade: websocket\n",
	} {
		if strings.Count(got, line) != 1 {
			t.Errorf("%q is there %d times", line, strings.Count(got, line))
		}
	}
	for _, name := range []string{"host:", "user-agent:", "sec-websocket-key:", "upgrade:"} {
		if n := strings.Count(strings.ToLower(got), "\n"+name); n != 1 {
			t.Errorf("%s is there %d times", name, n)
		}
	}
	if strings.Contains(got, "Basic") {
		t.Error("the password of the URL replaced the Authorization")
	}
	if t.Failed() {
		t.Log(got)
	}
}

func TestDial(t *testing.T) {
	requests := make(chan *http.Request, 1)
	h := upgrade(t, func(p *peer) { p.write(plain(fin|1, "hello")); p.expectEnd() })
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests <- r
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	o := &wsclient.Options{
		Header: http.Header{
			"x-name": {"a", "b"}, "Host": {"chat.example"}, "Origin": {"http://chat.example"},
			"Sec-Websocket-Key": {"mine"}, "Connection": {"close"},
		},
		Subprotocols: []string{"v2", "v1"},
	}
	address := "ws://ann:secret@" + strings.TrimPrefix(s.URL, "http://") + "/dev?a=1"
	c, res, err := wsclient.Dial(t.Context(), address, o)
	if err != nil {
		t.Fatal(err)
	}
	expectText(t, c, "hello")
	_ = c.CloseNow()
	if res.StatusCode != http.StatusSwitchingProtocols || c.Subprotocol() != "v2" {
		t.Errorf("status %d, subprotocol %q", res.StatusCode, c.Subprotocol())
	}
	r := <-requests
	user, password, _ := r.BasicAuth()
	if r.Host != "chat.example" || r.URL.String() != "/dev?a=1" ||
		len(r.Header.Values("X-Name")) != 2 || r.Header.Get("Origin") != "http://chat.example" ||
		user != "ann" || password != "secret" || r.UserAgent() != "tyg" {
		t.Errorf("the request is %s %s %v", r.Host, r.URL, r.Header)
	}
	if len(o.Header) != 5 {
		t.Errorf("Dial changed the options: %v", o.Header)
	}
}

func TestDialWithTLS(t *testing.T) {
	s := httptest.NewTLSServer(upgrade(t, echo))
	t.Cleanup(s.Close)
	o := &wsclient.Options{TLS: s.Client().Transport.(*http.Transport).TLSClientConfig}
	c := dial(t, "wss"+strings.TrimPrefix(s.URL, "https"), o)
	want := strings.Repeat("x", 100000)
	if err := c.Write(t.Context(), ws.OpText, []byte(want)); err != nil {
		t.Fatal(err)
	}
	expectText(t, c, want)
	if err := c.Close(ws.CloseNormal, ""); err != nil {
		t.Error(err)
	}
	if _, _, err := wsclient.Dial(t.Context(), s.URL, nil); err == nil {
		t.Error("an unknown certificate was accepted")
	}
}

func TestDialReturnsTheRefusal(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Why", "because")
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, strings.Repeat("no ", 10000))
	}))
	t.Cleanup(s.Close)
	_, res, err := wsclient.Dial(t.Context(), s.URL, nil)
	var e *wsclient.RefusedError
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want a RefusedError", err)
	}
	if e.Status != 403 || e.Header.Get("X-Why") != "because" || len(e.Body) != 4096 {
		t.Errorf("got status %d, header %v and %d bytes", e.Status, e.Header, len(e.Body))
	}
	if body, _ := io.ReadAll(res.Body); string(body) != string(e.Body) {
		t.Errorf("the response has another body: %.20q", body)
	}
}

func TestRefusedErrorQuotesAShortBody(t *testing.T) {
	for body, want := range map[string]string{
		"":            "server refused the WebSocket with 403",
		"Forbidden\n": `server refused the WebSocket with 403: "Forbidden"`,
		nul(201):      "server refused the WebSocket with 403",
	} {
		e := wsclient.RefusedError{Status: 403, Body: []byte(body)}
		if got := e.Error(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestDialRefusesInvalidAddresses(t *testing.T) {
	for _, address := range []string{
		"", "example.com", "ftp://example.com", "ws://", "ws://example.com/#a", "ws://[::1", "ws://::1:8000/",
		"ws://a b/",
	} {
		c, res, err := wsclient.Dial(t.Context(), address, nil)
		if c != nil || res != nil || err == nil {
			t.Errorf("%q: got %v, %v, %v; want an error", address, c, res, err)
		}
	}
}

func TestDialErrorHidesThePassword(t *testing.T) {
	refuse := func(context.Context, string, string) (net.Conn, error) {
		return nil, io.ErrClosedPipe
	}
	o := &wsclient.Options{NetDial: refuse}
	_, _, err := wsclient.Dial(t.Context(), "ws://ann:secret@example.com/", o)
	if !errors.Is(err, io.ErrClosedPipe) || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v", err)
	}
}

func TestDialAddress(t *testing.T) {
	for address, want := range map[string]string{
		"ws://a.example":        "a.example:80",
		"http://a.example:81/x": "a.example:81",
		"wss://a.example/":      "a.example:443",
		"https://[::1]":         "[::1]:443",
	} {
		got := ""
		dial := func(_ context.Context, network, addr string) (net.Conn, error) {
			got = addr
			return nil, errors.New(network)
		}
		_, _, err := wsclient.Dial(t.Context(), address, &wsclient.Options{NetDial: dial})
		if err == nil || got != want {
			t.Errorf("%s: dialled %q, want %q", address, got, want)
		}
	}
}

// answer dials a server that answers with a 101, the right key and the given lines, or with the
// lines alone if they begin with HTTP.
func answer(t *testing.T, o *wsclient.Options, lines string) (*wsclient.Conn, error) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		if !strings.HasPrefix(lines, "HTTP") {
			key := ws.AcceptKey(r.Header.Get("Sec-WebSocket-Key"))
			lines = "HTTP/1.1 101 Yes\r\nSec-WebSocket-Accept: " + key + "\r\n" + lines
		}
		_, _ = io.WriteString(conn, lines+"\r\n")
	}))
	t.Cleanup(s.Close)
	c, _, err := wsclient.Dial(t.Context(), s.URL, o)
	if c != nil {
		t.Cleanup(func() { _ = c.CloseNow() })
	}
	return c, err
}

func TestDialChecksTheAnswer(t *testing.T) {
	const upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\n"
	const deflate = "Sec-WebSocket-Extensions: permessage-deflate"
	const noContext = "; server_no_context_takeover"
	both := wsclient.Options{Subprotocols: []string{"a"}, Deflate: true}
	for _, test := range []struct {
		name    string
		options wsclient.Options
		lines   string
		ok      bool
	}{
		{"plain", wsclient.Options{}, upgrade, true},
		{"offers declined", both, upgrade, true},
		{"subprotocol", both, upgrade + "Sec-WebSocket-Protocol: a\r\n", true},
		{"deflate", both, upgrade + deflate + noContext + "\r\n", true},
		{
			"deflate, server's window", both,
			upgrade + deflate + noContext + "; server_max_window_bits=9\r\n", true,
		},

		{
			"wrong key",
			wsclient.Options{},
			"HTTP/1.1 101 Yes\r\n" + upgrade + "Sec-WebSocket-Accept: " + sampleAccept + "\r\n",
			false,
		},
		{"no key", wsclient.Options{}, "HTTP/1.1 101 Yes\r\n" + upgrade, false},
		{"no Upgrade", wsclient.Options{}, "Connection: Upgrade\r\n", false},
		{"no Connection", wsclient.Options{}, "Upgrade: websocket\r\n", false},
		{"subprotocol not offered", both, upgrade + "Sec-WebSocket-Protocol: b\r\n", false},
		{"deflate not offered", wsclient.Options{}, upgrade + deflate + noContext + "\r\n", false},
		{"deflate with context", both, upgrade + deflate + "\r\n", false},
		{
			"window for the client", both,
			upgrade + deflate + noContext + "; client_max_window_bits=9\r\n", false,
		},
		{"twice", both, upgrade + deflate + noContext + ", permessage-deflate\r\n", false},
		{"another extension", both, upgrade + "Sec-WebSocket-Extensions: foo\r\n", false},
		{"malformed extension", both, upgrade + "Sec-WebSocket-Extensions: ;\r\n", false},
		{"not HTTP", wsclient.Options{}, "HTTPX\r\n", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, err := answer(t, &test.options, test.lines)
			if (err == nil) != test.ok || (c != nil) != test.ok {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestDialSkipsInformationalResponses(t *testing.T) {
	s, c := net.Pipe()
	go func() { // ends with the pipe; the client's read of the refusal waits for it
		defer s.Close()
		_, _ = s.Read(make([]byte, 4096))
		_, _ = io.WriteString(s, "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 404 Not Found\r\n\r\n")
	}()
	_, _, err := wsclient.Dial(t.Context(), "ws://a.example", through(c))
	var e *wsclient.RefusedError
	if !errors.As(err, &e) || e.Status != http.StatusNotFound {
		t.Errorf("got %v, want 404", err)
	}
}

// hostile answers a handshake with a text, and then with another one again and again.
func hostile(t *testing.T, first, again string) *wsclient.Options {
	s, c := net.Pipe()
	t.Cleanup(func() { _ = s.Close() })
	go func() { // ends with the pipe
		_, _ = s.Read(make([]byte, 4096))
		_, err := io.WriteString(s, first)
		for err == nil && again != "" {
			_, err = io.WriteString(s, again)
		}
	}()
	return through(c)
}

// TestDialReportsARefusalWhoseBodyDoesNotEnd has a server that refuses and keeps the connection, as
// one does that has a stream of events at the address.
func TestDialReportsARefusalWhoseBodyDoesNotEnd(t *testing.T) {
	t.Parallel()
	for _, head := range []string{
		"HTTP/1.1 403 Forbidden\r\nContent-Length: 10\r\n\r\nno",
		"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nno",
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			_, res, err := wsclient.Dial(ctx, "ws://a.example", hostile(t, head, ""))
			var e *wsclient.RefusedError
			if !errors.As(err, &e) || res == nil || string(e.Body) != "no" {
				t.Errorf("got %v, want a refusal with its body", err)
			}
		})
	}
}

// TestDialEndsAnAnswerWithoutEnd has servers whose heads do not end.
func TestDialEndsAnAnswerWithoutEnd(t *testing.T) {
	t.Parallel()
	for first, again := range map[string]string{
		"":                        "HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n",
		"HTTP/1.1 101 Yes\r\n":    "X-Long: " + strings.Repeat("x", 4000) + "\r\n",
		"HTTP/1.1 101 Yes\r\nX: ": strings.Repeat("x", 4000),
	} {
		_, _, err := wsclient.Dial(t.Context(), "ws://a.example", hostile(t, first, again))
		if err == nil || !strings.Contains(err.Error(), "over 1 MB") {
			t.Errorf("after %q: got %v, want that the answer is too long", first, err)
		}
	}
}

func TestDialEndsWithItsContext(t *testing.T) {
	s, conn := net.Pipe()
	defer s.Close()
	ctx, cancel := context.WithCancel(t.Context())
	go func() { // ends when the handshake has come
		_, _ = s.Read(make([]byte, 4096))
		cancel()
	}()
	_, _, err := wsclient.Dial(ctx, "ws://a.example", through(conn))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	if _, err := conn.Write(nil); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("the socket was not closed: %v", err)
	}
}
