package conformance

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// sampleKey and sampleAccept are those of RFC 6455 section 1.3.
const (
	sampleKey    = "dGhlIHNhbXBsZSBub25jZQ=="
	sampleAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
)

// A request is a handshake, as text that may be wrong in any way.
type request struct {
	method, target, proto string
	header                [][2]string
	body                  string
}

// set replaces a header, where it was or at the end.
func (r *request) set(name, value string) {
	for i, h := range r.header {
		if h[0] == name {
			r.header[i][1] = value
			return
		}
	}
	r.add(name, value)
}

func (r *request) add(name, value string) { r.header = append(r.header, [2]string{name, value}) }

func (r *request) del(name string) {
	r.header = slices.DeleteFunc(r.header, func(h [2]string) bool { return h[0] == name })
}

func (r *request) String() string {
	var b strings.Builder
	b.WriteString(r.method + " " + r.target + " " + r.proto + "\r\n")
	for _, h := range r.header {
		b.WriteString(h[0] + ": " + h[1] + "\r\n")
	}
	b.WriteString("\r\n" + r.body)
	return b.String()
}

// An answer is what an HTTP request got.
type answer struct {
	status int // 0: the connection was closed without an answer
	header http.Header
	body   string

	conn net.Conn      // of a handshake
	rest *bufio.Reader // what follows the answer
}

// handshake sends a handshake that is right, except for what change does to it.
func (t *trial) handshake(change func(r *request), orders ...string) *answer {
	u, err := url.Parse(t.endpoint.URL)
	t.check("parse URL", err)
	r := &request{
		method: "GET", target: u.EscapedPath() + "?" + query(orders), proto: "HTTP/1.1",
		header: [][2]string{
			{"Host", u.Host},
			{"Connection", "Upgrade"},
			{"Upgrade", "websocket"},
			{"Sec-WebSocket-Version", "13"},
			{"Sec-WebSocket-Key", sampleKey},
		},
	}
	if u.Path == "" {
		r.target = "/" + r.target
	}
	if change != nil {
		change(r)
	}
	conn := t.open(u)
	// A server may answer, and close, before it has read all of what it refuses.
	_, _ = io.WriteString(conn, r.String())
	return t.answer(conn, r.method)
}

// open opens a socket to where a URL leads.
func (t *trial) open(u *url.URL) net.Conn {
	ctx, cancel := t.patient()
	defer cancel()
	secure := u.Scheme == "wss" || u.Scheme == "https"
	port := u.Port()
	if port == "" {
		port = choose(secure, "443", "80")
	}
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	t.check("open socket", err)
	if secure {
		conn = t.secure(ctx, conn, u.Hostname())
	}
	t.onEnd(func() { _ = conn.Close() }) // nobody needs it any more
	t.check("set deadline", conn.SetDeadline(time.Now().Add(t.target.Patience)))
	return conn
}

func (t *trial) secure(ctx context.Context, conn net.Conn, host string) net.Conn {
	config := t.tls()
	config.NextProtos = []string{"http/1.1"}
	if config.ServerName == "" {
		config.ServerName = host
	}
	s := tls.Client(conn, config)
	if err := s.HandshakeContext(ctx); err != nil {
		_ = conn.Close() // the error of the handshake counts
		t.failf("TLS handshake: %v", err)
	}
	return s
}

// answer reads the answer to a request. The body of a 101 is not one.
func (t *trial) answer(conn net.Conn, method string) *answer {
	a := &answer{conn: conn, rest: bufio.NewReader(conn)}
	res, err := http.ReadResponse(a.rest, &http.Request{Method: method})
	if err != nil {
		if isTimeout(err) {
			t.failf("the handshake is not answered")
		}
		return a
	}
	a.status, a.header = res.StatusCode, res.Header
	if a.status != http.StatusSwitchingProtocols {
		const most = 64 << 10
		body, _ := io.ReadAll(io.LimitReader(res.Body, most)) // what came is good enough
		a.body = string(body)
		_ = res.Body.Close() // it is in memory
	}
	return a
}

// refused sends a handshake with orders and expects a status.
func (t *trial) refused(status int, orders ...string) *answer {
	a := t.handshake(nil, orders...)
	t.equal("status of the handshake", a.status, status)
	return a
}
