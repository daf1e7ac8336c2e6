package connect

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/internal/wsclient"
)

// A tunnelProxy is an HTTP proxy for CONNECT that knows one user.
type tunnelProxy struct {
	mu   sync.Mutex
	asks []string // addresses
}

func (p *tunnelProxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.asks = append(p.asks, r.Method+" "+r.Host)
	p.mu.Unlock()
	if r.Header.Get("Proxy-Authorization") != "Basic bWU6c2VjcmV0" { // me:secret
		http.Error(w, "", http.StatusProxyAuthRequired)
		return
	}
	to, err := net.Dial("tcp", r.Host)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	conn, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	_, _ = io.WriteString(conn, "HTTP/1.1 200 Connected\r\n\r\n")
	go func() { // ends with either connection
		_, _ = io.Copy(to, rw)
		_ = to.Close()
	}()
	_, _ = io.Copy(conn, to)
	_ = conn.Close()
}

// through returns a Config that uses a proxy for everything.
func through(proxy string) Config {
	return Config{
		Proxy: func(*http.Request) (*url.URL, error) { return url.Parse(proxy) },
		Dial:  wsclient.Options{TLS: &tls.Config{InsecureSkipVerify: true}},
		Wait:  time.Millisecond,
	}
}

func TestRunUsesAProxy(t *testing.T) {
	plain, secure := new(tunnelProxy), new(tunnelProxy)
	for scheme, p := range map[string]*tunnelProxy{"http": plain, "https": secure} {
		t.Run(scheme, func(t *testing.T) {
			server := httptest.NewUnstartedServer(p)
			if scheme == "https" {
				server.StartTLS()
			} else {
				server.Start()
			}
			defer server.Close()
			s := newGateway(t, echo)
			proxy := scheme + "://me:secret@" + server.Listener.Addr().String()
			out, err := talk(t, s, strings.NewReader("hi\n"), through(proxy))
			if err != nil || out != "hi\n" {
				t.Errorf("it printed %q, %v", out, err)
			}
			want := "CONNECT " + s.Listener.Addr().String()
			if len(p.asks) != 1 || p.asks[0] != want {
				t.Errorf("the proxy was asked %q, want %q", p.asks, want)
			}
		})
	}
}

func TestRunAsksForTheProxyOfTheScheme(t *testing.T) {
	for target, want := range map[string]string{
		"ws://example.com/a": "http://example.com/a", "wss://example.com": "https://example.com/",
	} {
		u, err := ParseTarget(target)
		if err != nil {
			t.Fatal(err)
		}
		c := Config{Target: u, Proxy: func(r *http.Request) (*url.URL, error) {
			return nil, errors.New(r.URL.String())
		}}
		if _, err := c.proxyDial(); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("for %s the request is %v, want %s", target, err, want)
		}
	}
}

func TestRunReportsAProxyThatDoesNotHelp(t *testing.T) {
	server := httptest.NewServer(new(tunnelProxy))
	defer server.Close()
	address := server.Listener.Addr().String()
	hang, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer hang.Close()
	for proxy, want := range map[string]string{
		"http://me:wrong@" + address: fmt.Sprintf("proxy http://me:xxxxx@%s: it answered "+
			"407 Proxy Authentication Required; its URL names the user: http://NAME:PASSWORD@", address),
		"http://127.0.0.1:1":               "(--proxy, HTTPS_PROXY or HTTP_PROXY names it; NO_PROXY lists hosts",
		"socks5://127.0.0.1:1":             "connection refused",
		"ftp://127.0.0.1:1":                "its scheme is not one of http, https, socks5",
		"http://" + hang.Addr().String():   "no answer within 100ms by proxy http://",
		"socks5://" + hang.Addr().String(): "no answer within 100ms by proxy socks5://",
	} {
		cfg := through(proxy)
		if strings.Contains(want, "100ms") {
			cfg.Timeout = 100 * time.Millisecond
		}
		_, err := talk(t, newGateway(t, echo), strings.NewReader(""), cfg)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "wrong") {
			t.Errorf("the error of %s is %v, want %q in it", proxy, err, want)
		}
	}
}

// TestHostileProxy: a proxy that answers without an end is left, and its words do not control the
// terminal.
func TestHostileProxy(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ answer, again, want string }{
		"endless head": {
			"HTTP/1.1 200 OK\r\n", "X: " + strings.Repeat("x", 1000) + "\r\n",
			"the head of its answer does not end within 64 KB",
		},
		"endless line": {"HTTP/1.1 200 ", strings.Repeat("x", 1000), "does not end within 64 KB"},
		"escapes in its status": {
			"HTTP/1.1 502 a\x1b]0;owned\a\r\n\r\n", "", `answered 502 a\x1b]0;owned\x07 to CONNECT`,
		},
	} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		go func() { // ends with the client
			conn, err := l.Accept()
			if err != nil {
				return
			}
			defer conn.Close()
			_, err = io.WriteString(conn, tt.answer)
			for err == nil && tt.again != "" {
				_, err = io.WriteString(conn, tt.again)
			}
			if err == nil {
				_, _ = io.Copy(io.Discard, conn)
			}
		}()
		_, err = talk(t, newGateway(t, echo), strings.NewReader(""), through("http://"+l.Addr().String()))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: the error is %v, want %q in it", name, err, tt.want)
		}
		_ = l.Close()
	}
}

// A socksProxy is a SOCKS5 proxy (RFC 1928) that knows one user (RFC 1929) and names only.
func socksProxy(t *testing.T, to string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() { // ends with the listener
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go serveSocks(conn, to) // ends with the connection
		}
	}()
	return l.Addr().String()
}

func serveSocks(conn net.Conn, to string) {
	defer conn.Close()
	ask := func(n int, answer string) string {
		buf := make([]byte, n)
		_, _ = io.ReadFull(conn, buf) // a wrong answer follows
		_, _ = io.WriteString(conn, answer)
		return string(buf)
	}
	const name = "\x0cecho.example"
	ask(4, "\x05\x02")
	if ask(len("\x01\x02me\x06secret"), "") != "\x01\x02me\x06secret" {
		ask(0, "\x01\x01") // no
		return
	}
	ask(0, "\x01\x00")
	if !strings.Contains(ask(len("\x05\x01\x00\x03"+name)+2, ""), name) {
		return
	}
	ask(0, "\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
	server, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	go func() { // ends with either connection
		_, _ = io.Copy(server, conn)
		_ = server.Close()
	}()
	_, _ = io.Copy(conn, server)
}

func TestRunUsesASOCKSProxy(t *testing.T) {
	s := newGateway(t, echo)
	cfg := through("socks5://me:secret@" + socksProxy(t, s.Listener.Addr().String()))
	named := &httptest.Server{URL: "http://echo.example"}
	if out, err := talk(t, named, strings.NewReader("hi\n"), cfg); err != nil || out != "hi\n" {
		t.Errorf("it printed %q, %v", out, err)
	}
	cfg = through("socks5://me:secreT@" + socksProxy(t, s.Listener.Addr().String()))
	_, err := talk(t, named, strings.NewReader("hi\n"), cfg)
	if err == nil || !strings.Contains(err.Error(), "proxy socks5://me:xxxxx@127.0.0.1") {
		t.Errorf("the error is %v", err)
	}
}
